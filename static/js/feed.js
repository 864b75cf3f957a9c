// The live feed over /ws/. Streams are followed from the place where the page was rendered; after a cut the feed goes on
// from the last event it saw, and says so when the server no longer has what was missed.
//
// document hears: feed:event {stream, event} · feed:lost {stream} · feed:state {state: "open" | "cut" | "signed-out"} ·
// feed:following {stream} · feed:delta, feed:progress, feed:ack and feed:error as the server sends them · feed:presence {stream, who}

const SHORTEST = 400;
const LONGEST = 20_000;
const SILENCE = 75_000; // the server pings every 30 seconds
const DRAINING = 4012;
const SIGNED_OUT = 4401;
const PASSED_ON = new Set(["delta", "progress", "ack", "error"]);

const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

export class Feed {
  #streams; #socket = null; #failures = 0; #timer = 0; #watch = 0; #over = false;

  /** `streams`: [[name, epoch, seq], …] */
  constructor(streams) {
    this.#streams = new Map(streams.map(([name, epoch, after]) => [name, { epoch, after }]));
  }

  start() {
    addEventListener("online", () => this.#hurry());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.#hurry());
    addEventListener("pagehide", () => this.#leave());
    addEventListener("pageshow", (event) => event.persisted && this.#return());
    this.#open();
  }

  follow(name, epoch = "", after = 0) {
    if (this.#streams.has(name)) return;
    this.#streams.set(name, { epoch, after });
    this.#subscribe(name);
  }

  /** Say something to the server; false when there is no connection to say it over. */
  say(frame) {
    return this.#send(frame);
  }

  #open() {
    clearTimeout(this.#timer);
    if (this.#over) return;
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/ws/`);
    this.#socket = socket;
    this.#heard();
    socket.onopen = () => [...this.#streams.keys()].forEach((name) => this.#subscribe(name));
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(data));
    socket.onclose = ({ code }) => socket === this.#socket && this.#closed(code);
  }

  #subscribe(name) {
    const { epoch, after } = this.#streams.get(name);
    this.#send({ type: "subscribe", stream: name, epoch, after });
  }

  #send(frame) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  #receive(frame) {
    this.#heard();
    const place = this.#streams.get(frame.stream);
    if (frame.type === "ping") this.#send({ type: "pong" });
    else if (frame.type === "subscribed" && place) this.#subscribed(frame, place);
    else if (PASSED_ON.has(frame.type)) tell(`feed:${frame.type}`, frame);
    else if (frame.type === "event" && frame.seq === null) tell("feed:presence", { stream: frame.stream, who: frame.event.data.who });
    else if (frame.type === "event" && place && frame.seq > place.after) {
      place.after = frame.seq;
      tell("feed:event", { stream: frame.stream, event: frame.event });
    }
  }

  #subscribed(frame, place) {
    this.#failures = 0;
    tell("feed:state", { state: "open" });
    tell("feed:following", { stream: frame.stream });
    place.epoch = frame.epoch;
    if (frame.recovered) return;
    place.after = frame.seq;
    tell("feed:lost", { stream: frame.stream });
  }

  #closed(code) {
    this.#socket = null;
    clearTimeout(this.#watch);
    if (code === SIGNED_OUT) {
      this.#over = true;
      tell("feed:state", { state: "signed-out" });
      return;
    }
    this.#failures = code === DRAINING ? 1 : this.#failures + 1;
    tell("feed:state", { state: "cut", failures: this.#failures });
    const wait = Math.min(LONGEST, SHORTEST * 2 ** (this.#failures - 1));
    this.#timer = setTimeout(() => this.#open(), wait * (0.6 + 0.8 * Math.random()));
  }

  /** A socket that has been silent for too long is dead, whatever the browser believes. */
  #heard() {
    clearTimeout(this.#watch);
    this.#at = Date.now();
    this.#watch = setTimeout(() => this.#abandon(), SILENCE);
  }

  #at = 0;

  #abandon() {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    this.#closed(0);
  }

  /** Back from sleep or on the network again: do not wait for a timer that was set for another time. */
  #hurry() {
    if (this.#over) return;
    if (!this.#socket) this.#open();
    else if (Date.now() - this.#at > SILENCE) this.#abandon();
  }

  #leave() {
    clearTimeout(this.#timer);
    clearTimeout(this.#watch);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(1000);
  }

  #return() {
    if (!this.#socket) this.#open();
  }
}
