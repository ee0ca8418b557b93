from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from synaxis.agents import SecurityAuditAgent
from synaxis.agents.security_audit import Endpoint, Secret
from synaxis.directory import DEMO_DIRECTORY
from synaxis.updates import SecurityAlertUpdate
from tests.synaxis.samples import AURORA

if TYPE_CHECKING:
    from synaxis.domain import Organization
    from tests.synaxis.recording import RecordingNotifier, SetClock

GOOD_SECRET, GOOD_ENDPOINT = Secret("etl", 256, 10, 1), Endpoint("/v1/chat", 60)
ONE_ORGANIZATION = msgspec.structs.replace(DEMO_DIRECTORY, organizations=DEMO_DIRECTORY.organizations[:1])


class SetInventory:
    def __init__(self) -> None:
        self.secret, self.endpoint = GOOD_SECRET, GOOD_ENDPOINT

    async def secrets_of(self, organization: Organization) -> tuple[Secret, ...]:
        return (self.secret,)

    async def endpoints_of(self, organization: Organization) -> tuple[Endpoint, ...]:
        return (self.endpoint,)


@pytest.fixture
def inventory() -> SetInventory:
    return SetInventory()


@pytest.fixture
def agent(inventory: SetInventory, notifier: RecordingNotifier, clock: SetClock) -> SecurityAuditAgent:
    return SecurityAuditAgent(ONE_ORGANIZATION, inventory, notifier, clock=clock)


def alerts(notifier: RecordingNotifier) -> list[tuple[str, str]]:
    told = [update for _, update in notifier.take() if isinstance(update, SecurityAlertUpdate)]
    return [(update.alert_type, update.severity) for update in told]


async def test_a_sound_organization_hears_nothing(agent: SecurityAuditAgent, notifier: RecordingNotifier) -> None:
    await agent.step()
    assert notifier.take() == []


async def test_an_alert_says_what_and_when(
    agent: SecurityAuditAgent, inventory: SetInventory, notifier: RecordingNotifier, clock: SetClock
) -> None:
    inventory.endpoint = Endpoint("/v1/chat", None)
    await agent.step()
    update = SecurityAlertUpdate(
        organization_id=AURORA,
        alert_type="rate_limit_missing",
        severity="warning",
        message="The endpoint /v1/chat has no rate limit.",
        detected_at=clock.now,
    )
    assert notifier.take() == [(AURORA, update)]


@pytest.mark.parametrize(
    ("secret", "expected"),
    [
        (Secret("etl", 49, 10, 1), [("weak_secret", "critical")]),
        (Secret("etl", 50, 10, 1), [("weak_secret", "warning")]),
        (Secret("etl", 79, 10, 1), [("weak_secret", "warning")]),
        (Secret("etl", 80, 90, 60), []),
        (Secret("etl", 256, 91, 1), [("stale_secret", "warning")]),
        (Secret("etl", 256, 10, 61), [("unused_secret", "info")]),
        (
            Secret("etl", 8, 400, 400),
            [("weak_secret", "critical"), ("stale_secret", "warning"), ("unused_secret", "info")],
        ),
    ],
)
async def test_secrets_are_judged_by_strength_age_and_use(
    secret: Secret,
    expected: list[tuple[str, str]],
    agent: SecurityAuditAgent,
    inventory: SetInventory,
    notifier: RecordingNotifier,
) -> None:
    inventory.secret = secret
    await agent.step()
    assert alerts(notifier) == expected


async def test_an_internal_endpoint_without_a_limit_is_critical(
    agent: SecurityAuditAgent, inventory: SetInventory, notifier: RecordingNotifier
) -> None:
    inventory.endpoint = Endpoint("/internal/replay", None)
    await agent.step()
    assert alerts(notifier) == [("rate_limit_missing", "critical")]


async def test_a_problem_is_told_once_and_again_when_it_comes_back_or_gets_worse(
    agent: SecurityAuditAgent, inventory: SetInventory, notifier: RecordingNotifier
) -> None:
    heard = []
    for bits in (60, 60, 256, 60, 30):
        inventory.secret = msgspec.structs.replace(GOOD_SECRET, bits=bits)
        await agent.step()
        heard.append(alerts(notifier))
    warning, critical = [("weak_secret", "warning")], [("weak_secret", "critical")]
    assert heard == [warning, [], [], warning, critical]
