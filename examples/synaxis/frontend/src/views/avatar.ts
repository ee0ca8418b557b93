import { h } from "../dom";

export function displayName(user: string): string {
  return user.charAt(0).toUpperCase() + user.slice(1);
}

/** A disc with the initial of a user. */
export function avatar(user: string): HTMLElement {
  return h("span", { class: "avatar", "aria-hidden": "true" }, displayName(user).charAt(0));
}
