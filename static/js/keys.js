// The keyboard. Nothing happens while somebody types, or while a conversion is open.

const DESTINATION = 1500; // how long `g` waits for the place to go
let going = 0;

export function start() {
  document.addEventListener("keydown", press);
  const wanted = location.hash.match(/^#key-([acr])$/);
  const aimed = wanted && document.querySelector(`[data-key="${wanted[1]}"]`);
  if (aimed) aim(aimed);
  document.addEventListener("click", ({ target }) => {
    const opener = target.closest("[data-open]");
    if (opener) document.getElementById(opener.dataset.open)?.showModal();
    document.querySelectorAll("details[data-menu][open]").forEach((menu) => menu.contains(target) || (menu.open = false));
  });
}

export const composing = (event) => event.isComposing || event.keyCode === 229;

function press(event) {
  if (composing(event)) return;
  if (event.key.toLowerCase() === "k" && (event.metaKey || event.ctrlKey) && !event.shiftKey && !event.altKey) return find(event);
  if (event.key === "Escape") return escape();
  if (event.metaKey || event.ctrlKey || event.altKey || typing(event.target)) return;
  if (Date.now() - going < DESTINATION && go(event.key)) return event.preventDefault();
  going = event.key === "g" ? Date.now() : 0;
  if (event.key === "/") find(event);
  else if (event.key === "?") document.getElementById("keys")?.showModal();
  else if (event.key === "n") document.querySelector('[data-key="n"]')?.click();
  else if ("acre".includes(event.key)) decide(event);
  else if (event.key === "j" || event.key === "k") step(event.key === "j" ? 1 : -1);
}

const typing = (target) => target.closest("input, textarea, select, [contenteditable], dialog[open]") !== null;

/** In a list: open what stands there, with the key that was pressed. On its page: go to the button or to the words that it
 * needs. A second press, Enter, decides, so that nothing is decided by a slip or unseen. */
function decide(event) {
  const row = document.activeElement?.closest("[data-keys]");
  if (row?.dataset.keys.split(" ").includes(event.key)) return location.assign(`${row.href}#key-${event.key}`);
  const button = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!button) return;
  event.preventDefault();
  aim(button);
}

function aim(button) {
  if (button.matches("a")) return button.click();
  const words = button.dataset.words && document.getElementById(button.dataset.words);
  (words && !words.value ? words : button).focus();
}

function find(event) {
  const field = document.querySelector("[data-find]");
  if (!field) return;
  event.preventDefault();
  field.focus();
  field.select();
}

function escape() {
  document.querySelectorAll("details[data-menu][open]").forEach((menu) => {
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}

function go(key) {
  const place = document.querySelector(`.side [data-go="${CSS.escape(key)}"]`);
  place?.click();
  return Boolean(place);
}

function step(by) {
  const stops = [...document.querySelectorAll("[data-stop]")].filter((stop) => stop.checkVisibility());
  const at = stops.indexOf(document.activeElement);
  const next = stops[at < 0 ? (by > 0 ? 0 : stops.length - 1) : at + by];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}
