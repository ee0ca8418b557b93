import { button } from "./dom";
import { icon } from "./icons";
import { remember } from "./memory";

const dark = matchMedia("(prefers-color-scheme: dark)");

function current(): "light" | "dark" {
  const chosen = document.documentElement.dataset.theme;
  if (chosen === "light" || chosen === "dark") return chosen;
  return dark.matches ? "dark" : "light";
}

/** Makes the button that changes between light and dark; until it is used, the theme is the system's. */
export function themeToggle(): HTMLButtonElement {
  const toggle = button({ class: "icon-button", "data-testid": "theme-toggle" }, () => {
    const theme = current() === "dark" ? "light" : "dark";
    document.documentElement.dataset.theme = theme;
    remember(localStorage, "theme", theme);
    show();
  });
  const show = (): void => {
    const other = current() === "dark" ? "light" : "dark";
    toggle.setAttribute("aria-label", `Change to the ${other} theme`);
    toggle.title = `Change to the ${other} theme`;
    toggle.replaceChildren(icon(other === "dark" ? "moon" : "sun"));
  };
  dark.addEventListener("change", show);
  show();
  return toggle;
}
