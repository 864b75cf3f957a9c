// Choosing something in a list shows it beside the list, without leaving the page.

import { load, paneNames } from "./fragments.js";

const NARROW = "(max-width: 1060px)";

export function start() {
  document.addEventListener("click", choose);
}

async function choose(event) {
  const link = event.target.closest("a[data-pane]");
  if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  const address = link.getAttribute("href");
  if (!(await load(address, paneNames()))) return location.assign(address);
  history.pushState(null, "", address);
  const pane = document.querySelector("[data-pane-target]");
  if (pane && matchMedia(NARROW).matches) pane.scrollIntoView({ block: "start" });
  pane?.focus({ preventScroll: true });
}
