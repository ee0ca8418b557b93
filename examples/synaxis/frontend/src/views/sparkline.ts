import { svg } from "../dom";

const WIDTH = 120;
const HEIGHT = 32;
const MARGIN = 3;
const FEWEST = 8;

/** Draws values as a line, oldest first. */
export class Sparkline {
  readonly element: SVGSVGElement;
  readonly #area = svg("path", { class: "sparkline-area" });
  readonly #line = svg("path", { class: "sparkline-line", "vector-effect": "non-scaling-stroke" });

  constructor() {
    this.element = svg(
      "svg",
      { class: "sparkline", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" },
      this.#area,
      this.#line,
    );
  }

  show(values: readonly number[]): void {
    if (values.length < 2) return;
    const highest = Math.max(...values);
    const lowest = Math.min(...values);
    const span = Math.max(highest - lowest, highest * 0.25, 1);
    const step = WIDTH / (Math.max(values.length, FEWEST) - 1);
    const left = WIDTH - step * (values.length - 1);
    const points = values.map((value, index) => {
      const y = HEIGHT - MARGIN - ((value - lowest) / span) * (HEIGHT - 2 * MARGIN);
      return `${(left + index * step).toFixed(1)} ${y.toFixed(1)}`;
    });
    this.#line.setAttribute("d", `M${points.join("L")}`);
    this.#area.setAttribute("d", `M${points.join("L")}L${WIDTH} ${HEIGHT}L${left.toFixed(1)} ${HEIGHT}Z`);
  }
}
