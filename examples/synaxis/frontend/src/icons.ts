import { svg } from "./dom";

const PATHS = {
  providers: "M3 12h4l3-8 4 16 3-8h4",
  savings: "M12 3v18M17 7.5C17 5.6 14.8 4.5 12 4.5S7 5.6 7 7.8c0 4.6 10 2.4 10 7.2 0 2.6-2.4 4-5 4s-5-1.2-5-3.4",
  models: "M12 3 4 7.5v9L12 21l8-4.5v-9L12 3ZM4 7.5l8 4.5m0 0 8-4.5M12 12v9",
  alerts: "M12 3 5 6v5.5c0 4.4 2.9 7.9 7 9.5 4.1-1.6 7-5.1 7-9.5V6l-7-3ZM12 8.5v4M12 15.8v.2",
  audit: "M8 4h8M8 4a2 2 0 0 0-2 2v13a1 1 0 0 0 1 1h10a1 1 0 0 0 1-1V6a2 2 0 0 0-2-2M9.5 9.5h5M9.5 13h5M9.5 16.5h3",
  timeline: "M12 7v5l3.5 2M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z",
  arrow: "M5 12h14M13 6l6 6-6 6",
  pause: "M9 5v14M15 5v14",
  play: "M8 5v14l11-7L8 5Z",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5Z",
  sun:
    "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM12 2v2M12 20v2M4.9 4.9l1.4 1.4" +
    "M17.7 17.7l1.4 1.4M2 12h2M20 12h2M4.9 19.1l1.4-1.4M17.7 6.3l1.4-1.4",
  exit: "M14 4h4a1 1 0 0 1 1 1v14a1 1 0 0 1-1 1h-4M10 8l-4 4 4 4M6 12h9",
};

export type IconName = keyof typeof PATHS;

/** Draws an icon in the colour of the text around it; it says nothing by itself. */
export function icon(name: IconName): SVGSVGElement {
  return svg(
    "svg",
    { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" },
    svg("path", { d: PATHS[name] }),
  );
}

/** Draws the mark of Synaxis. */
export function brandMark(): SVGSVGElement {
  const nodes = [
    [5, 6],
    [19, 6],
    [5, 18],
    [19, 18],
  ].map(([cx, cy]) => svg("circle", { cx, cy, r: 2.1 }));
  return svg(
    "svg",
    { class: "brand-mark", viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" },
    svg("path", { d: "M5 6l7 6 7-6M5 18l7-6 7 6" }),
    ...nodes,
    svg("circle", { cx: 12, cy: 12, r: 2.9 }),
  );
}
