from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec
import pytest

from synaxis.agents import CostOptimizationAgent
from synaxis.directory import DEMO_DIRECTORY
from synaxis.domain import Provider, Workload
from synaxis.updates import CostOptimizationUpdate
from tests.synaxis.samples import AURORA

if TYPE_CHECKING:
    from uuid import UUID

    from tests.synaxis.recording import RecordingNotifier, SetClock

AURORA_LABS = DEMO_DIRECTORY.organizations[0]
NORTHLIGHT, COBALT, HALCYON, TESSERA, QUILLON, _ = DEMO_DIRECTORY.providers
ONE_ORGANIZATION = msgspec.structs.replace(DEMO_DIRECTORY, organizations=(AURORA_LABS,))


class SetPrices:
    """Asks two dollars for everything but what the test sets."""

    def __init__(self) -> None:
        self.set: dict[tuple[Provider, Workload], str] = {}

    async def price(self, provider: Provider, workload: Workload) -> Decimal:
        return Decimal(self.set.get((provider, workload), "2.00"))


class SetTrail:
    def __init__(self) -> None:
        self.entries: list[tuple[UUID, str, str, str]] = []

    async def record(self, organization_id: UUID, *, action: str, entity_type: str, performed_by: str) -> None:
        self.entries.append((organization_id, action, entity_type, performed_by))


class Bench:
    def __init__(self, notifier: RecordingNotifier, clock: SetClock) -> None:
        self.prices = SetPrices()
        self.ill: set[Provider] = set()
        self.trail = SetTrail()
        self.agent = CostOptimizationAgent(
            ONE_ORGANIZATION,
            self.prices,
            lambda provider: provider not in self.ill,
            notifier,
            self.trail,
            clock=clock,
        )


@pytest.fixture
def bench(notifier: RecordingNotifier, clock: SetClock) -> Bench:
    return Bench(notifier, clock)


async def test_traffic_moves_to_a_cheaper_provider(bench: Bench, notifier: RecordingNotifier, clock: SetClock) -> None:
    bench.prices.set[COBALT, Workload.CHAT] = "1.25"
    await bench.agent.step()
    update = CostOptimizationUpdate(
        organization_id=AURORA,
        from_provider="Northlight",
        to_provider="Cobalt",
        reason="Chat tokens cost 38% less at Cobalt",
        savings_per_1m_tokens=Decimal("0.75"),
        applied_at=clock.now,
    )
    assert notifier.take() == [(AURORA, update)]
    assert bench.agent.route(AURORA_LABS, Workload.CHAT) == COBALT
    assert bench.agent.route(AURORA_LABS, Workload.CODE) == NORTHLIGHT
    assert bench.trail.entries == [(AURORA, "route.changed", "Route", "cost-optimization")]
    await bench.agent.step()
    assert notifier.take() == []


async def test_the_best_saving_goes_first_and_one_at_a_time(bench: Bench, notifier: RecordingNotifier) -> None:
    bench.prices.set = {
        (COBALT, Workload.CHAT): "1.50",
        (TESSERA, Workload.CODE): "1.00",
        (HALCYON, Workload.CODE): "1.40",
    }
    moves = []
    for _ in range(3):
        await bench.agent.step()
        moves.append(
            [update.to_provider for _, update in notifier.take() if isinstance(update, CostOptimizationUpdate)]
        )
    assert moves == [["Tessera"], ["Cobalt"], []]


@pytest.mark.parametrize(("price", "moves"), [("1.91", 0), ("1.90", 1)])
async def test_a_small_saving_is_not_worth_it(
    price: str, moves: int, bench: Bench, notifier: RecordingNotifier
) -> None:
    bench.prices.set[COBALT, Workload.CHAT] = price
    await bench.agent.step()
    assert len(notifier.take()) == moves


async def test_a_provider_that_is_ill_or_not_ours_is_not_considered(bench: Bench, notifier: RecordingNotifier) -> None:
    bench.prices.set = {(COBALT, Workload.CHAT): "1.00", (QUILLON, Workload.CHAT): "0.10"}
    bench.ill.add(COBALT)
    await bench.agent.step()
    assert notifier.take() == []
    bench.ill.clear()
    await bench.agent.step()
    assert bench.agent.route(AURORA_LABS, Workload.CHAT) == COBALT
