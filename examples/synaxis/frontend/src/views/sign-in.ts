import { button, h } from "../dom";
import { brandMark } from "../icons";
import { type DemoUser, demoUsers, ServerError } from "../session";
import { themeToggle } from "../theme";
import { avatar, displayName } from "./avatar";

/** The page where somebody chooses who to be. */
export function signInPage(server: string, signIn: (user: string) => Promise<void>): HTMLElement {
  const people = h("ul", { class: "people", "data-testid": "users", "aria-label": "Demo users" });
  const note = h("p", { class: "sign-in-note", role: "alert", "data-testid": "sign-in-note" });
  const retry = button({ class: "button", hidden: true }, () => void load(), "Try again");

  const fail = (text: string): void => {
    note.textContent = text;
    retry.hidden = false;
  };

  const choose = async (user: string): Promise<void> => {
    for (const node of people.querySelectorAll("button")) node.disabled = true;
    try {
      await signIn(user);
    } catch (error) {
      fail(error instanceof Error ? error.message : String(error));
      for (const node of people.querySelectorAll("button")) node.disabled = false;
    }
  };

  const person = (user: DemoUser): HTMLElement =>
    h(
      "li",
      {},
      button(
        { class: "person", "data-testid": `sign-in-${user.user}` },
        () => void choose(user.user),
        avatar(user.user),
        h(
          "span",
          { class: "person-text" },
          h("span", { class: "person-name" }, displayName(user.user)),
          h("span", { class: "person-organizations" }, user.organizations.map(({ name }) => name).join(" · ")),
        ),
      ),
    );

  const load = async (): Promise<void> => {
    note.textContent = "";
    retry.hidden = true;
    try {
      people.replaceChildren(...(await demoUsers(server)).map(person));
    } catch (error) {
      const isOff = error instanceof ServerError && error.status === 404;
      fail(isOff ? "Signing in as a demo user is off on this server." : "The server cannot be reached.");
    }
  };

  void load();
  return h(
    "main",
    { class: "sign-in", "data-testid": "sign-in" },
    h("div", { class: "sign-in-corner" }, themeToggle()),
    h(
      "div",
      { class: "sign-in-card" },
      h("p", { class: "brand brand-large" }, brandMark(), "Synaxis"),
      h("h1", {}, "See your AI gateway live"),
      h(
        "p",
        { class: "lead" },
        "Provider health, savings, new models, alerts and the audit trail of an organization, as they happen.",
      ),
      h("h2", { class: "sign-in-heading" }, "Sign in as"),
      people,
      note,
      retry,
    ),
  );
}
