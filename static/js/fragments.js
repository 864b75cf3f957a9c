// Pieces of the page that the server renders again when the feed says that something happened.
//
// <section data-fragment="tasks" data-feed="workflow"> is asked for as ?fragment=tasks when an event of a stream of that
// kind arrives. Without data-feed a piece belongs to the frame, which has an address of its own.

import { morph } from "./morph.js";

const PAUSE = 120; // several events of one moment are one refresh
const AGAIN = 2000;
const jobs = new Map();

export function listen() {
  document.addEventListener("feed:event", ({ detail }) => refresh(kindOf(detail.stream)));
  document.addEventListener("feed:lost", ({ detail }) => refresh(kindOf(detail.stream)));
  document.addEventListener("feed:state", ({ detail }) => {
    if (detail.state === "open") [...jobs].forEach(([kind, job]) => job.failed && refresh(kind));
  });
  addEventListener("popstate", () => document.querySelector("[data-pane]") && load(location.href, paneNames()));
}

/** Fetch everything that shows what streams of `kind` tell. */
export function refresh(kind) {
  const job = jobs.get(kind) ?? { busy: false, again: false, failed: false, timer: 0 };
  jobs.set(kind, job);
  if (job.busy) job.again = true;
  else if (!job.timer) job.timer = setTimeout(() => run(kind, job), PAUSE);
}

/** Fetch the named pieces from `address` and put them in their places. Returns whether that worked. */
export async function load(address, names, signal) {
  if (!names.length) return true;
  const url = new URL(address, location.href);
  for (const [name, value] of asked()) if (!url.searchParams.has(name)) url.searchParams.set(name, value);
  url.searchParams.set("fragment", names.join(","));
  try {
    const answer = await fetch(url, { headers: { Accept: "text/html" }, cache: "no-store", signal });
    if (answer.redirected) return leave();
    if (!answer.ok) return answer.status === 404; // gone: there is nothing more to show
    apply(new DOMParser().parseFromString(await answer.text(), "text/html"));
    return true;
  } catch {
    return false;
  }
}

export const paneNames = () => names("[data-fragment][data-pane-part]");

async function run(kind, job) {
  Object.assign(job, { timer: 0, busy: true, again: false });
  const done = await Promise.all([
    load(location.href, names(`[data-fragment][data-feed~="${kind}"]`)),
    kind !== "inbox" || load(frameAddress(), names("[data-fragment]:not([data-feed])")),
  ]);
  job.busy = false;
  job.failed = done.includes(false);
  if (job.again) refresh(kind);
  else if (job.failed) setTimeout(() => job.failed && refresh(kind), AGAIN);
}

/** Whoever asks for a piece and is sent to another page is not signed in any more. */
function leave() {
  document.dispatchEvent(new CustomEvent("feed:state", { detail: { state: "signed-out" } }));
  return true;
}

function apply(fresh) {
  for (const piece of fresh.querySelectorAll("[data-fragment]")) {
    const old = document.querySelector(`[data-fragment="${piece.dataset.fragment}"]`);
    if (old) morph(old, piece);
  }
  document.dispatchEvent(new CustomEvent("fragments:applied"));
}

function names(selector) {
  return [...document.querySelectorAll(selector)].map((piece) => piece.dataset.fragment);
}

/** What the server chose to show when the address did not say: it is not to choose again. */
const asked = () => new URLSearchParams(document.querySelector("[data-asks]")?.dataset.asks ?? "");

function frameAddress() {
  const url = new URL(document.body.dataset.frame, location.href);
  url.searchParams.set("at", location.pathname + location.search);
  return url;
}

const kindOf = (stream) => stream.split(":")[0];
