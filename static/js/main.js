// Everything here only adds to pages that work without it.

import { Feed } from "./feed.js";
import { listen } from "./fragments.js";
import * as footnotes from "./footnotes.js";
import * as forms from "./forms.js";
import * as keys from "./keys.js";
import * as panes from "./panes.js";
import * as progress from "./progress.js";
import * as search from "./search.js";
import * as times from "./times.js";
import * as toasts from "./toasts.js";

for (const module of [forms, keys, panes, search, times, toasts, footnotes, progress]) module.start();

const streams = document.body.dataset.streams;
if (streams) {
  listen();
  const feed = new Feed(JSON.parse(streams));
  if (document.querySelector("[data-discussion]")) (await import("./discussion.js")).start(feed);
  feed.start();
}
