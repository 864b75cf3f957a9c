// How far a running call of a tool is. Without this the page says so whenever it is rendered.

const latest = new Map(); // key of a call → what was said last

export function start() {
  document.addEventListener("feed:progress", ({ detail }) => {
    latest.set(detail.about, detail);
    show(detail.about);
  });
  document.addEventListener("fragments:applied", () => [...latest.keys()].forEach(show));
}

function show(about) {
  const place = document.querySelector(`[data-call="${CSS.escape(about)}"]`);
  if (!place) return;
  const { done, total, text } = latest.get(about);
  const bar = place.querySelector("progress");
  if (total) Object.assign(bar, { max: total, value: done });
  else bar.removeAttribute("value");
  place.querySelector("[data-call-text]").textContent = text || (total ? `${done} / ${total}` : `${done}`);
}
