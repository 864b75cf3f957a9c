// Search as you type; a conversion that is still open is not searched for.

import { load } from "./fragments.js";
import { announce } from "./toasts.js";

const PAUSE = 160;

export function start() {
  document.querySelectorAll("form[data-live-search]").forEach(listen);
}

function listen(form) {
  const field = form.querySelector("input[type=search]");
  let timer = 0;
  let asking = new AbortController();
  const ask = async () => {
    asking.abort();
    asking = new AbortController();
    const address = `${form.getAttribute("action") || location.pathname}?${new URLSearchParams(new FormData(form))}`;
    if (!(await load(address, form.dataset.liveSearch.split(","), asking.signal))) return;
    history.replaceState(null, "", address);
    announce(document.querySelector("[data-found]")?.dataset.found ?? "");
  };
  const later = (event) => {
    clearTimeout(timer);
    if (!event.isComposing) timer = setTimeout(ask, PAUSE);
  };
  field.addEventListener("input", later);
  field.addEventListener("compositionend", () => later({ isComposing: false }));
}
