import { money, words } from "../format";
import type { IconName } from "../icons";
import type { UpdateKind, Updates } from "../updates";

export interface TimelineText {
  title: string;
  detail: string;
  /** When it happened, if the update says so. */
  at: string | null;
  tone: "good" | "bad" | "neutral";
}

export const KINDS: Record<UpdateKind, { label: string; icon: IconName }> = {
  ProviderHealthChanged: { label: "Health", icon: "providers" },
  CostOptimizationApplied: { label: "Savings", icon: "savings" },
  ModelDiscovered: { label: "Models", icon: "models" },
  SecurityAlert: { label: "Alerts", icon: "alerts" },
  AuditEvent: { label: "Audit", icon: "audit" },
};

/** How each kind of update reads in one line. */
export const TEXTS: { [K in UpdateKind]: (update: Updates[K]) => TimelineText } = {
  ProviderHealthChanged: (update) => ({
    title: `${update.providerName} is ${update.isHealthy ? "healthy" : "unhealthy"}`,
    detail: `Score ${update.healthScore.toFixed(2)}, ${update.averageLatencyMs} ms`,
    at: update.checkedAt,
    tone: update.isHealthy ? "neutral" : "bad",
  }),
  CostOptimizationApplied: (update) => ({
    title: `${update.fromProvider} to ${update.toProvider}, ${money(update.savingsPer1MTokens)} less`,
    detail: update.reason,
    at: update.appliedAt,
    tone: "good",
  }),
  ModelDiscovered: (update) => ({
    title: `${update.displayName} at ${update.providerName}`,
    detail: update.isAvailableToOrganization ? "Available to you" : "Not available to you",
    at: null,
    tone: "neutral",
  }),
  SecurityAlert: (update) => ({
    title: `${words(update.alertType)} (${update.severity})`,
    detail: update.message,
    at: update.detectedAt,
    tone: update.severity === "critical" ? "bad" : "neutral",
  }),
  AuditEvent: (update) => ({
    title: words(update.action),
    detail: `${update.entityType}, by ${update.performedBy}`,
    at: update.performedAt,
    tone: "neutral",
  }),
};
