// Keeps "3 minutes ago" true while the page stays open.

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

export function start() {
  setInterval(update, 30_000);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && update());
}

function update() {
  const words = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "always" });
  for (const time of document.querySelectorAll("time[data-when]")) {
    const seconds = Math.floor((Date.now() - Date.parse(time.dateTime)) / 1000);
    if (seconds < 0 || seconds >= DAY) continue; // a date does not age
    const text = seconds < MINUTE ? document.body.dataset.sayNow
      : seconds < HOUR ? words.format(-Math.floor(seconds / MINUTE), "minute")
      : words.format(-Math.floor(seconds / HOUR), "hour");
    if (time.textContent !== text) time.textContent = text;
  }
}
