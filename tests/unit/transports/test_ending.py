from __future__ import annotations

import asyncio

import pytest

from signalr_py.transports.ending import Ending, Flag
from tests.support.tasks import settle


async def test_whoever_waits_learns_of_it() -> None:
    ending = Ending()
    waiting = asyncio.create_task(ending.wait())
    await settle()
    assert not ending.has_happened
    assert not waiting.done()
    ending.happen()
    await waiting
    assert ending.has_happened


async def test_a_block_is_cut_when_it_happens() -> None:
    ending = Ending()

    async def work() -> None:
        async with ending.cut():
            await asyncio.get_running_loop().create_future()

    working = [asyncio.create_task(work()) for _ in range(2)]
    await settle()
    ending.happen()
    for task in working:
        with pytest.raises(TimeoutError):
            await task


async def test_a_block_is_cut_at_its_first_wait_when_it_has_happened() -> None:
    ending = Ending()
    ending.happen()
    with pytest.raises(TimeoutError):
        async with ending.cut():
            await asyncio.get_running_loop().create_future()


async def test_a_block_that_was_left_is_cut_no_more() -> None:
    ending = Ending()
    async with ending.cut():
        pass
    ending.happen()
    await settle()


async def test_a_flag_lets_go_of_those_who_wait_each_time_it_is_set() -> None:
    flag = Flag()
    for _ in range(2):
        waiting = [asyncio.create_task(flag.wait()) for _ in range(2)]
        await settle()
        assert not flag.is_set
        assert not any(task.done() for task in waiting)
        flag.set()
        flag.clear()
        await asyncio.gather(*waiting)


async def test_nobody_waits_for_a_flag_that_is_set() -> None:
    flag = Flag()
    flag.set()
    assert flag.is_set
    await flag.wait()


async def test_who_gives_up_waiting_for_a_flag_is_no_obstacle() -> None:
    flag = Flag()
    impatient, patient = asyncio.create_task(flag.wait()), asyncio.create_task(flag.wait())
    await settle()
    impatient.cancel()
    await settle()
    flag.set()
    await patient
    assert impatient.cancelled()
