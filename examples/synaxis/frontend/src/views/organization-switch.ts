import { h } from "../dom";
import type { Organization } from "../session";

/** Lets somebody choose one of several organizations. */
export function organizationSwitch(
  organizations: readonly Organization[],
  chosen: string,
  choose: (id: string) => void,
): HTMLElement {
  const options = organizations.map(({ id, name }) => {
    const input = h("input", {
      type: "radio",
      name: "organization",
      value: id,
      class: "visually-hidden",
      checked: id === chosen,
      "data-testid": `organization-${id}`,
    });
    input.addEventListener("change", () => choose(id));
    return h("label", { class: "segment" }, input, h("span", {}, name));
  });
  return h(
    "fieldset",
    { class: "segments", "data-testid": "organizations" },
    h("legend", { class: "visually-hidden" }, "Organization"),
    ...options,
  );
}
