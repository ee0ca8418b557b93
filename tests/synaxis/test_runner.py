from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import anyio

from synaxis.agents import Job, run_jobs

if TYPE_CHECKING:
    import pytest


class SetSleep:
    """Returns at once, and ends the jobs after some naps."""

    def __init__(self, naps: int) -> None:
        self.naps: list[float] = []
        self.scope = anyio.CancelScope()
        self._most = naps

    async def __call__(self, seconds: float) -> None:
        self.naps.append(seconds)
        if len(self.naps) == self._most:
            self.scope.cancel()
        await anyio.lowlevel.checkpoint()


async def run(*jobs: Job, naps: int) -> SetSleep:
    sleep = SetSleep(naps)
    with sleep.scope:
        await run_jobs(jobs, sleep=sleep)
    return sleep


async def test_a_job_works_and_rests_in_turn() -> None:
    rounds: list[int] = []

    async def step() -> None:
        rounds.append(len(rounds))

    sleep = await run(Job("counting", step, 2.5), naps=3)
    assert rounds == [0, 1, 2]
    assert sleep.naps == [2.5] * 3


async def test_a_round_that_fails_is_logged_and_the_next_one_comes(caplog: pytest.LogCaptureFixture) -> None:
    rounds = 0

    async def step() -> None:
        nonlocal rounds
        rounds += 1
        if rounds == 1:
            raise ConnectionError("the provider is away")

    await run(Job("probing", step, 3), naps=2)
    assert rounds == 2
    (record,) = caplog.records
    assert (record.levelno, record.getMessage()) == (
        logging.ERROR,
        "A round of probing failed; the next one is in 3 s.",
    )


async def test_jobs_do_not_wait_for_each_other() -> None:
    done = anyio.Event()

    async def waits() -> None:
        await done.wait()

    async def ends() -> None:
        done.set()

    sleep = await run(Job("waiting", waits, 1), Job("ending", ends, 2), naps=2)
    assert sorted(sleep.naps) == [1, 2]
