"""Who waits for a client that may come back, for how long, and who does not."""

from __future__ import annotations

import asyncio
import contextlib
import tracemalloc
from typing import TYPE_CHECKING

from signalr_py.exceptions import ClientTimeoutError
from signalr_py.protocol.messages import (
    AckMessage,
)
from signalr_py.transports.base import SendLimits
from tests.support.handlers import RecordingHandler
from tests.support.reconnection import Site
from tests.support.tasks import settle

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from signalr_py.hub.reconnection import Reconnection


@contextlib.asynccontextmanager
async def held_up(reconnection: Reconnection) -> AsyncIterator[None]:
    """Let somebody wait for the client."""
    waiting = asyncio.create_task(reconnection.drain())
    await settle()
    assert not waiting.done()
    try:
        yield
    finally:
        waiting.cancel()
        await asyncio.wait([waiting])


async def test_whoever_waits_for_a_full_buffer_goes_on_when_it_is_below_its_limit() -> None:
    site = Site()
    for data in (b"x", b"y" * 9, b"z"):
        site.reconnection.write(data)
    waiting = [asyncio.create_task(site.reconnection.drain()) for _ in range(2)]
    await settle()
    site.reconnection.receive(AckMessage(0))
    await settle()
    assert not any(task.done() for task in waiting)
    site.reconnection.receive(AckMessage(1))
    await settle()
    assert not any(task.done() for task in waiting), "ten bytes are the limit, and not below it"
    site.reconnection.receive(AckMessage(2))
    await asyncio.gather(*waiting)


async def test_nobody_waits_for_a_buffer_that_is_not_full() -> None:
    site = Site()
    site.reconnection.write(b"x" * 10)
    await site.reconnection.drain()


async def test_whoever_waits_waits_for_the_socket_first() -> None:
    site = Site()
    site.duplex.is_slow = True
    waiting = asyncio.create_task(site.reconnection.drain())
    await settle()
    assert not waiting.done()
    site.duplex.catch_up()
    await waiting


async def test_somebody_who_has_given_up_waiting_is_forgotten() -> None:
    site = Site()
    site.reconnection.write(b"x" * 11)
    gone, waiting = (asyncio.create_task(site.reconnection.drain()) for _ in range(2))
    await settle()
    gone.cancel()
    await settle()
    site.reconnection.receive(AckMessage(1))
    await waiting


async def test_those_who_give_up_waiting_leave_nothing_behind() -> None:
    site = Site()
    site.reconnection.write(b"x" * 11)
    tracemalloc.start()
    try:
        for _ in range(2_000):
            async with held_up(site.reconnection):
                pass
        assert tracemalloc.get_traced_memory()[0] < 50_000
    finally:
        tracemalloc.stop()


async def test_nobody_waits_while_acknowledgements_are_not_seen() -> None:
    site = Site()
    site.reconnection.write(b"x" * 11)
    waiting = asyncio.create_task(site.reconnection.drain())
    await settle()
    site.reconnection.pause_reading()
    await waiting
    assert not site.duplex.is_reading
    await site.reconnection.drain()
    site.duplex.connect(RecordingHandler(site.duplex))
    site.reconnection.resume_reading()
    assert site.duplex.is_reading
    waiting = asyncio.create_task(site.reconnection.drain())
    await settle()
    assert not waiting.done()
    site.reconnection.end()
    await waiting


async def test_a_stream_waits_for_reading_when_half_of_what_ends_the_connection_is_kept() -> None:
    site = Site()
    site.duplex.send_limits = SendLimits(40, 100)
    site.duplex.connect(RecordingHandler(site.duplex))
    site.reconnection.write(b"x" * 19)
    site.reconnection.pause_reading()
    await site.reconnection.drain_unseen()
    site.reconnection.write(b"y")
    for let_go in (site.reconnection.pause_reading, site.reconnection.resume_reading, site.reconnection.end):
        site.reconnection.pause_reading()
        waiting = asyncio.create_task(site.reconnection.drain_unseen())
        await settle()
        assert not waiting.done()
        let_go()
        await waiting
    await site.reconnection.drain_unseen()


async def test_a_stream_does_not_wait_here_while_acknowledgements_are_seen() -> None:
    site = Site()
    site.duplex.send_limits = SendLimits(40, 100)
    site.reconnection.write(b"x" * 30)
    await site.reconnection.drain_unseen()


async def test_nobody_waits_for_a_connection_that_ends() -> None:
    site = Site()
    site.reconnection.write(b"x" * 11)
    waiting = asyncio.create_task(site.reconnection.drain())
    await settle()
    site.reconnection.end()
    await waiting
    await site.reconnection.drain()
    assert not site.duplex.is_resumable


async def test_a_client_that_holds_up_a_sender_for_five_seconds_is_given_up() -> None:
    site = Site()
    site.reconnection.write(b"x" * 11)
    site.reconnection.tick(94)
    async with held_up(site.reconnection):
        site.reconnection.tick(100)
        site.reconnection.tick(104.9)
        assert not site.failures
        site.reconnection.tick(105)
        (failure,) = site.failures
    assert isinstance(failure, ClientTimeoutError)
    assert str(failure) == (
        "The client has acknowledged nothing for 5 seconds, and 11 bytes wait for that; "
        "the limit is HubOptions(stateful_reconnect_buffer_size=10)."
    )


async def test_a_client_that_holds_up_nobody_has_fifteen_seconds() -> None:
    site = Site()
    site.reconnection.write(b"x" * 11)
    async with held_up(site.reconnection):
        pass
    site.reconnection.tick(100)
    site.reconnection.tick(114.9)
    assert not site.failures
    site.reconnection.tick(115)
    (failure,) = site.failures
    assert str(failure).startswith("The client has acknowledged nothing for 15 seconds")


async def test_a_client_that_is_away_may_leave_a_full_buffer_alone_but_hold_up_nobody() -> None:
    site = Site()
    site.reconnection.write(b"x" * 11)
    site.duplex.is_suspended = True
    site.reconnection.tick(100)
    site.reconnection.tick(200)
    assert not site.failures
    async with held_up(site.reconnection):
        site.reconnection.tick(201)
        site.reconnection.tick(205.9)
        assert not site.failures
        site.reconnection.tick(206)
        assert len(site.failures) == 1


async def test_a_client_that_frees_some_of_a_full_buffer_has_five_seconds_more() -> None:
    site = Site()
    site.reconnection.write(b"x" * 11)
    async with held_up(site.reconnection):
        for number in range(4):
            site.reconnection.write(b"x" * 11)
            site.reconnection.tick(100 + 4 * number)
            site.reconnection.receive(AckMessage(number + 1))
    assert not site.failures


async def test_an_old_acknowledgement_frees_nothing() -> None:
    site = Site()
    site.reconnection.write(b"x" * 11)
    async with held_up(site.reconnection):
        site.reconnection.tick(100)
        site.reconnection.receive(AckMessage(0))
        site.reconnection.tick(105)
    assert len(site.failures) == 1


async def test_a_client_that_comes_back_has_five_seconds_more() -> None:
    site = Site()
    site.reconnection.write(b"x" * 11)
    async with held_up(site.reconnection):
        site.reconnection.tick(100)
        site.reconnection.reconnected()
        site.reconnection.tick(105)
    assert not site.failures


def test_time_does_not_count_while_acknowledgements_are_not_seen() -> None:
    site = Site()
    site.reconnection.write(b"x" * 11)
    site.reconnection.tick(100)
    site.reconnection.pause_reading()
    site.reconnection.tick(200)
    assert not site.failures


def test_a_buffer_that_is_not_full_may_be_left_alone() -> None:
    site = Site()
    site.reconnection.write(b"x" * 10)
    site.reconnection.tick(100)
    site.reconnection.tick(200)
    assert not site.failures
