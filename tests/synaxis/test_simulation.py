from __future__ import annotations

import heapq
from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from synaxis.background import simulated_jobs
from synaxis.directory import DEMO_DIRECTORY
from synaxis.updates import (
    AuditEventUpdate,
    CostOptimizationUpdate,
    ModelDiscoveryUpdate,
    ProviderHealthUpdate,
    SecurityAlertUpdate,
)
from tests.synaxis.recording import RecordingNotifier, SetClock
from tests.synaxis.samples import AURORA, HARBOR

if TYPE_CHECKING:
    from uuid import UUID

    from synaxis.updates import Update

KINDS = (
    ProviderHealthUpdate,
    CostOptimizationUpdate,
    ModelDiscoveryUpdate,
    SecurityAlertUpdate,
    AuditEventUpdate,
)


async def history(seed: int, seconds: float) -> list[tuple[float, UUID, Update]]:
    """Return what organizations are told, and when, as time goes by as fast as the machine can."""
    notifier, clock = RecordingNotifier(), SetClock()
    jobs = simulated_jobs(DEMO_DIRECTORY, notifier, seed=seed, clock=clock)
    start, now = clock.now, 0.0
    due = [(0.0, number) for number in range(len(jobs))]
    told: list[tuple[float, UUID, Update]] = []
    while due[0][0] <= seconds:
        now, number = due[0]
        clock.move(now - (clock.now - start).total_seconds())
        await jobs[number].step()
        heapq.heapreplace(due, (now + jobs[number].interval, number))
        told += [(now, *what) for what in notifier.take()]
    return told


@pytest.mark.parametrize("seed", range(12))
async def test_every_kind_reaches_every_organization_within_a_minute(seed: int) -> None:
    length = 600.0
    times = defaultdict(list)
    for moment, organization_id, update in await history(seed, length):
        times[organization_id, type(update)].append(moment)
    for organization_id in (AURORA, HARBOR):
        for kind in KINDS:
            moments = [0.0, *times[organization_id, kind], length]
            assert max(later - earlier for earlier, later in pairwise(moments)) < 60


async def test_providers_fall_ill_and_recover() -> None:
    told = [update for _, _, update in await history(1, 1200) if isinstance(update, ProviderHealthUpdate)]
    states = [update.is_healthy for update in told]
    assert True in states[states.index(False) :]


async def test_the_same_seed_has_the_same_history() -> None:
    def known(told: list[tuple[float, UUID, Update]]) -> list[tuple[float, UUID, Update]]:
        return [what for what in told if not isinstance(what[2], AuditEventUpdate)]

    first, second, other = await history(3, 120), await history(3, 120), await history(4, 120)
    assert known(first) == known(second)
    assert known(first) != known(other)
