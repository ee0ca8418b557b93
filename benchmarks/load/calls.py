"""Calls on every connection, several of each under way at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from benchmarks.load.checking import Expected, Script
from benchmarks.load.countdown import Countdown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.dialects import Dialect
    from benchmarks.load.client import Client

__all__ = ["CallScript", "make_calls", "texts"]

_DIFFERENT: Final = 128
"""How many different calls there are; more than are ever under way."""


def texts(count: int) -> list[str]:
    """Return different texts of 32 characters."""
    return [f"text {number:05} of the load, 32 long" for number in range(count)]


class CallScript:
    """The calls of a connection and their answers, again and again.

    Args:
        dialect: What the server speaks.
        method: What to call: `Echo` or `EchoReading`.
    """

    def __init__(self, dialect: Dialect, method: str) -> None:
        values = [_argument(method, text) for text in texts(_DIFFERENT)]
        ids = [str(1000 + number) for number in range(_DIFFERENT)]
        self.requests = [dialect.call(call_id, method, value) for call_id, value in zip(ids, values, strict=True)]
        expected = [Expected("result", call_id, value) for call_id, value in zip(ids, values, strict=True)]
        self.answers = Script(dialect, expected)


def _argument(method: str, text: str) -> object:
    if method == "Echo":
        return text
    return {"sensor": text, "value": 21.5, "count": 1042, "valid": True, "labels": ["indoor", "north"]}


class _Caller:
    __slots__ = ("_answered", "_client", "_left", "_requests", "_sent", "_take")

    def __init__(self, client: Client, script: CallScript, left: Countdown) -> None:
        self._client = client
        self._requests = script.requests
        self._take = script.answers.take
        self._left = left
        self._sent = 0
        self._answered = 0
        client.receive = self._receive

    def start(self, count: int) -> None:
        for _ in range(count):
            self._send()

    def _send(self) -> None:
        self._client.send(self._requests[self._sent % _DIFFERENT])
        self._sent += 1

    def _receive(self, payload: bytes) -> None:
        taken = self._take(self._answered, payload)
        self._answered += taken
        for _ in range(taken):
            if self._left.claim():
                self._send()
            self._left.done()


async def make_calls(clients: Sequence[Client], script: CallScript, count: int, in_flight: int) -> int:
    """Make calls and wait for all their answers; return how many there were.

    Args:
        clients: The connections.
        script: What to call.
        count: How many calls in sum.
        in_flight: How many of one connection are under way at a time.
    """
    left = Countdown(count, claimed=len(clients) * in_flight)
    callers = [_Caller(client, script, left) for client in clients]
    for caller in callers:
        caller.start(in_flight)
    await left.reached
    for client in clients:
        client.rest()
    return count
