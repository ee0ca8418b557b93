"""Keeps the audit trail of organizations and shows each new entry."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Protocol
from uuid import UUID, uuid4

from msgspec import Struct

from synaxis.domain import Clock, Organization, utc_now
from synaxis.updates import AuditEventUpdate

if TYPE_CHECKING:
    from collections.abc import Callable

    from synaxis.directory import Directory
    from synaxis.notifier import Notifier

__all__ = ["Activity", "ActivitySource", "AuditService", "AuditTrail"]

_KEPT = 200


class Activity(Struct, frozen=True):
    """Something that somebody did."""

    action: str
    entity_type: str
    performed_by: str


class ActivitySource(Protocol):
    """Hands over what was done since it was last asked."""

    async def take(self, organization: Organization) -> tuple[Activity, ...]:
        """Return what was done in an organization since the last call."""
        ...


class AuditTrail(Protocol):
    """Where an agent records what it did."""

    async def record(self, organization_id: UUID, *, action: str, entity_type: str, performed_by: str) -> None:
        """Add an entry to the trail of an organization."""
        ...


class AuditService:
    """Writes the trail, keeps its last entries, and notifies."""

    def __init__(
        self,
        directory: Directory,
        source: ActivitySource,
        notifier: Notifier,
        *,
        clock: Clock = utc_now,
        new_id: Callable[[], UUID] = uuid4,
    ) -> None:
        self._directory = directory
        self._source = source
        self._notifier = notifier
        self._clock = clock
        self._new_id = new_id
        self._entries: dict[UUID, deque[AuditEventUpdate]] = {
            organization.id: deque(maxlen=_KEPT) for organization in directory.organizations
        }

    def entries(self, organization_id: UUID) -> tuple[AuditEventUpdate, ...]:
        """Return the last entries of an organization, oldest first."""
        return tuple(self._entries[organization_id])

    async def step(self) -> None:
        """Record what people did since the last round."""
        for organization in self._directory.organizations:
            for activity in await self._source.take(organization):
                await self.record(
                    organization.id,
                    action=activity.action,
                    entity_type=activity.entity_type,
                    performed_by=activity.performed_by,
                )

    async def record(self, organization_id: UUID, *, action: str, entity_type: str, performed_by: str) -> None:
        """Add an entry to the trail of an organization."""
        event = AuditEventUpdate(
            id=self._new_id(),
            action=action,
            entity_type=entity_type,
            performed_by=performed_by,
            performed_at=self._clock(),
        )
        self._entries[organization_id].append(event)
        await self._notifier.notify_audit_event(organization_id, event)
