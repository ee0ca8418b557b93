"""The five kinds of updates that the front end understands, with the members of its wire contract.

Every record is immutable and spelled in camel case on the wire. Decimals become JSON numbers, and
times end in `Z`: they must be given in UTC.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import ClassVar, Literal, TypeAlias
from uuid import UUID

from msgspec import Struct, field

__all__ = [
    "AuditEventUpdate",
    "CostOptimizationUpdate",
    "ModelDiscoveryUpdate",
    "ProviderHealthUpdate",
    "SecurityAlertUpdate",
    "Severity",
    "Update",
]

Severity: TypeAlias = Literal["critical", "warning", "info"]


def _require_utc(member: str, value: datetime) -> None:
    if value.utcoffset() != timedelta(0):
        raise ValueError(f"{member} must be a time in UTC, as datetime.now(UTC) gives; got {value.isoformat()}.")


class ProviderHealthUpdate(Struct, frozen=True, kw_only=True, rename="camel"):
    """How a provider of an organization is doing."""

    client_method: ClassVar[str] = "ProviderHealthChanged"

    provider_id: UUID
    provider_name: str
    is_healthy: bool
    health_score: Decimal
    average_latency_ms: int
    checked_at: datetime

    def __post_init__(self) -> None:
        _require_utc("checked_at", self.checked_at)


class CostOptimizationUpdate(Struct, frozen=True, kw_only=True, rename="camel"):
    """Traffic of an organization moved to a cheaper provider."""

    client_method: ClassVar[str] = "CostOptimizationApplied"

    organization_id: UUID
    from_provider: str
    to_provider: str
    reason: str
    savings_per_1m_tokens: Decimal = field(name="savingsPer1MTokens")
    applied_at: datetime

    def __post_init__(self) -> None:
        _require_utc("applied_at", self.applied_at)


class ModelDiscoveryUpdate(Struct, frozen=True, kw_only=True, rename="camel"):
    """A provider offers a model that was not there before."""

    client_method: ClassVar[str] = "ModelDiscovered"

    model_id: UUID
    canonical_id: str
    display_name: str
    provider_name: str
    is_available_to_organization: bool


class SecurityAlertUpdate(Struct, frozen=True, kw_only=True, rename="camel"):
    """The security audit found something that an organization should look at."""

    client_method: ClassVar[str] = "SecurityAlert"

    organization_id: UUID
    alert_type: str
    severity: Severity
    message: str
    detected_at: datetime

    def __post_init__(self) -> None:
        _require_utc("detected_at", self.detected_at)


class AuditEventUpdate(Struct, frozen=True, kw_only=True, rename="camel"):
    """Something was done in an organization, and by whom."""

    client_method: ClassVar[str] = "AuditEvent"

    id: UUID
    action: str
    entity_type: str
    performed_by: str
    performed_at: datetime

    def __post_init__(self) -> None:
        _require_utc("performed_at", self.performed_at)


Update: TypeAlias = (
    ProviderHealthUpdate | CostOptimizationUpdate | ModelDiscoveryUpdate | SecurityAlertUpdate | AuditEventUpdate
)
