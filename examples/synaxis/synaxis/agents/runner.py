"""Runs the steps of agents, each at its own pace, until cancelled."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

import anyio
from msgspec import Struct

__all__ = ["Job", "Sleep", "run_jobs"]

logger = logging.getLogger(__name__)

Sleep: TypeAlias = Callable[[float], Awaitable[None]]


class Job(Struct, frozen=True):
    """Something to do again and again.

    Attributes:
        name: What the log calls it.
        step: One round of the work.
        interval: Seconds between two rounds.
    """

    name: str
    step: Callable[[], Awaitable[None]]
    interval: float


async def run_jobs(jobs: Sequence[Job], *, sleep: Sleep = anyio.sleep) -> None:
    """Run every job until cancelled; a round that fails is logged, and the next one comes in its time."""
    async with anyio.create_task_group() as tasks:
        for job in jobs:
            tasks.start_soon(_run, job, sleep, name=job.name)


async def _run(job: Job, sleep: Sleep) -> None:
    while True:
        try:
            await job.step()
        except Exception:
            logger.exception("A round of %s failed; the next one is in %s s.", job.name, job.interval)
        await sleep(job.interval)
