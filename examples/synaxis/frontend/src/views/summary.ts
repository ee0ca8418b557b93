import { h } from "../dom";

export interface Fact {
  id: string;
  label: string;
}

/** A row of figures, each a link to the panel that explains it. */
export class Summary {
  readonly element: HTMLElement;
  readonly #figures = new Map<string, { value: HTMLElement; note: HTMLElement }>();

  constructor(facts: readonly Fact[]) {
    const items = facts.map(({ id, label }) => {
      const value = h("span", { class: "fact-value", "data-testid": `fact-${id}` }, "–");
      const note = h("span", { class: "fact-note" });
      this.#figures.set(id, { value, note });
      return h(
        "li",
        {},
        h("a", { class: "fact", href: `#${id}` }, h("span", { class: "fact-label" }, label), value, note),
      );
    });
    this.element = h("ul", { class: "summary", "aria-label": "Summary" }, ...items);
  }

  show(id: string, value: string, note: string): void {
    const figure = this.#figures.get(id);
    if (!figure) return;
    figure.value.textContent = value;
    figure.note.textContent = note;
  }
}
