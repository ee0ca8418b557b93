from __future__ import annotations

import asyncio

import pytest

from signalr_py.transports.ending import Ending
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
