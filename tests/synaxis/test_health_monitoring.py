from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from synaxis.agents import HealthMonitoringAgent
from synaxis.agents.health_monitoring import Probe
from synaxis.directory import DEMO_DIRECTORY, Directory
from synaxis.updates import ProviderHealthUpdate
from tests.synaxis.samples import AURORA, HARBOR

if TYPE_CHECKING:
    from synaxis.domain import Provider
    from tests.synaxis.recording import RecordingNotifier, SetClock

HALCYON = DEMO_DIRECTORY.providers[2]
FAST, FAILED = Probe(succeeded=True, latency_ms=100), Probe(succeeded=False, latency_ms=2000)
ONE_PROVIDER = msgspec.structs.replace(DEMO_DIRECTORY, providers=(HALCYON,))


class SetProbe:
    """Answers every probe with what the test last set."""

    def __init__(self) -> None:
        self.answer = FAST

    async def probe(self, provider: Provider) -> Probe:
        return self.answer


class Bench:
    """An agent for one provider, and what it told one organization."""

    def __init__(self, notifier: RecordingNotifier, clock: SetClock, directory: Directory = ONE_PROVIDER) -> None:
        self.probe = SetProbe()
        self.notifier = notifier
        self.clock = clock
        self.agent = HealthMonitoringAgent(directory, self.probe, notifier, clock=clock)

    async def steps(self, answer: Probe, count: int) -> list[ProviderHealthUpdate]:
        self.probe.answer = answer
        for _ in range(count):
            self.clock.move(1)
            await self.agent.step()
        told = [update for organization, update in self.notifier.take() if organization == AURORA]
        return [update for update in told if isinstance(update, ProviderHealthUpdate)]


async def test_the_first_check_is_reported_to_everybody_who_uses_the_provider(
    notifier: RecordingNotifier, clock: SetClock
) -> None:
    bench = Bench(notifier, clock)
    await bench.agent.step()
    update = ProviderHealthUpdate(
        provider_id=HALCYON.id,
        provider_name="Halcyon",
        is_healthy=True,
        health_score=Decimal("1.00"),
        average_latency_ms=100,
        checked_at=clock.now,
    )
    assert notifier.take() == [(AURORA, update), (HARBOR, update)]


async def test_a_provider_is_reported_only_where_it_is_used(notifier: RecordingNotifier, clock: SetClock) -> None:
    bench = Bench(notifier, clock, DEMO_DIRECTORY)
    await bench.agent.step()
    told = notifier.take()
    for organization in DEMO_DIRECTORY.organizations:
        named = {update.provider_id for to, update in told if to == organization.id and hasattr(update, "provider_id")}
        assert named == {provider.id for provider in organization.providers}


async def test_what_stays_the_same_is_not_told_again_too_soon(notifier: RecordingNotifier, clock: SetClock) -> None:
    bench = Bench(notifier, clock)
    assert len(await bench.steps(FAST, 8)) == 1
    assert len(await bench.steps(FAST, 8)) == 1


async def test_failures_make_a_provider_ill_and_answers_make_it_well(
    notifier: RecordingNotifier, clock: SetClock
) -> None:
    bench = Bench(notifier, clock)
    await bench.steps(FAST, 8)
    assert bench.agent.is_healthy(HALCYON)

    ill = await bench.steps(FAILED, 30)
    assert [update.is_healthy for update in ill][-1] is False
    assert ill[-1].health_score == 0
    assert ill[-1].average_latency_ms == 2000
    assert not bench.agent.is_healthy(HALCYON)

    well = await bench.steps(FAST, 8)
    assert [update.is_healthy for update in well][-1] is True
    assert bench.agent.is_healthy(HALCYON)


async def test_between_the_two_limits_health_does_not_change(notifier: RecordingNotifier, clock: SetClock) -> None:
    bench = Bench(notifier, clock)
    between = Probe(succeeded=True, latency_ms=330)
    assert all(update.is_healthy for update in await bench.steps(between, 8))
    await bench.steps(FAILED, 8)
    assert not any(update.is_healthy for update in await bench.steps(between, 20))


async def test_slow_answers_lower_the_score(notifier: RecordingNotifier, clock: SetClock) -> None:
    bench = Bench(notifier, clock)
    (update,) = await bench.steps(Probe(succeeded=True, latency_ms=240), 1)
    assert update.health_score == Decimal("0.75")
