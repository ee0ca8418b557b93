import { announce, h } from "../dom";
import { words } from "../format";
import { relativeTime } from "../relative-time";
import type { SecurityAlert, Severity } from "../updates";
import { NewestFirst, type Panel, panelFrame } from "./panel";

const SEVERITIES: readonly Severity[] = ["critical", "warning", "info"];

/** What the security audit found, by severity. */
export class AlertsPanel implements Panel {
  readonly element: HTMLElement;
  readonly #counts = new Map<Severity, { count: number; node: HTMLElement }>();
  readonly #entries = new NewestFirst("Security alerts", "Nothing has been found.");

  constructor() {
    const counters = SEVERITIES.map((severity) => {
      const node = h("span", { class: "counter-number" }, "0");
      this.#counts.set(severity, { count: 0, node });
      return h(
        "li",
        { class: `counter counter-${severity}`, "data-testid": `alerts-${severity}` },
        node,
        h("span", { class: "counter-label" }, words(severity)),
      );
    });
    this.element = panelFrame({
      id: "alerts",
      title: "Security alerts",
      icon: "alerts",
      body: [h("ul", { class: "counters", "aria-label": "Alerts by severity" }, ...counters), this.#entries.element],
    });
  }

  get total(): number {
    return [...this.#counts.values()].reduce((sum, { count }) => sum + count, 0);
  }

  get critical(): number {
    return this.#counts.get("critical")?.count ?? 0;
  }

  show(update: SecurityAlert): void {
    const counter = this.#counts.get(update.severity);
    if (counter) counter.node.textContent = String((counter.count += 1));
    if (update.severity === "critical") announce(`Critical alert: ${update.message}`);
    this.#entries.add(
      h(
        "li",
        { class: "entry", "data-severity": update.severity },
        h(
          "div",
          { class: "entry-line" },
          h("span", { class: `tag tag-${update.severity}` }, words(update.severity)),
          h("span", { class: "muted" }, relativeTime(update.detectedAt)),
        ),
        h("p", { class: "entry-text" }, update.message),
      ),
    );
  }

  clear(): void {
    for (const counter of this.#counts.values()) {
      counter.count = 0;
      counter.node.textContent = "0";
    }
    this.#entries.clear();
  }
}
