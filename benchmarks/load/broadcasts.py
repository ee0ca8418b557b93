"""Broadcasts to every connection, one by one or in bursts."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Final

from benchmarks.load.calls import texts
from benchmarks.load.checking import Expected, Script
from benchmarks.load.countdown import Countdown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.dialects import Dialect
    from benchmarks.load.client import Client

__all__ = ["BroadcastScript", "broadcast"]

_DIFFERENT: Final = 64


class BroadcastScript:
    """What makes the server send, and what then comes on each connection, again and again.

    Args:
        dialect: What the server speaks.
    """

    def __init__(self, dialect: Dialect) -> None:
        words = texts(_DIFFERENT)
        self.requests = [dialect.shout(text) for text in words]
        self.deliveries = Script(dialect, [Expected("push", "", text) for text in words])


class _Receiver:
    __slots__ = ("_left", "_position", "_take")

    def __init__(self, script: BroadcastScript) -> None:
        self._take = script.deliveries.take
        self._left: Countdown
        self._position = 0

    def expect(self, left: Countdown) -> None:
        self._left = left

    def receive(self, payload: bytes) -> None:
        taken = self._take(self._position, payload)
        self._position += taken
        for _ in range(taken):
            self._left.done()


async def broadcast(clients: Sequence[Client], script: BroadcastScript, count: int, burst: int) -> int:
    """Have messages sent to all and wait until they have arrived everywhere; return how many arrived.

    The first connection asks for them. A burst leaves in one segment of TCP, so that the server reads it at once.

    Args:
        clients: The connections.
        script: What to send.
        count: How many messages.
        burst: How many at once.
    """
    receivers = [_Receiver(script) for _ in clients]
    for client, receiver in zip(clients, receivers, strict=True):
        client.receive = receiver.receive
    for start in range(0, count, burst):
        left = Countdown(burst * len(clients))
        for receiver in receivers:
            receiver.expect(left)
        _send(clients[0], [script.requests[(start + number) % _DIFFERENT] for number in range(burst)])
        await left.reached
    for client in clients:
        client.rest()
    return count * len(clients)


def _send(client: Client, requests: list[bytes]) -> None:
    if len(requests) == 1:
        client.send(requests[0])
        return
    connection = client.transport.underlying_transport.get_extra_info("socket")
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
    for request in requests:
        client.send(request)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)
