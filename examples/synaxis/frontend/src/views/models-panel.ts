import { h } from "../dom";
import type { ModelDiscovered } from "../updates";
import { NewestFirst, type Panel, panelFrame } from "./panel";

/** Models that providers published. */
export class ModelsPanel implements Panel {
  readonly element: HTMLElement;
  total = 0;
  available = 0;
  readonly #entries = new NewestFirst("Discovered models", "No new model yet.");

  constructor() {
    this.element = panelFrame({
      id: "models",
      title: "New models",
      icon: "models",
      body: [this.#entries.element],
    });
  }

  show(update: ModelDiscovered): void {
    this.total += 1;
    if (update.isAvailableToOrganization) this.available += 1;
    this.#entries.add(
      h(
        "li",
        { class: "entry" },
        h(
          "div",
          { class: "entry-line" },
          h("span", { class: "entry-title" }, update.displayName),
          update.isAvailableToOrganization
            ? h("span", { class: "tag tag-good" }, "Available")
            : h("span", { class: "tag tag-neutral" }, "Not available"),
        ),
        h(
          "div",
          { class: "entry-line muted" },
          h("code", {}, update.canonicalId),
          h("span", {}, update.providerName),
        ),
      ),
    );
  }

  clear(): void {
    this.total = 0;
    this.available = 0;
    this.#entries.clear();
  }
}
