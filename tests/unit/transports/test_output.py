"""What a connection does with messages that may be dropped, and what it counts."""

from __future__ import annotations

import asyncio
import time
import tracemalloc
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalr_py.options import HttpConnectionOptions
from signalr_py.transports.connection import TransportConnection
from signalr_py.transports.stateful import StatefulConnection
from signalr_py.types import MUST_ARRIVE, Delivery, TransportType
from tests.support.connections import ConnectionSite
from tests.support.handlers import Handlers
from tests.support.tasks import settle

if TYPE_CHECKING:
    from signalr_py.transports.base import ConnectionStatistics
    from signalr_py.types import ConnectionId

OPTIONS = HttpConnectionOptions(maximum_send_buffer_messages=4, maximum_send_buffer_size=1_000)
OLDEST, NEW, WAIT = Delivery("drop_oldest"), Delivery("drop_new"), Delivery("wait")
DELIVERIES = [MUST_ARRIVE, WAIT, OLDEST, NEW, Delivery("latest", "a"), Delivery("latest", "b")]
MOST_PER_CONNECTION = 800
"""Bytes; it takes 650 on CPython 3.13."""


def site(*, is_free: bool = False) -> ConnectionSite:
    found = ConnectionSite(OPTIONS)
    found.choose(TransportType.WEB_SOCKETS)
    found.attach(is_free=is_free)
    return found


@pytest.mark.parametrize("delivery", DELIVERIES)
def test_a_message_goes_straight_to_a_transport_that_is_free(delivery: Delivery) -> None:
    idle = site(is_free=True)
    for _ in range(10):
        assert idle.connection.write(b"ab", delivery)
    statistics = idle.connection.statistics()
    assert (statistics.messages_sent, statistics.bytes_sent, statistics.messages_waiting) == (10, 20, 0)
    assert idle.connection.outbound.selection is None


@pytest.mark.parametrize("delivery", [OLDEST, NEW, Delivery("latest", "a")])
def test_who_writes_what_may_be_dropped_need_not_wait(delivery: Delivery) -> None:
    busy = site()
    for _ in range(10):
        assert busy.connection.write(b"x" * 500, delivery)
    assert busy.handler.overflows == 0


@pytest.mark.parametrize("delivery", [MUST_ARRIVE, WAIT, Delivery("latest", "b")])
def test_too_much_that_must_not_be_dropped_ends_the_connection(delivery: Delivery) -> None:
    busy = site()
    for key in "cdef":
        busy.connection.write(b"x", Delivery("latest", key))
    assert busy.handler.overflows == 0
    busy.connection.write(b"x", delivery)
    assert busy.handler.overflows == 1


def test_what_is_dropped_is_counted_by_policy() -> None:
    busy = site()
    for data, delivery in [(b"a1", Delivery("latest", "a")), (b"a2", Delivery("latest", "a")), (b"1", OLDEST)]:
        busy.connection.write(data, delivery)
    for data in (b"2", b"3", b"4", b"5"):
        busy.connection.write(data, OLDEST)
    busy.connection.write(b"6", NEW)
    statistics = busy.connection.statistics()
    assert statistics.messages_replaced == 1
    assert statistics.messages_dropped_oldest == 2
    assert statistics.messages_dropped_new == 1
    assert (statistics.messages_sent, statistics.bytes_sent) == (4, 5)
    assert (statistics.messages_waiting, statistics.bytes_waiting) == (4, 5)
    assert busy.connection.outbound.take() == b"a2345"


@given(st.lists(st.tuples(st.sampled_from(DELIVERIES[2:]), st.integers(1, 3), st.booleans()), max_size=40))
def test_the_counts_add_up(steps: list[tuple[Delivery, int, bool]]) -> None:
    asyncio.run(count(steps))


async def count(steps: list[tuple[Delivery, int, bool]]) -> None:
    busy = site()
    connection = busy.connection
    taken = written = 0
    for delivery, size, takes in steps:
        connection.write(b"x" * size, delivery)
        written += 1
        if takes:
            taken += len(connection.outbound.take(3))
    statistics = connection.statistics()
    assert statistics.messages_sent + lost(statistics) == written
    assert statistics.bytes_sent == taken + statistics.bytes_waiting
    assert statistics.bytes_waiting == connection.outbound.size
    assert statistics.messages_waiting == connection.outbound.count


def lost(statistics: ConnectionStatistics) -> int:
    return statistics.messages_dropped_oldest + statistics.messages_dropped_new + statistics.messages_replaced


def test_what_the_hub_holds_back_counts_as_waiting() -> None:
    connection = site(is_free=True).connection
    connection.write(b"sent")
    held = connection.hold_back()
    assert connection.hold_back() is held
    for data in (b"ab", b"c", b"d", b"e", b"f"):
        held.add(data, OLDEST)
    statistics = connection.statistics()
    assert (statistics.messages_sent, statistics.bytes_sent) == (5, 8)
    assert (statistics.messages_waiting, statistics.bytes_waiting) == (4, 4)
    assert statistics.messages_dropped_oldest == 1


async def test_a_connection_tells_when_it_is_drained() -> None:
    busy = site()
    called = asyncio.Event()
    for _ in range(2):
        busy.connection.write(b"x")
    assert not busy.connection.keeps_up
    busy.connection.when_drained(called.set)
    await settle()
    assert not called.is_set()
    busy.connection.outbound.take()
    assert busy.connection.keeps_up
    await called.wait()


@pytest.mark.parametrize("delivery", DELIVERIES)
def test_what_an_ended_connection_is_given_is_dropped_and_not_counted(delivery: Delivery) -> None:
    over = site(is_free=True)
    over.connection.end_of_input()
    assert over.connection.write(b"x", delivery)
    assert over.connection.statistics().messages_sent == 0
    assert not over.connection.outbound


@pytest.mark.parametrize("kind", [TransportConnection, StatefulConnection])
def test_a_connection_takes_little_memory(kind: type[TransportConnection]) -> None:
    handlers = Handlers()

    def forget(connection_id: ConnectionId) -> None:
        del connection_id

    def connect(_: object = None) -> TransportConnection:
        return kind(
            "id",
            b"fingerprint",
            options=OPTIONS,
            clock=time.monotonic,
            create_handler=handlers,
            established=forget,
        )

    connect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        connections = list(map(connect, range(100)))
        assert (tracemalloc.get_traced_memory()[0] - before) / 100 < MOST_PER_CONNECTION
    finally:
        tracemalloc.stop()
    assert not hasattr(connections[0], "__dict__")
