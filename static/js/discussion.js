// A discussion, live: text that grows while a secretary speaks, one's own words over the socket, who else is here.
// Without any of this the page is true on reload, and its forms work.

import { refresh } from "./fragments.js";
import { announce } from "./toasts.js";

const PATIENCE = 4000; // how long an acknowledgement may take before it is sent the ordinary way
const MARKS = /\[[a-z][a-z0-9_-]{0,39}-\d+\]|\[[a-z0-9_-]{0,40}$/g; // whole ones, and one that has just begun
const NEAR = 160; // whoever is this close to the end of the talk is taken along

const growing = new Map(); // message id → what is known of its text
let feed = null;
let sent = null; // { id, form, timer }

export function start(connection) {
  const page = document.querySelector("[data-discussion]");
  if (!page) return;
  feed = connection;
  const stream = `discussion:${page.dataset.discussion}`;
  document.addEventListener("feed:delta", ({ detail }) => detail.stream === stream && grow(detail));
  document.addEventListener("feed:event", ({ detail }) => detail.stream === stream && happened(detail.event));
  document.addEventListener("feed:following", ({ detail }) => detail.stream === stream && look(stream, page));
  document.addEventListener("feed:presence", ({ detail }) => detail.stream === stream && others(detail.who));
  document.addEventListener("feed:ack", ({ detail }) => acknowledged(detail));
  document.addEventListener("feed:error", ({ detail }) => refused(detail));
  document.addEventListener("fragments:applied", () => [...growing.keys()].forEach(show));
  document.addEventListener("visibilitychange", () => look(stream, page));
  document.addEventListener("submit", say, true); // before the page's own handler, which marks a form as sent
}

/** A piece of a message that is being spoken. Offset 0 begins anew; after a gap the finished message is waited for. */
function grow({ message_id: id, offset, text }) {
  const known = growing.get(id) ?? "";
  if (offset > known.length) return;
  growing.set(id, known.slice(0, offset) + text);
  show(id);
}

function show(id) {
  const place = document.querySelector(`[data-growing="${CSS.escape(id)}"]`);
  if (!place) return;
  const follow = atEnd();
  place.textContent = growing.get(id).replaceAll(MARKS, "");
  if (follow) toEnd();
}

function happened(event) {
  if (event.type !== "discussion.message_posted") return;
  growing.delete(event.object.id);
  announce(`${event.data.author}: ${event.data.position || event.data.text.slice(0, 200)}`);
  const follow = atEnd();
  document.addEventListener("fragments:applied", () => follow && toEnd(), { once: true });
}

const atEnd = () => {
  const talk = document.querySelector("[data-talk]");
  return talk.scrollHeight - talk.scrollTop - talk.clientHeight < NEAR;
};

function toEnd() {
  const talk = document.querySelector("[data-talk]");
  talk.scrollTop = talk.scrollHeight;
}

/** Over the socket, so that it is acknowledged once it is stored; as an ordinary request when there is no socket. */
function say(event) {
  const form = event.target;
  if (!form.matches("[data-say]")) return;
  event.preventDefault();
  event.stopPropagation();
  const text = form.elements.text.value.trim();
  if (!text || sent) return;
  complain(form, "");
  const id = form.elements.client_msg_id.value;
  sent = { id, form, timer: setTimeout(() => post(id, form), PATIENCE) };
  if (!feed.say({ type: "ai_discussion", stream: form.dataset.say, client_msg_id: id, text })) post(id, form);
}

/** The same id travels with the request, so that nothing is said twice. What cannot be sent stays in its box. */
async function post(id, form) {
  if (sent?.id !== id) return;
  clearTimeout(sent.timer);
  try {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form) });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const problem = page.querySelector(".toast.error p")?.textContent ?? (answer.ok ? "" : form.dataset.sayFailed);
    if (problem) refused({ client_msg_id: id, message: problem });
    else acknowledged({ client_msg_id: id });
    refresh("discussion");
  } catch {
    refused({ client_msg_id: id, message: form.dataset.sayFailed });
  }
}

function acknowledged({ client_msg_id: id }) {
  const form = over(id);
  if (!form) return;
  form.elements.text.value = "";
  form.elements.client_msg_id.value = crypto.randomUUID?.() ?? fresh();
  form.elements.text.focus();
}

function refused({ client_msg_id: id, message, details }) {
  const form = over(id);
  if (form) complain(form, [message, ...Object.values(details ?? {}).flat().filter((text) => typeof text === "string")].join(" "));
}

function over(id) {
  if (!sent || sent.id !== id) return null;
  const { form, timer } = sent;
  clearTimeout(timer);
  sent = null;
  return form;
}

function complain(form, text) {
  const place = form.querySelector("[role=alert]");
  place.textContent = text;
  place.hidden = !text;
}

/** A page that is not served over HTTPS has no randomUUID. */
function fresh() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function look(stream, page) {
  const focus = document.visibilityState === "visible" ? page.dataset.discussion : null;
  feed.say({ type: "ui_update", stream, focus });
}

function others(who) {
  const place = document.querySelector("[data-presence]");
  if (!place) return;
  const names = [...new Set(who.map((each) => each.name))];
  place.textContent = names.length ? `${place.dataset.sayAlso} ${names.join(", ")}` : "";
  place.hidden = !names.length;
}
