import { h } from "../dom";
import { relativeTime } from "../relative-time";
import type { ProviderHealthChanged } from "../updates";
import { type Panel, panelFrame } from "./panel";
import { Sparkline } from "./sparkline";

const HISTORY = 24;

class ProviderCard {
  readonly element: HTMLElement;
  latest: ProviderHealthChanged;
  readonly #latencies: number[] = [];
  readonly #status = h("span", { class: "status" });
  readonly #latency = h("span", { class: "provider-latency" });
  readonly #score = h("span", { class: "provider-score" });
  readonly #bar = h("span", { class: "meter-fill" });
  readonly #checked = h("span", { class: "muted" });
  readonly #sparkline = new Sparkline();

  constructor(update: ProviderHealthChanged) {
    this.latest = update;
    this.element = h(
      "li",
      { class: "provider", "data-testid": "provider", "data-provider": update.providerName },
      h("div", { class: "provider-head" }, h("h3", {}, update.providerName), this.#status),
      h(
        "div",
        { class: "provider-numbers" },
        h("p", { class: "figure" }, this.#latency, h("span", { class: "unit" }, " ms")),
        this.#sparkline.element,
      ),
      h("div", { class: "meter", "aria-hidden": "true" }, this.#bar),
      h("div", { class: "provider-foot" }, h("span", {}, "Score ", this.#score), this.#checked),
    );
    this.show(update);
  }

  show(update: ProviderHealthChanged): void {
    this.latest = update;
    this.#latencies.push(update.averageLatencyMs);
    if (this.#latencies.length > HISTORY) this.#latencies.shift();
    this.element.dataset.healthy = String(update.isHealthy);
    this.#status.textContent = update.isHealthy ? "Healthy" : "Unhealthy";
    this.#latency.textContent = String(update.averageLatencyMs);
    this.#score.textContent = update.healthScore.toFixed(2);
    this.#bar.style.inlineSize = `${Math.round(update.healthScore * 100)}%`;
    this.#checked.replaceChildren(relativeTime(update.checkedAt));
    this.#sparkline.show(this.#latencies);
  }
}

/** The latest health of each provider. */
export class ProvidersPanel implements Panel {
  readonly element: HTMLElement;
  readonly #cards = new Map<string, ProviderCard>();
  readonly #list = h("ul", { class: "providers", "aria-label": "Providers" });
  readonly #empty = h("p", { class: "empty" }, "Waiting for the first health check…");

  constructor() {
    this.element = panelFrame({
      id: "providers",
      title: "Provider health",
      icon: "providers",
      body: [this.#empty, this.#list],
    });
  }

  show(update: ProviderHealthChanged): void {
    const card = this.#cards.get(update.providerId);
    if (card) return card.show(update);
    const added = new ProviderCard(update);
    this.#cards.set(update.providerId, added);
    const sorted = [...this.#cards.values()].sort((a, b) => a.latest.providerName.localeCompare(b.latest.providerName));
    this.#list.replaceChildren(...sorted.map(({ element }) => element));
    this.#empty.hidden = true;
  }

  get healthy(): number {
    return [...this.#cards.values()].filter(({ latest }) => latest.isHealthy).length;
  }

  get total(): number {
    return this.#cards.size;
  }

  clear(): void {
    this.#cards.clear();
    this.#list.replaceChildren();
    this.#empty.hidden = false;
  }
}
