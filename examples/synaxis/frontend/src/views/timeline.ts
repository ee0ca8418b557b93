import { button, h } from "../dom";
import { dateAndTime, timeOfDay } from "../format";
import { icon } from "../icons";
import { UPDATE_KINDS, type UpdateKind } from "../updates";
import { type Panel, panelFrame } from "./panel";
import { KINDS, type TimelineText } from "./timeline-text";

const LONGEST = 150;

/** Everything in the order it arrived, with a filter per kind and a way to hold it still. */
export class Timeline implements Panel {
  readonly element: HTMLElement;
  readonly #shown = new Set<UpdateKind>(UPDATE_KINDS);
  readonly #list = h("ol", { class: "timeline-list", "data-testid": "timeline" });
  readonly #empty = h("p", { class: "empty" }, "Updates appear here as they arrive.");
  readonly #pause: HTMLButtonElement;
  readonly #held: HTMLLIElement[] = [];
  #paused = false;

  constructor() {
    this.#pause = button({ class: "button button-small", "data-testid": "pause" }, () => this.#togglePause());
    const filters = UPDATE_KINDS.map((kind) => this.#filter(kind));
    this.element = panelFrame({
      id: "timeline",
      title: "Timeline",
      icon: "timeline",
      aside: this.#pause,
      body: [
        h("div", { class: "filters", role: "group", "aria-label": "Kinds to show" }, ...filters),
        h(
          "div",
          {
            class: "timeline-frame",
            tabindex: 0,
            role: "log",
            "aria-live": "off",
            "aria-labelledby": "timeline-title",
          },
          this.#empty,
          this.#list,
        ),
      ],
    });
    this.#refreshPause();
  }

  show(kind: UpdateKind, text: TimelineText): void {
    const moment = text.at ? new Date(text.at) : new Date();
    const entry = h(
      "li",
      { class: "event", "data-kind": kind, "data-tone": text.tone, "data-testid": "event" },
      h("span", { class: "event-icon" }, icon(KINDS[kind].icon)),
      h(
        "div",
        { class: "event-text" },
        h("p", { class: "event-title" }, h("span", { class: "visually-hidden" }, `${KINDS[kind].label}: `), text.title),
        h("p", { class: "event-detail" }, text.detail),
      ),
      h("time", { class: "event-time", datetime: moment.toISOString(), title: dateAndTime(moment) }, timeOfDay(moment)),
    );
    entry.hidden = !this.#shown.has(kind);
    if (this.#paused) {
      this.#held.push(entry);
      if (this.#held.length > LONGEST) this.#held.shift();
      this.#refreshPause();
    } else {
      this.#add(entry);
    }
    this.#refreshEmpty();
  }

  clear(): void {
    this.#held.length = 0;
    this.#list.replaceChildren();
    this.#refreshPause();
    this.#refreshEmpty();
  }

  #add(entry: HTMLLIElement): void {
    entry.classList.add("is-new");
    this.#list.prepend(entry);
    while (this.#list.childElementCount > LONGEST) this.#list.lastElementChild?.remove();
  }

  #filter(kind: UpdateKind): HTMLButtonElement {
    const toggle = button(
      { class: "chip", "aria-pressed": "true", "data-testid": `filter-${kind}` },
      () => {
        const isShown = !this.#shown.delete(kind);
        if (isShown) this.#shown.add(kind);
        toggle.setAttribute("aria-pressed", String(isShown));
        for (const entry of this.#entries()) entry.hidden = !this.#shown.has(entry.dataset.kind as UpdateKind);
        this.#refreshPause();
        this.#refreshEmpty();
      },
      icon(KINDS[kind].icon),
      KINDS[kind].label,
    );
    return toggle;
  }

  *#entries(): Iterable<HTMLLIElement> {
    yield* this.#list.querySelectorAll<HTMLLIElement>(".event");
    yield* this.#held;
  }

  #togglePause(): void {
    this.#paused = !this.#paused;
    for (const entry of this.#held) this.#add(entry);
    this.#held.length = 0;
    this.#refreshPause();
    this.#refreshEmpty();
  }

  #refreshPause(): void {
    const waiting = this.#held.filter(({ hidden }) => !hidden).length;
    const label = this.#paused ? `Resume${waiting ? ` (${waiting} new)` : ""}` : "Pause";
    this.#pause.replaceChildren(icon(this.#paused ? "play" : "pause"), label);
  }

  #refreshEmpty(): void {
    const visible = this.#list.querySelector(".event:not([hidden])");
    this.#empty.hidden = visible !== null;
    const isFiltered = this.#list.childElementCount > 0 || this.#shown.size < UPDATE_KINDS.length;
    this.#empty.textContent = isFiltered ? "Nothing of the chosen kinds yet." : "Updates appear here as they arrive.";
  }
}
