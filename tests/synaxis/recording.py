"""A notifier that remembers, and a clock that a test sets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID

    from synaxis.updates import (
        AuditEventUpdate,
        CostOptimizationUpdate,
        ModelDiscoveryUpdate,
        ProviderHealthUpdate,
        SecurityAlertUpdate,
        Update,
    )

__all__ = ["RecordingNotifier", "SetClock"]


class SetClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class RecordingNotifier:
    """Keeps what agents tell, in order."""

    def __init__(self) -> None:
        self.told: list[tuple[UUID, Update]] = []

    async def notify_provider_health_changed(self, organization_id: UUID, update: ProviderHealthUpdate) -> None:
        self.told.append((organization_id, update))

    async def notify_cost_optimization_applied(self, organization_id: UUID, update: CostOptimizationUpdate) -> None:
        self.told.append((organization_id, update))

    async def notify_model_discovered(self, organization_id: UUID, update: ModelDiscoveryUpdate) -> None:
        self.told.append((organization_id, update))

    async def notify_security_alert(self, organization_id: UUID, update: SecurityAlertUpdate) -> None:
        self.told.append((organization_id, update))

    async def notify_audit_event(self, organization_id: UUID, update: AuditEventUpdate) -> None:
        self.told.append((organization_id, update))

    def take(self) -> list[tuple[UUID, Update]]:
        """Return what was told since the last call."""
        told, self.told = self.told, []
        return told
