from __future__ import annotations

import asyncio
import tracemalloc

import pytest

from signalr_py.options import HttpConnectionOptions
from signalr_py.transports.outbound import OutboundQueue, QueueLimits
from tests.support.tasks import settle

HIGH_WATER = 16
MAXIMUM_BYTES = 40
MAXIMUM_MESSAGES = 12
OPTIONS = HttpConnectionOptions(
    transport_max_buffer_size=HIGH_WATER,
    maximum_send_buffer_size=MAXIMUM_BYTES,
    maximum_send_buffer_messages=MAXIMUM_MESSAGES,
)


@pytest.fixture
def queue() -> OutboundQueue:
    return OutboundQueue(QueueLimits.of(OPTIONS))


def test_taking_from_an_empty_queue_gives_nothing(queue: OutboundQueue) -> None:
    assert queue.take() == b""
    assert queue.take(10) == b""


def test_one_write_is_taken_as_it_is(queue: OutboundQueue) -> None:
    data = b"one write, larger than the frame"
    queue.add(data)
    assert queue.take(5) is data


def test_one_write_of_any_size_fits_an_empty_queue(queue: OutboundQueue) -> None:
    assert not queue.is_full
    queue.add(b"x" * (MAXIMUM_BYTES + 1))
    assert queue.is_full


def test_the_limit_of_bytes_is_reached_when_so_many_wait(queue: OutboundQueue) -> None:
    queue.add(b"x" * (MAXIMUM_BYTES - 1))
    assert not queue.is_full
    queue.add(b"x")
    assert queue.is_full


async def test_a_reader_is_woken_by_the_first_write_and_finds_them_all(queue: OutboundQueue) -> None:
    waiting = asyncio.create_task(queue.wait())
    await settle()
    queue.add(b"a")
    queue.add(b"b")
    await waiting
    assert queue.take() == b"ab"


async def test_those_who_drain_wait_for_half_of_the_high_water_mark(queue: OutboundQueue) -> None:
    for _ in range(4):
        queue.add(b"four")
    draining = asyncio.create_task(queue.drain())
    await settle()
    queue.take(4)
    await settle()
    assert not draining.done()
    queue.take(4)
    await draining


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (HttpConnectionOptions(transport_max_buffer_size=0, maximum_send_buffer_size=8), 4),
        (HttpConnectionOptions(transport_max_buffer_size=100, maximum_send_buffer_size=8), 4),
        (HttpConnectionOptions(transport_max_buffer_size=100, maximum_send_buffer_messages=8), 4),
        (HttpConnectionOptions(maximum_send_buffer_size=1), 1),
        (HttpConnectionOptions(maximum_send_buffer_messages=1), 1),
    ],
)
async def test_senders_are_held_back_before_the_connection_ends(options: HttpConnectionOptions, expected: int) -> None:
    queue = OutboundQueue(QueueLimits.of(options))
    sent = 0
    while queue.keeps_up:
        assert not queue.is_full
        queue.add(b"x")
        sent += 1
    assert sent == expected
    draining = asyncio.create_task(queue.drain())
    await settle()
    queue.take()
    await draining
    assert queue.keeps_up


async def test_the_end_frees_everybody(queue: OutboundQueue) -> None:
    reading = asyncio.create_task(queue.wait())
    await settle()
    queue.add(b"x" * HIGH_WATER)
    draining = asyncio.create_task(queue.drain())
    await settle()
    queue.end()
    await asyncio.gather(reading, draining)
    assert queue.take() == b"x" * HIGH_WATER


async def test_who_gave_up_draining_is_no_obstacle(queue: OutboundQueue) -> None:
    queue.add(b"x" * HIGH_WATER)
    impatient, patient = asyncio.create_task(queue.drain()), asyncio.create_task(queue.drain())
    await settle()
    impatient.cancel()
    await settle()
    queue.take()
    await patient
    assert impatient.cancelled()


async def test_those_who_give_up_waiting_leave_nothing_behind(queue: OutboundQueue) -> None:
    queue.add(b"x" * HIGH_WATER)
    tracemalloc.start()
    try:
        for _ in range(2_000):
            draining = asyncio.create_task(queue.drain())
            await asyncio.sleep(0)
            draining.cancel()
            await asyncio.wait([draining])
        assert tracemalloc.get_traced_memory()[0] < 50_000
    finally:
        tracemalloc.stop()
