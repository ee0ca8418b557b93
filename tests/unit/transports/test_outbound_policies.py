"""What a full queue does with each kind of message; the machine in `test_outbound_laws.py` tries all combinations."""

from __future__ import annotations

import asyncio
import tracemalloc

import pytest

from signalr_py.options import HttpConnectionOptions
from signalr_py.transports.outbound import OutboundQueue, QueueLimits
from signalr_py.types import MUST_ARRIVE, Delivery
from tests.support.tasks import settle

OLDEST, NEW, WAIT = Delivery("drop_oldest"), Delivery("drop_new"), Delivery("wait")
LIMITS = QueueLimits.of(HttpConnectionOptions(maximum_send_buffer_size=1_000, maximum_send_buffer_messages=4))


def keyed(key: str) -> Delivery:
    return Delivery("latest", key)


@pytest.fixture
def queue() -> OutboundQueue:
    return OutboundQueue(LIMITS)


def add(queue: OutboundQueue, *messages: tuple[bytes, Delivery]) -> None:
    for data, delivery in messages:
        assert queue.add(data, delivery)


def counts(queue: OutboundQueue) -> tuple[int, int, int, int]:
    """Return what was dropped: the oldest, new ones, replaced ones, and the bytes of all."""
    selection = queue.selection
    assert selection is not None
    return selection.dropped_oldest, selection.dropped_new, selection.replaced, selection.dropped_size


@pytest.mark.parametrize("delivery", [MUST_ARRIVE, WAIT])
def test_what_must_arrive_ends_the_connection_when_the_queue_is_full(queue: OutboundQueue, delivery: Delivery) -> None:
    add(queue, *[(b"x", delivery)] * 4)
    assert not queue.add(b"y", delivery)
    assert queue.take() == b"xxxx"
    assert queue.selection is None


def test_drop_oldest_keeps_the_newest(queue: OutboundQueue) -> None:
    add(queue, *[(bytes([letter]), OLDEST) for letter in b"abcdefg"])
    assert counts(queue) == (3, 0, 0, 3)
    assert queue.take() == b"defg"


def test_drop_oldest_drops_as_many_as_are_in_the_way(queue: OutboundQueue) -> None:
    add(queue, (b"a" * 300, OLDEST), (b"b" * 300, OLDEST), (b"c" * 500, OLDEST), (b"d", OLDEST))
    assert counts(queue) == (1, 0, 0, 300)
    assert queue.take() == b"b" * 300 + b"c" * 500 + b"d"


def test_drop_oldest_leaves_the_messages_of_other_policies_alone(queue: OutboundQueue) -> None:
    add(queue, (b"a", MUST_ARRIVE), (b"b", NEW), (b"c", keyed("k")), (b"d", OLDEST), (b"e", OLDEST))
    assert queue.take() == b"abce"
    add(queue, (b"a", MUST_ARRIVE), (b"b", NEW), (b"c", keyed("k")), (b"d", WAIT), (b"e", OLDEST))
    assert queue.take() == b"abcd"
    assert counts(queue) == (2, 0, 0, 2)


def test_drop_new_keeps_what_waits(queue: OutboundQueue) -> None:
    add(queue, *[(bytes([letter]), NEW) for letter in b"abcdefg"])
    assert counts(queue) == (0, 3, 0, 3)
    assert queue.take() == b"abcd"


def test_drop_new_does_not_drop_the_oldest(queue: OutboundQueue) -> None:
    add(queue, *[(b"a", OLDEST)] * 4, (b"b", NEW))
    assert queue.take() == b"aaaa"


def test_what_must_arrive_takes_the_place_of_the_oldest_and_then_of_the_newest(queue: OutboundQueue) -> None:
    add(queue, (b"a", NEW), (b"b", OLDEST), (b"c", NEW), (b"d", OLDEST))
    add(queue, (b"1", MUST_ARRIVE), (b"2", keyed("k")), (b"3", WAIT))
    assert counts(queue) == (2, 1, 0, 3)
    assert b"".join(queue.pop()[0] for _ in range(4)) == b"a123"


def test_latest_keeps_the_newest_of_each_key_although_there_is_room(queue: OutboundQueue) -> None:
    add(queue, (b"a1", keyed("a")), (b"b1", keyed("b")), (b"a2", keyed("a")), (b"b2", keyed("b")), (b"a3", keyed("a")))
    assert counts(queue) == (0, 0, 3, 6)
    assert (queue.count, queue.size) == (2, 4)
    assert queue.take() == b"a3b2"


def test_a_key_that_changes_all_the_time_keeps_its_place_in_front_of_other_keys(queue: OutboundQueue) -> None:
    add(queue, (b"a1", keyed("a")))
    for number in b"23456789":
        add(queue, (b"b" + bytes([number]), keyed("b")), (b"a" + bytes([number]), keyed("a")))
    assert queue.take(2) == b"a9"


@pytest.mark.parametrize("delivery", [MUST_ARRIVE, WAIT, OLDEST, NEW])
def test_a_message_with_a_key_overtakes_none_without(queue: OutboundQueue, delivery: Delivery) -> None:
    add(queue, (b"a1", keyed("a")), (b"clear", delivery), (b"a2", keyed("a")), (b"a3", keyed("a")))
    assert queue.take() == b"a1cleara3"


@pytest.mark.parametrize("delivery", [OLDEST, NEW])
def test_a_key_that_changes_all_the_time_is_not_put_off_for_ever(delivery: Delivery) -> None:
    queue = OutboundQueue(QueueLimits.of(HttpConnectionOptions(maximum_send_buffer_messages=20)))
    taken = b""
    for _ in range(200):
        add(queue, (b"-", delivery), (b"-", delivery), (b"a", keyed("a")))
        taken += queue.pop()[0]
    assert taken.count(b"a") >= 10
    assert taken.count(b"-") >= 100


def test_of_a_key_two_values_wait_at_most() -> None:
    queue = OutboundQueue(QueueLimits.of(HttpConnectionOptions()))
    for number in range(5):
        add(queue, (b"a%d" % number, keyed("a")), (b"-", MUST_ARRIVE))
    assert counts(queue) == (0, 0, 3, 6)
    assert queue.take() == b"a0----a4-"


def test_an_earlier_value_makes_room_behind_all_that_may_be_dropped(queue: OutboundQueue) -> None:
    add(queue, (b"a1", keyed("a")), (b"-", NEW), (b"a2", keyed("a")), (b"+", OLDEST))
    add(queue, (b"1", MUST_ARRIVE), (b"2", MUST_ARRIVE))
    assert counts(queue) == (1, 1, 0, 2)
    add(queue, (b"3", MUST_ARRIVE))
    assert counts(queue) == (1, 1, 1, 4)
    assert not queue.add(b"4")
    assert queue.take() == b"a2123"


def test_an_earlier_value_does_not_stay_in_a_queue_that_is_full_without_it(queue: OutboundQueue) -> None:
    add(queue, (b"a1", keyed("a")), *[(b"-", MUST_ARRIVE)] * 3, (b"a2", keyed("a")))
    assert counts(queue) == (0, 0, 1, 2)
    assert queue.take() == b"---a2"


def test_what_was_taken_is_not_replaced(queue: OutboundQueue) -> None:
    add(queue, (b"a1", keyed("a")), (b"x", MUST_ARRIVE))
    assert queue.take(2) == b"a1"
    add(queue, (b"a2", keyed("a")))
    assert queue.take() == b"xa2"
    assert counts(queue) == (0, 0, 0, 0)


def test_more_keys_than_the_limit_end_the_connection(queue: OutboundQueue) -> None:
    add(queue, *[(b"x", keyed(key)) for key in "abcd"])
    add(queue, (b"y", keyed("a")))
    assert not queue.add(b"x", keyed("e"))
    assert queue.take() == b"yxxx"


def test_a_value_that_grows_beyond_the_limit_ends_the_connection(queue: OutboundQueue) -> None:
    add(queue, (b"a", keyed("a")), (b"x" * 1_200, MUST_ARRIVE), (b"b", keyed("a")))
    assert not queue.add(b"grown", keyed("a"))
    assert queue.take() == b"x" * 1_200 + b"b"


async def test_waiting_senders_find_room_one_after_the_other(queue: OutboundQueue) -> None:
    async def send(data: bytes) -> None:
        await queue.drain()
        assert queue.add(data, WAIT)

    senders = [asyncio.create_task(send(bytes([letter]))) for letter in b"abcdefghij"]
    taken = b""
    while len(taken) < 10:
        await settle()
        assert queue.count <= LIMITS.many
        taken += queue.take()
    await asyncio.gather(*senders)
    assert sorted(taken) == sorted(b"abcdefghij")


async def test_a_call_comes_when_the_queue_is_drained(queue: OutboundQueue) -> None:
    called = asyncio.Event()
    add(queue, (b"a", MUST_ARRIVE), (b"b", MUST_ARRIVE))
    queue.when_drained(called.set)
    await settle()
    assert not called.is_set()
    queue.take()
    await called.wait()


@pytest.mark.parametrize("delivery", [OLDEST, keyed("k")])
def test_places_of_dropped_messages_do_not_pile_up(delivery: Delivery) -> None:
    queue = OutboundQueue(QueueLimits.of(HttpConnectionOptions(maximum_send_buffer_messages=40)))
    add(queue, *[(b"x", MUST_ARRIVE)] * 20)
    tracemalloc.start()
    try:
        for number in range(20_000):
            add(queue, (b"%d" % number, delivery))
            if delivery.key is not None:
                add(queue, (b"-", NEW))
        assert tracemalloc.get_traced_memory()[0] < 50_000
    finally:
        tracemalloc.stop()
    assert queue.count == 40


def test_an_empty_queue_keeps_nothing_but_itself(queue: OutboundQueue) -> None:
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        queues = [OutboundQueue(LIMITS) for _ in range(100)]
        for each in queues:
            each.add(b"x")
            each.take()
        assert (tracemalloc.get_traced_memory()[0] - before) / 100 < 150
    finally:
        tracemalloc.stop()
