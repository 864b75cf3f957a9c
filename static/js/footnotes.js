// A footnote shows its source where one reads; without this it is a link to the list below.

let card = null;

export function start() {
  document.addEventListener("click", (event) => {
    const mark = event.target.closest("sup.fn > a");
    if (mark) show(mark, event);
    else if (card && !card.contains(event.target)) hide();
  });
  document.addEventListener("keydown", (event) => event.key === "Escape" && card && hide(true));
}

function show(mark, event) {
  const source = document.getElementById(decodeURIComponent(mark.hash.slice(1)));
  if (!source) return;
  event.preventDefault();
  hide();
  card = document.createElement("aside");
  card.className = "footnote-card";
  card.setAttribute("role", "note");
  card.tabIndex = -1;
  card.append(...[...source.childNodes].map((node) => node.cloneNode(true)));
  card.from = mark;
  document.body.append(card);
  place(mark.getBoundingClientRect());
  card.focus({ preventScroll: true });
}

function place(at) {
  const room = document.documentElement.clientWidth;
  const left = Math.min(Math.max(16, at.left - 40), room - card.offsetWidth - 16);
  const below = at.bottom + 8 + card.offsetHeight < innerHeight - 80;
  card.style.left = `${left + scrollX}px`;
  card.style.top = `${(below ? at.bottom + 8 : at.top - card.offsetHeight - 8) + scrollY}px`;
}

function hide(back = false) {
  if (back) card.from.focus();
  card?.remove();
  card = null;
}
