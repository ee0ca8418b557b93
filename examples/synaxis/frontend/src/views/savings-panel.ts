import { h } from "../dom";
import { money, plural } from "../format";
import { icon } from "../icons";
import { relativeTime } from "../relative-time";
import type { CostOptimizationApplied } from "../updates";
import { NewestFirst, type Panel, panelFrame } from "./panel";

/** What moves to cheaper providers saved. */
export class SavingsPanel implements Panel {
  readonly element: HTMLElement;
  total = 0;
  #moves = 0;
  readonly #entries = new NewestFirst("Cost optimizations", "No traffic has moved yet.");
  readonly #total = h("p", { class: "figure figure-large", "data-testid": "savings-total" });
  readonly #caption = h("p", { class: "muted" });

  constructor() {
    this.element = panelFrame({
      id: "savings",
      title: "Cost savings",
      icon: "savings",
      body: [h("div", { class: "panel-summary" }, this.#total, this.#caption), this.#entries.element],
    });
    this.#refresh();
  }

  show(update: CostOptimizationApplied): void {
    this.total += update.savingsPer1MTokens;
    this.#moves += 1;
    this.#refresh();
    this.#entries.add(
      h(
        "li",
        { class: "entry" },
        h(
          "div",
          { class: "entry-line" },
          h(
            "span",
            { class: "entry-title route" },
            update.fromProvider,
            icon("arrow"),
            h("span", { class: "visually-hidden" }, " to "),
            update.toProvider,
          ),
          h("span", { class: "amount" }, money(update.savingsPer1MTokens)),
        ),
        h("div", { class: "entry-line muted" }, h("span", {}, update.reason), relativeTime(update.appliedAt)),
      ),
    );
  }

  #refresh(): void {
    this.#total.textContent = money(this.total);
    this.#caption.textContent = `per 1M tokens, from ${plural(this.#moves, "move")}`;
  }

  clear(): void {
    this.total = 0;
    this.#moves = 0;
    this.#entries.clear();
    this.#refresh();
  }
}
