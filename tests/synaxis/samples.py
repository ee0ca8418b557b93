"""One update of each kind, and what it is on the wire."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

from synaxis.directory import DEMO_DIRECTORY
from synaxis.updates import (
    AuditEventUpdate,
    CostOptimizationUpdate,
    ModelDiscoveryUpdate,
    ProviderHealthUpdate,
    SecurityAlertUpdate,
)

if TYPE_CHECKING:
    from synaxis.updates import Update

__all__ = ["AURORA", "HARBOR", "SAMPLES", "WIRE"]

AURORA, HARBOR = (organization.id for organization in DEMO_DIRECTORY.organizations)

_ID = UUID("0F8FAD5B-D9CB-469F-A165-70867728950E")
_AT = datetime(2026, 3, 1, 12, 30, 5, 250000, tzinfo=UTC)

SAMPLES: tuple[Update, ...] = (
    ProviderHealthUpdate(
        provider_id=_ID,
        provider_name="Northlight",
        is_healthy=True,
        health_score=Decimal("0.97"),
        average_latency_ms=182,
        checked_at=_AT,
    ),
    CostOptimizationUpdate(
        organization_id=_ID,
        from_provider="Halcyon",
        to_provider="Cobalt",
        reason="Chat tokens cost 38% less",
        savings_per_1m_tokens=Decimal("1.20"),
        applied_at=_AT,
    ),
    ModelDiscoveryUpdate(
        model_id=_ID,
        canonical_id="cobalt/aria-2.1-mini",
        display_name="Aria 2.1 Mini",
        provider_name="Cobalt",
        is_available_to_organization=False,
    ),
    SecurityAlertUpdate(
        organization_id=_ID,
        alert_type="weak_secret",
        severity="critical",
        message='The secret "etl" is weak.',
        detected_at=_AT,
    ),
    AuditEventUpdate(id=_ID, action="policy.updated", entity_type="Policy", performed_by="amelia", performed_at=_AT),
)

_ID_TEXT = "0f8fad5b-d9cb-469f-a165-70867728950e"
_AT_TEXT = "2026-03-01T12:30:05.250000Z"

WIRE = {
    "ProviderHealthChanged": f'{{"providerId":"{_ID_TEXT}","providerName":"Northlight","isHealthy":true,'
    f'"healthScore":0.97,"averageLatencyMs":182,"checkedAt":"{_AT_TEXT}"}}',
    "CostOptimizationApplied": f'{{"organizationId":"{_ID_TEXT}","fromProvider":"Halcyon","toProvider":"Cobalt",'
    f'"reason":"Chat tokens cost 38% less","savingsPer1MTokens":1.20,"appliedAt":"{_AT_TEXT}"}}',
    "ModelDiscovered": f'{{"modelId":"{_ID_TEXT}","canonicalId":"cobalt/aria-2.1-mini",'
    '"displayName":"Aria 2.1 Mini","providerName":"Cobalt","isAvailableToOrganization":false}',
    "SecurityAlert": f'{{"organizationId":"{_ID_TEXT}","alertType":"weak_secret","severity":"critical",'
    f'"message":"The secret \\"etl\\" is weak.","detectedAt":"{_AT_TEXT}"}}',
    "AuditEvent": f'{{"id":"{_ID_TEXT}","action":"policy.updated","entityType":"Policy",'
    f'"performedBy":"amelia","performedAt":"{_AT_TEXT}"}}',
}
