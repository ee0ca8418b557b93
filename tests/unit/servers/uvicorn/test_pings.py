"""Pings at times that the test sets."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from signalr_py.servers.uvicorn.pings import Pings

if TYPE_CHECKING:
    from collections.abc import Callable


class ManualTimers:
    """A clock whose timers come when the test lets time pass."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.waiting: list[tuple[float, Callable[[], None]]] = []

    def time(self) -> float:
        """Return the time."""
        return self.now

    def call_later(self, delay: float, callback: Callable[[], None]) -> object:
        """Call a function when its time has come."""
        assert delay > 0
        self.waiting.append((self.now + delay, callback))
        return callback

    def advance(self, seconds: float) -> None:
        """Let time pass, timer by timer."""
        end = self.now + seconds
        while due := sorted(each for each in self.waiting if each[0] <= end):
            self.waiting.remove(due[0])
            self.now, callback = due[0]
            callback()
        self.now = end


class Client:
    """A WebSocket that keeps what it is told, and answers if the test says so."""

    def __init__(self, pings: Pings, timers: ManualTimers, *, answers: bool = False) -> None:
        self.pinged: list[float] = []
        self.data: list[bytes] = []
        self.ended: list[tuple[int, str]] = []
        self._pings = pings
        self._timers = timers
        self._answers = answers

    def ping(self, data: bytes) -> None:
        """Keep a ping, and answer it."""
        self.pinged.append(self._timers.now - 1000)
        self.data.append(data)
        if self._answers:
            self._pings.ponged(self, data)

    def end(self, code: int, reason: str = "") -> None:
        """Keep the end, and leave, as a WebSocket does."""
        self.ended.append((code, reason))
        self._pings.discard(self)


class Site:
    """Pings under test."""

    def __init__(self, interval: float | None = 20, timeout: float | None = 10) -> None:
        self.timers = ManualTimers()
        self.pings = Pings(interval, timeout, timers=lambda: self.timers)

    def client(self, *, answers: bool = False) -> Client:
        """Add a client."""
        client = Client(self.pings, self.timers, answers=answers)
        self.pings.add(client)
        return client


def about(*times: float) -> object:
    """Return what equals these times within a tick."""
    return pytest.approx(list(times), abs=2.5 * len(times))


def test_a_client_that_answers_is_pinged_again_and_again() -> None:
    site = Site()
    client = site.client(answers=True)
    site.timers.advance(19.9)
    assert client.pinged == []
    site.timers.advance(82)
    assert client.pinged == about(20, 40, 60, 80, 100)
    assert client.ended == []
    assert all(len(data) == 4 for data in client.data)
    assert len(set(client.data)) == 5


def test_a_client_that_does_not_answer_is_ended() -> None:
    site = Site()
    silent, other = site.client(), site.client(answers=True)
    site.timers.advance(27)
    assert len(silent.pinged) == 1
    assert silent.ended == []
    site.timers.advance(6)
    assert silent.ended == [(1011, "keepalive ping timeout")]
    assert other.ended == []
    site.timers.advance(60)
    assert len(silent.pinged) == 1
    assert len(silent.ended) == 1


def test_an_answer_in_time_starts_the_next_interval() -> None:
    site = Site()
    client = site.client()
    site.timers.advance(23)
    (data,) = client.data
    site.pings.ponged(client, data)
    site.timers.advance(15)
    assert client.ended == []
    assert len(client.pinged) == 1
    site.timers.advance(6)
    assert len(client.pinged) == 2


def test_an_answer_after_the_interval_is_followed_by_a_ping_at_once() -> None:
    site = Site(interval=10, timeout=30)
    client = site.client()
    site.timers.advance(30)
    assert len(client.pinged) == 1
    site.pings.ponged(client, client.data[0])
    site.timers.advance(2)
    assert len(client.pinged) == 2


@pytest.mark.parametrize("data", [b"", b"another ping", b"\0\0\0\0\0"])
def test_an_answer_to_another_ping_does_not_count(data: bytes) -> None:
    site = Site()
    client = site.client()
    site.pings.ponged(client, data)
    site.timers.advance(23)
    site.pings.ponged(client, data)
    site.timers.advance(12)
    assert len(client.ended) == 1


def test_an_answer_of_a_client_that_is_not_pinged_is_ignored() -> None:
    site = Site()
    site.pings.ponged(Client(site.pings, site.timers), b"")
    site.pings.discard(Client(site.pings, site.timers))


@pytest.mark.parametrize("timeout", [None, 0])
def test_without_a_timeout_nobody_is_ended(timeout: float | None) -> None:
    site = Site(timeout=timeout)
    client = site.client()
    site.timers.advance(101)
    assert len(client.pinged) >= 4
    assert set(client.data) == {b""}
    assert client.ended == []
    site.pings.ponged(client, b"")
    site.timers.advance(25)
    assert len(client.pinged) >= 5


@pytest.mark.parametrize("interval", [None, 0])
def test_without_an_interval_nobody_is_pinged(interval: float | None) -> None:
    site = Site(interval=interval)
    client = site.client()
    assert site.timers.waiting == []
    site.timers.advance(1000)
    assert client.pinged == []


def test_a_client_that_is_discarded_is_left_alone() -> None:
    site = Site()
    before, after = site.client(), site.client()
    site.pings.discard(before)
    site.timers.advance(23)
    site.pings.discard(after)
    site.timers.advance(60)
    assert before.pinged == []
    assert len(after.pinged) == 1
    assert after.ended == []


def test_there_is_one_timer_for_all_and_none_for_nobody() -> None:
    site = Site()
    clients = [site.client(answers=True) for _ in range(10)]
    assert len(site.timers.waiting) == 1
    site.timers.advance(50)
    assert len(site.timers.waiting) == 1
    for client in clients:
        site.pings.discard(client)
    site.timers.advance(20)
    assert site.timers.waiting == []
    again = site.client(answers=True)
    assert len(site.timers.waiting) == 1
    site.timers.advance(23)
    assert len(again.pinged) == 1


def test_each_client_has_its_own_time() -> None:
    site = Site()
    first = site.client(answers=True)
    site.timers.advance(10)
    second = site.client(answers=True)
    site.timers.advance(13)
    assert (len(first.pinged), len(second.pinged)) == (1, 0)
    site.timers.advance(10)
    assert (len(first.pinged), len(second.pinged)) == (1, 1)


def test_another_event_loop_begins_anew() -> None:
    site = Site()
    left = site.client()
    site.timers = ManualTimers()
    client = site.client(answers=True)
    site.timers.advance(50)
    assert client.pinged == about(20, 40)
    assert left.pinged == []


async def test_the_event_loop_runs_the_timer_if_nothing_else_does() -> None:
    pinged = asyncio.Event()

    class Real:
        def ping(self, data: bytes) -> None:
            pinged.set()

        def end(self, code: int, reason: str = "") -> None:
            raise AssertionError(reason)

    pings = Pings(0.001, 60)
    client = Real()
    pings.add(client)
    async with asyncio.timeout(10):
        await pinged.wait()
    pings.discard(client)
