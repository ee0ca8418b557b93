from __future__ import annotations

import asyncio

import pytest

from signalr_py.transports.reading import ReadingGate
from tests.support.tasks import settle


async def test_it_closes_when_too_much_comes_while_it_is_paused() -> None:
    gate = ReadingGate(10)
    gate.count(9)
    assert gate.is_open
    await gate.wait()
    gate.count(1)
    assert not gate.is_open
    waiting = asyncio.create_task(gate.wait())
    await settle()
    assert not waiting.done()
    gate.resume()
    await waiting


def test_nothing_is_counted_while_it_is_not_paused() -> None:
    gate = ReadingGate(10)
    gate.resume()
    gate.count(100)
    assert gate.is_open
    gate.pause()
    gate.count(9)
    assert gate.is_open
    gate.count(1)
    assert not gate.is_open


def test_it_can_be_without_a_limit() -> None:
    gate = ReadingGate(0)
    gate.count(1_000_000)
    assert gate.is_open


@pytest.mark.parametrize("opening", ["resume", "release"])
async def test_everybody_who_waits_goes_on(opening: str) -> None:
    gate = ReadingGate(1)
    gate.count(1)
    waiting = [asyncio.create_task(gate.wait()) for _ in range(2)]
    await settle()
    getattr(gate, opening)()
    await asyncio.gather(*waiting)
    assert gate.is_open


async def test_whoever_waits_goes_on_waiting_when_it_closes_again_at_once() -> None:
    gate = ReadingGate(1)
    gate.count(1)
    waiting = asyncio.create_task(gate.wait())
    await settle()
    gate.release()
    gate.count(1)
    await settle()
    assert not waiting.done()
    gate.release()
    await waiting
