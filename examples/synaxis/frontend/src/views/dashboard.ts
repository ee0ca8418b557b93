import { button, h } from "../dom";
import { money } from "../format";
import { brandMark, icon } from "../icons";
import { recall, remember } from "../memory";
import type { RealtimeService } from "../realtime-service";
import type { Session } from "../session";
import { themeToggle } from "../theme";
import type { UpdateKind, Updates } from "../updates";
import { AlertsPanel } from "./alerts-panel";
import { AuditPanel } from "./audit-panel";
import { avatar, displayName } from "./avatar";
import { connectionBadge, connectionBanner } from "./connection-badge";
import { ModelsPanel } from "./models-panel";
import { organizationSwitch } from "./organization-switch";
import { ProvidersPanel } from "./providers-panel";
import { SavingsPanel } from "./savings-panel";
import { Summary } from "./summary";
import { Timeline } from "./timeline";
import { TEXTS } from "./timeline-text";

/** The page of somebody who is signed in. */
export function dashboard(session: Session, service: RealtimeService, signOut: () => void): HTMLElement {
  const providers = new ProvidersPanel();
  const savings = new SavingsPanel();
  const models = new ModelsPanel();
  const alerts = new AlertsPanel();
  const audit = new AuditPanel();
  const timeline = new Timeline();
  const summary = new Summary([
    { id: "providers", label: "Healthy providers" },
    { id: "savings", label: "Savings" },
    { id: "alerts", label: "Security alerts" },
    { id: "models", label: "New models" },
    { id: "audit", label: "Audit events" },
  ]);

  const summarize = (): void => {
    const { healthy, total } = providers;
    const away = total - healthy;
    const note = away ? `${away} unhealthy` : "all well";
    summary.show("providers", total ? `${healthy} of ${total}` : "–", total ? note : "waiting");
    summary.show("savings", money(savings.total), "per 1M tokens");
    summary.show("alerts", String(alerts.total), `${alerts.critical} critical`);
    summary.show("models", String(models.total), `${models.available} available to you`);
    summary.show("audit", String(audit.total), "since you joined");
  };

  const follow = <K extends UpdateKind>(kind: K, show: (update: Updates[K]) => void): void => {
    service.on(kind, (update) => {
      show(update);
      timeline.show(kind, TEXTS[kind](update));
      summarize();
    });
  };
  follow("ProviderHealthChanged", (update) => providers.show(update));
  follow("CostOptimizationApplied", (update) => savings.show(update));
  follow("ModelDiscovered", (update) => models.show(update));
  follow("SecurityAlert", (update) => alerts.show(update));
  follow("AuditEvent", (update) => audit.show(update));

  const known = session.organizations.map(({ id }) => id);
  const remembered = recall(sessionStorage, "organization");
  let chosen = remembered !== null && known.includes(remembered) ? remembered : (known[0] ?? "");

  const choose = (id: string): void => {
    chosen = id;
    remember(sessionStorage, "organization", id);
    for (const panel of [providers, savings, models, alerts, audit, timeline]) panel.clear();
    summarize();
    void service.switchOrganization(id);
  };

  const root = h(
    "div",
    { class: "dashboard", "data-testid": "dashboard" },
    h(
      "header",
      { class: "top" },
      h("p", { class: "brand" }, brandMark(), h("span", {}, "Synaxis")),
      organizationSwitch(session.organizations, chosen, choose),
      connectionBadge(service),
      h(
        "div",
        { class: "top-tools" },
        themeToggle(),
        h(
          "p",
          { class: "user" },
          avatar(session.user),
          h("span", { "data-testid": "user" }, displayName(session.user)),
        ),
        button(
          { class: "icon-button", "aria-label": "Sign out", title: "Sign out", "data-testid": "sign-out" },
          signOut,
          icon("exit"),
        ),
      ),
    ),
    connectionBanner(service, () => void service.start(chosen)),
    h(
      "main",
      { class: "main" },
      h("h1", { class: "visually-hidden" }, "Live updates"),
      summary.element,
      h(
        "div",
        { class: "panels" },
        providers.element,
        savings.element,
        alerts.element,
        models.element,
        audit.element,
      ),
      timeline.element,
    ),
  );
  service.onState(({ organizationId }) => {
    root.dataset.organization = organizationId ?? "";
  });
  summarize();
  void service.start(chosen);
  return root;
}
