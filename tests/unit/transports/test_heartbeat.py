from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import pytest

from signalr_py.transports.heartbeat import Heartbeat
from tests.support.clock import ManualClock
from tests.support.waiting import Changes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

INTERVAL = 0.001


class Ticked:
    """Counts its ticks, and may fail in each."""

    def __init__(self, error: Exception | None = None) -> None:
        self.times: list[float] = []
        self._error = error
        self._changes = Changes()

    def tick(self, now: float) -> Iterator[None]:
        self.times.append(now)
        self._changes.note()
        if self._error is not None:
            raise self._error
        yield

    async def ticked(self, number: int) -> None:
        await self._changes.until(lambda: len(self.times) >= number)


@pytest.fixture
async def heartbeat() -> AsyncIterator[Heartbeat]:
    heartbeat = Heartbeat(INTERVAL, ManualClock(42.0))
    yield heartbeat
    await heartbeat.stop()


async def test_everything_that_was_added_is_ticked_again_and_again(heartbeat: Heartbeat) -> None:
    first, second = Ticked(), Ticked()
    heartbeat.add(first)
    heartbeat.start()
    await first.ticked(2)
    heartbeat.add(second)
    await second.ticked(2)
    assert set(first.times) == {42.0}


async def test_one_failing_tick_does_not_stop_the_others(
    heartbeat: Heartbeat, caplog: pytest.LogCaptureFixture
) -> None:
    broken, sound = Ticked(ValueError("a bug")), Ticked()
    heartbeat.add(broken)
    heartbeat.add(sound)
    heartbeat.start()
    await sound.ticked(3)
    assert len(broken.times) >= 3
    assert heartbeat.is_running
    assert {record.levelno for record in caplog.records} == {logging.ERROR}
    assert "A heartbeat failed." in caplog.text


async def test_others_have_their_turn_between_the_steps_of_a_tick(heartbeat: Heartbeat) -> None:
    order: list[str] = []
    done = asyncio.Event()

    class InSteps:
        def tick(self, _: float) -> Iterator[None]:
            asyncio.get_running_loop().call_soon(order.append, "other")
            yield
            order.append("step")
            yield
            done.set()

    heartbeat.add(InSteps())
    heartbeat.start()
    await done.wait()
    assert order[:2] == ["other", "step"]


async def test_starting_twice_keeps_one_task(heartbeat: Heartbeat) -> None:
    before = asyncio.all_tasks()
    heartbeat.start()
    heartbeat.start()
    (task,) = asyncio.all_tasks() - before
    assert task.get_name() == "signalr_py heartbeat"


async def test_it_stops_and_starts_again(heartbeat: Heartbeat) -> None:
    ticked = Ticked()
    heartbeat.add(ticked)
    assert not heartbeat.is_running
    heartbeat.start()
    assert heartbeat.is_running
    await heartbeat.stop()
    assert not heartbeat.is_running
    await heartbeat.stop()
    heartbeat.start()
    await ticked.ticked(1)


def test_it_starts_again_on_another_loop_after_the_first_is_closed() -> None:
    heartbeat = Heartbeat(INTERVAL)
    ticked = Ticked()
    heartbeat.add(ticked)

    async def run(number: int) -> None:
        assert not heartbeat.is_running
        heartbeat.start()
        assert heartbeat.is_running
        await ticked.ticked(number)

    asyncio.run(run(1))
    asyncio.run(run(len(ticked.times) + 1))

    async def stop() -> None:
        await heartbeat.stop()

    asyncio.run(stop())


def test_stopping_on_another_loop_does_not_wait_for_the_first() -> None:
    heartbeat = Heartbeat(INTERVAL)

    async def start() -> None:
        heartbeat.start()

    async def stop() -> None:
        async with asyncio.timeout(5):
            await heartbeat.stop()
        assert not heartbeat.is_running

    with asyncio.Runner() as first:
        first.run(start())
        asyncio.run(stop())
