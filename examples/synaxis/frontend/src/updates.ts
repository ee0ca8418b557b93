/** The wire contract: what the server calls, and with what. */

export interface ProviderHealthChanged {
  providerId: string;
  providerName: string;
  isHealthy: boolean;
  healthScore: number;
  averageLatencyMs: number;
  checkedAt: string;
}

export interface CostOptimizationApplied {
  organizationId: string;
  fromProvider: string;
  toProvider: string;
  reason: string;
  savingsPer1MTokens: number;
  appliedAt: string;
}

export interface ModelDiscovered {
  modelId: string;
  canonicalId: string;
  displayName: string;
  providerName: string;
  isAvailableToOrganization: boolean;
}

export type Severity = "critical" | "warning" | "info";

export interface SecurityAlert {
  organizationId: string;
  alertType: string;
  severity: Severity;
  message: string;
  detectedAt: string;
}

export interface AuditEvent {
  id: string;
  action: string;
  entityType: string;
  performedBy: string;
  performedAt: string;
}

export interface Updates {
  ProviderHealthChanged: ProviderHealthChanged;
  CostOptimizationApplied: CostOptimizationApplied;
  ModelDiscovered: ModelDiscovered;
  SecurityAlert: SecurityAlert;
  AuditEvent: AuditEvent;
}

export type UpdateKind = keyof Updates;

export const UPDATE_KINDS: readonly UpdateKind[] = [
  "ProviderHealthChanged",
  "CostOptimizationApplied",
  "ModelDiscovered",
  "SecurityAlert",
  "AuditEvent",
];
