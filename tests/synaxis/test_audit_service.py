from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from synaxis.agents import AuditService
from synaxis.agents.audit_service import Activity
from synaxis.directory import DEMO_DIRECTORY
from synaxis.updates import AuditEventUpdate
from tests.synaxis.samples import AURORA, HARBOR

if TYPE_CHECKING:
    from synaxis.domain import Organization
    from tests.synaxis.recording import RecordingNotifier, SetClock

ID = UUID(int=7)


class SetActivity:
    """Something happens once, in Aurora Labs."""

    def __init__(self) -> None:
        self.done: tuple[Activity, ...] = (Activity("policy.updated", "Policy", "amelia"),)

    async def take(self, organization: Organization) -> tuple[Activity, ...]:
        if organization.id != AURORA:
            return ()
        done, self.done = self.done, ()
        return done


@pytest.fixture
def service(notifier: RecordingNotifier, clock: SetClock) -> AuditService:
    return AuditService(DEMO_DIRECTORY, SetActivity(), notifier, clock=clock, new_id=lambda: ID)


async def test_what_people_do_is_recorded_and_told(
    service: AuditService, notifier: RecordingNotifier, clock: SetClock
) -> None:
    await service.step()
    event = AuditEventUpdate(
        id=ID, action="policy.updated", entity_type="Policy", performed_by="amelia", performed_at=clock.now
    )
    assert notifier.take() == [(AURORA, event)]
    assert service.entries(AURORA) == (event,)
    assert service.entries(HARBOR) == ()
    await service.step()
    assert notifier.take() == []


async def test_the_trail_keeps_the_last_entries(service: AuditService, notifier: RecordingNotifier) -> None:
    for number in range(201):
        await service.record(HARBOR, action=f"action.{number}", entity_type="Test", performed_by="nobody")
    kept = service.entries(HARBOR)
    assert (len(kept), kept[0].action, kept[-1].action) == (200, "action.1", "action.200")
    assert len(notifier.take()) == 201
