"""A client that may come back and does not keep up: what is dropped was never numbered."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from signalr_py.protocol.messages import AckMessage
from signalr_py.transports.base import SendLimits
from signalr_py.types import MUST_ARRIVE, Delivery
from tests.support.reconnection import Site, sequence
from tests.support.tasks import settle

if TYPE_CHECKING:
    from collections.abc import Iterable

OLDEST, NEW = Delivery("drop_oldest"), Delivery("drop_new")
LIMITS = SendLimits(1_000, 4)


def keyed(key: str) -> Delivery:
    return Delivery("latest", key)


def site(*, is_slow: bool = False, is_away: bool = False) -> Site:
    found = Site()
    found.duplex.send_limits = LIMITS
    found.duplex.is_slow = is_slow
    if is_away:
        found.duplex.lose()
    return found


def write(site: Site, messages: Iterable[tuple[bytes, Delivery]]) -> list[bool]:
    return [site.reconnection.write(data, delivery) for data, delivery in messages]


def numbered(site: Site) -> bytes:
    """Return what would be repeated: everything that has a number."""
    site.duplex.writes.clear()
    site.reconnection.reconnected()
    return site.written.removeprefix(sequence(1))


def test_what_may_be_dropped_is_written_at_once_while_the_client_keeps_up() -> None:
    here = site()
    assert write(here, [(b"a", OLDEST), (b"b", NEW), (b"c", keyed("k")), (b"d", MUST_ARRIVE)]) == [True] * 4
    assert here.written == b"abcd"
    assert set(here.duplex.deliveries) == {MUST_ARRIVE}
    assert numbered(here) == b"abcd"


async def test_a_blocked_socket_holds_back_what_may_be_dropped_and_all_behind_it() -> None:
    blocked = site(is_slow=True)
    messages = [(b"1", MUST_ARRIVE), (b"a", keyed("k")), (b"2", MUST_ARRIVE), (b"b", OLDEST), (b"c", keyed("k"))]
    assert write(blocked, messages) == [False, True, False, True, True]
    assert blocked.written == b"1"
    assert numbered(blocked) == b"1"
    blocked.duplex.writes.clear()
    blocked.duplex.catch_up()
    await settle()
    assert blocked.written == b"a2bc"
    assert numbered(blocked) == b"1a2bc"


@pytest.mark.parametrize(
    ("delivery", "left"), [(OLDEST, b"defg"), (NEW, b"abcd"), (keyed("k"), b"g")], ids=["oldest", "new", "latest"]
)
def test_a_client_that_is_back_gets_what_the_policy_has_left(delivery: Delivery, left: bytes) -> None:
    away = site(is_away=True)
    write(away, [(bytes([letter]), delivery) for letter in b"abcdefg"])
    assert away.written == b""
    away.duplex.is_suspended = False
    away.reconnection.reconnected()
    assert away.written == sequence(1) + left
    assert numbered(away) == left


def test_what_has_a_number_comes_in_front_of_what_has_none() -> None:
    away = site()
    write(away, [(b"1", MUST_ARRIVE), (b"2", OLDEST)])
    away.duplex.lose()
    write(away, [(b"3", MUST_ARRIVE), (b"4", OLDEST), (b"5", MUST_ARRIVE)])
    away.duplex.writes.clear()
    away.duplex.is_suspended = False
    away.reconnection.reconnected()
    assert away.written == sequence(1) + b"123" + b"45"


def test_what_is_not_acknowledged_holds_back_what_may_be_dropped_at_half_of_the_limit() -> None:
    here = site()
    here.duplex.send_limits = SendLimits(20, 100)
    write(here, [(b"x" * 10, OLDEST), (b"y", OLDEST), (b"z" * 30, OLDEST)])
    assert here.written == b"x" * 10
    here.reconnection.receive(AckMessage(1))
    assert here.written == b"x" * 10 + b"y" + b"z" * 30


def test_the_smallest_limit_holds_back_one_message_only() -> None:
    here = site()
    here.duplex.send_limits = SendLimits(1, 1)
    write(here, [(b"x", OLDEST), (b"y", OLDEST)])
    assert here.written == b"x"
    here.reconnection.receive(AckMessage(1))
    assert here.written == b"xy"


async def test_nobody_waits_for_ever_for_what_is_held_back_for_want_of_acknowledgements() -> None:
    here = site()
    here.duplex.send_limits = SendLimits(16, 100)
    assert write(here, [(b"x" * 8, MUST_ARRIVE), (b"a", OLDEST), (b"b", MUST_ARRIVE)]) == [True, True, False]
    waiting = asyncio.create_task(here.reconnection.drain())
    await settle()
    here.reconnection.tick(0)
    here.reconnection.tick(4.9)
    assert here.failures == []
    here.reconnection.tick(5)
    (failure,) = here.failures
    assert str(failure) == (
        "The client has acknowledged nothing for 5 seconds, and 8 bytes wait for that; "
        "the limit is half of HttpConnectionOptions(maximum_send_buffer_size=16)."
    )
    here.reconnection.end()
    await waiting


def test_a_client_that_acknowledges_nothing_does_not_miss_messages_for_ever() -> None:
    here = site()
    here.duplex.send_limits = SendLimits(16, 100)
    write(here, [(b"x" * 8, MUST_ARRIVE), (b"a", OLDEST)])
    here.reconnection.tick(0)
    here.reconnection.tick(14.9)
    assert here.failures == []
    here.reconnection.tick(15)
    assert len(here.failures) == 1


def test_what_must_arrive_ends_the_connection_when_too_much_of_it_is_held_back() -> None:
    away = site(is_away=True)
    assert write(away, [(b"a", OLDEST), *[(b"x", MUST_ARRIVE)] * 4]) == [True, *[False] * 4]
    assert not away.overflows
    assert away.reconnection.write(b"x")
    assert len(away.overflows) == 1


async def test_who_waits_goes_on_when_nothing_is_held_back() -> None:
    blocked = site(is_slow=True)
    write(blocked, [(b"a", OLDEST), (b"b", MUST_ARRIVE)])
    waiting = asyncio.create_task(blocked.reconnection.drain())
    await settle()
    assert not waiting.done()
    blocked.duplex.catch_up()
    await waiting
    assert blocked.written == b"ab"


async def test_who_waits_for_a_client_that_is_away_goes_on_when_it_is_back() -> None:
    away = site(is_away=True)
    write(away, [(b"a", OLDEST), (b"b", MUST_ARRIVE)])
    waiting = asyncio.create_task(away.reconnection.drain())
    await settle()
    assert not waiting.done()
    away.duplex.is_suspended = False
    away.reconnection.reconnected()
    await waiting


async def test_the_end_lets_go_of_those_who_wait() -> None:
    away = site(is_away=True)
    write(away, [(b"a", OLDEST), (b"b", MUST_ARRIVE)])
    waiting = asyncio.create_task(away.reconnection.drain())
    await settle()
    away.reconnection.end()
    await waiting
    assert away.written == b""


def test_last_words_come_behind_what_is_held_back() -> None:
    blocked = site(is_slow=True)
    write(blocked, [(b"a", OLDEST), (b"b", MUST_ARRIVE)])
    blocked.reconnection.flush()
    assert blocked.duplex.writes == [b"a", b"b"]
    assert blocked.duplex.deliveries == [OLDEST, MUST_ARRIVE]
