import { h } from "../dom";
import { relativeTime } from "../relative-time";
import type { AuditEvent } from "../updates";
import { NewestFirst, type Panel, panelFrame } from "./panel";

/** Who did what. */
export class AuditPanel implements Panel {
  readonly element: HTMLElement;
  total = 0;
  readonly #entries = new NewestFirst("Audit trail", "Nothing has been done yet.");

  constructor() {
    this.element = panelFrame({ id: "audit", title: "Audit trail", icon: "audit", body: [this.#entries.element] });
  }

  show(update: AuditEvent): void {
    this.total += 1;
    this.#entries.add(
      h(
        "li",
        { class: "entry", "data-id": update.id },
        h(
          "div",
          { class: "entry-line" },
          h("code", { class: "entry-title" }, update.action),
          h("span", { class: "muted" }, relativeTime(update.performedAt)),
        ),
        h(
          "div",
          { class: "entry-line muted" },
          h("span", {}, "by ", h("span", { class: "strong" }, update.performedBy)),
          h("span", {}, update.entityType),
        ),
      ),
    );
  }

  clear(): void {
    this.total = 0;
    this.#entries.clear();
  }
}
