import { h } from "../dom";
import { type IconName, icon } from "../icons";

const LONGEST_LIST = 30;

export interface Panel {
  readonly element: HTMLElement;
  /** Forgets everything, for another organization. */
  clear(): void;
}

export interface PanelParts {
  id: string;
  title: string;
  icon: IconName;
  aside?: Node;
  body: Node[];
}

/** A titled part of the page. */
export function panelFrame({ id, title, icon: name, aside, body }: PanelParts): HTMLElement {
  const heading = `${id}-title`;
  return h(
    "section",
    { class: `panel panel-${id}`, id, "aria-labelledby": heading, "data-testid": `panel-${id}` },
    h("header", { class: "panel-header" }, icon(name), h("h2", { id: heading }, title), aside ?? null),
    ...body,
  );
}

/** A list whose newest entry is on top, with words to show while there is none. */
export class NewestFirst {
  readonly element: HTMLElement;
  readonly #list: HTMLUListElement;
  readonly #empty: HTMLParagraphElement;

  constructor(label: string, whenEmpty: string) {
    this.#list = h("ul", { class: "entries" });
    this.#empty = h("p", { class: "empty" }, whenEmpty);
    this.element = h(
      "div",
      { class: "entries-frame", tabindex: 0, role: "group", "aria-label": label },
      this.#empty,
      this.#list,
    );
  }

  add(entry: HTMLLIElement): void {
    this.#empty.hidden = true;
    entry.classList.add("is-new");
    this.#list.prepend(entry);
    while (this.#list.childElementCount > LONGEST_LIST) this.#list.lastElementChild?.remove();
  }

  clear(): void {
    this.#list.replaceChildren();
    this.#empty.hidden = false;
  }
}
