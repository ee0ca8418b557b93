import { h } from "./dom";
import { ago, dateAndTime } from "./format";

const REFRESH_MS = 5_000;

/** Makes a `<time>` that says how long ago it was, and keeps saying so. */
export function relativeTime(moment: string): HTMLTimeElement {
  const date = new Date(moment);
  return h("time", { datetime: moment, title: dateAndTime(date), "data-ago": true }, ago(date, Date.now()));
}

/** Keeps every relative time of the page true. */
export function keepTimesFresh(): void {
  setInterval(() => {
    const now = Date.now();
    for (const node of document.querySelectorAll<HTMLTimeElement>("time[data-ago]")) {
      const text = ago(new Date(node.dateTime), now);
      if (node.textContent !== text) node.textContent = text;
    }
  }, REFRESH_MS);
}
