"""Streams from the server, one after the other on each connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from benchmarks.load.checking import Expected, Script
from benchmarks.load.countdown import Countdown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.dialects import Dialect
    from benchmarks.load.client import Client

__all__ = ["StreamScript", "receive_streams"]

_ID: Final = "2000"


class StreamScript:
    """The call of a stream and its items, then its end.

    Args:
        dialect: What the server speaks.
        items: How many items the stream has.
    """

    def __init__(self, dialect: Dialect, items: int) -> None:
        self.request = dialect.stream(_ID, items)
        expected = [Expected("item", _ID, number) for number in range(items)]
        self.items = Script(dialect, [*expected, Expected("end", _ID, None)])


class _Subscriber:
    __slots__ = ("_client", "_left", "_position", "_script")

    def __init__(self, client: Client, script: StreamScript, left: Countdown) -> None:
        self._client = client
        self._script = script
        self._left = left
        self._position = 0
        client.receive = self._receive

    def start(self) -> None:
        self._position = 0
        self._client.send(self._script.request)

    def _receive(self, payload: bytes) -> None:
        self._position += self._script.items.take(self._position, payload)
        if self._position >= self._script.items.length:
            if self._left.claim():
                self.start()
            self._left.done()


async def receive_streams(clients: Sequence[Client], script: StreamScript, count: int) -> int:
    """Receive streams to their ends and return how many items came.

    Args:
        clients: The connections; each has one stream at a time.
        script: What to stream.
        count: How many streams each connection receives on average.
    """
    streams = count * len(clients)
    left = Countdown(streams, claimed=len(clients))
    for client in clients:
        _Subscriber(client, script, left).start()
    await left.reached
    for client in clients:
        client.rest()
    return streams * (script.items.length - 1)
