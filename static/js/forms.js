// Forms: send by ⌘/Ctrl+Enter, ask before what is final, send once, lose nothing that was typed.

import { composing } from "./keys.js";

export function start() {
  document.addEventListener("keydown", enter, true);
  document.addEventListener("submit", submit);
  document.addEventListener("change", ({ target }) => target.matches("[data-submit]") && target.form.requestSubmit());
  addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach(release));
  document.querySelectorAll("form[data-draft]").forEach(draft);
}

function enter(event) {
  if (event.key !== "Enter" || !event.target.closest?.("form")) return;
  // The Enter that ends a conversion is part of the word, whatever the browser makes of it.
  if (composing(event)) return event.target.matches("input") && event.preventDefault();
  if (!(event.metaKey || event.ctrlKey)) return;
  const form = event.target.closest("form");
  const buttons = form.querySelectorAll("button:not([type=button])");
  const main = form.querySelector("[data-main]") ?? (buttons.length === 1 ? buttons[0] : null);
  if (!main) return; // a form with several ways to end chooses none by itself
  event.preventDefault();
  form.requestSubmit(main);
}

function submit(event) {
  const { target: form, submitter } = event;
  if (form.method === "get") return;
  if (form.dataset.sent) return event.preventDefault();
  const question = submitter?.dataset.confirm;
  if (question && !submitter.dataset.confirmed) {
    event.preventDefault();
    return ask(question, submitter.textContent.trim(), () => {
      submitter.dataset.confirmed = "yes";
      form.requestSubmit(submitter);
      delete submitter.dataset.confirmed;
    });
  }
  if (form.method === "dialog") return;
  form.dataset.sent = "yes";
  form.querySelectorAll("button").forEach((button) => button.setAttribute("aria-disabled", "true"));
  if (form.dataset.draft) sessionStorage.removeItem(key(form));
}

function release(form) {
  delete form.dataset.sent;
  form.querySelectorAll("button").forEach((button) => button.removeAttribute("aria-disabled"));
}

function ask(question, word, then) {
  const dialog = document.createElement("dialog");
  const text = Object.assign(document.createElement("p"), { textContent: question, id: "question" });
  const row = Object.assign(document.createElement("p"), { className: "row dialog-row" });
  const no = Object.assign(document.createElement("button"), { className: "button", textContent: document.body.dataset.sayNo });
  const yes = Object.assign(document.createElement("button"), { className: "button danger", textContent: word });
  dialog.setAttribute("aria-labelledby", "question");
  no.addEventListener("click", () => dialog.close());
  yes.addEventListener("click", () => { dialog.close(); then(); });
  dialog.addEventListener("close", () => dialog.remove());
  row.append(no, yes);
  dialog.append(text, row);
  document.body.append(dialog);
  dialog.showModal();
  no.focus();
}

const key = (form) => `draft:${form.dataset.draft}`;

/** Keep what is being written while the tab lives: a reload, a sign-out or a crash of the server takes nothing. */
function draft(form) {
  const areas = [...form.querySelectorAll("textarea, input[type=text]")].filter((field) => field.name);
  const kept = JSON.parse(sessionStorage.getItem(key(form)) ?? "{}");
  for (const field of areas) if (!field.value && kept[field.name]) field.value = kept[field.name];
  form.addEventListener("input", () => {
    const words = Object.fromEntries(areas.filter((field) => field.value).map((field) => [field.name, field.value]));
    sessionStorage.setItem(key(form), JSON.stringify(words));
  });
}
