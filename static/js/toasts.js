// Short messages in a corner, above the page, and the state of the connection.

const STAY = 6000;
const PATIENCE = 1500; // a cut that mends at once is not worth a word

export function start() {
  document.querySelectorAll("[data-toasts] .toast").forEach(arm);
  document.addEventListener("click", ({ target }) => target.closest("[data-dismiss]")?.closest(".toast")?.remove());
  document.addEventListener("feed:state", ({ detail }) => connection(detail.state));
}

/** Tell those who listen instead of looking. */
export function announce(text) {
  const place = document.querySelector("[data-announce]");
  if (place) place.textContent = text;
}

function arm(toast) {
  if (toast.matches(".error, .warning")) return; // stays until it was read
  let timer = setTimeout(() => toast.remove(), STAY);
  toast.addEventListener("pointerenter", () => clearTimeout(timer));
  toast.addEventListener("pointerleave", () => { timer = setTimeout(() => toast.remove(), STAY); });
}

let waiting = 0;

function connection(state) {
  const place = document.querySelector("[data-link-state]");
  const { sayCut, saySignedOut } = document.body.dataset;
  if (!place) return;
  if (state === "open") {
    clearTimeout(waiting);
    waiting = 0;
    place.hidden = true;
  } else if (state === "signed-out") {
    clearTimeout(waiting);
    place.textContent = saySignedOut;
    place.hidden = false;
  } else if (!waiting) {
    waiting = setTimeout(() => {
      place.textContent = sayCut;
      place.hidden = false;
    }, PATIENCE);
  }
}
