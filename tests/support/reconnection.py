"""A `Reconnection` over a duplex in memory, and what its client sends and gets."""

from __future__ import annotations

from signalr_py.hub.reconnection import Reconnection
from signalr_py.protocol.json import JsonHubProtocol
from tests.support.duplex import InMemoryDuplex

__all__ = ["Site", "ack", "sequence"]


class Site:
    """A `Reconnection` with a limit of ten bytes."""

    def __init__(self) -> None:
        self.duplex = InMemoryDuplex(is_stateful=True)
        assert self.duplex.enable_reconnect()
        self.overflows: list[int] = []
        self.failures: list[Exception] = []
        self.reconnection = Reconnection(
            self.duplex, JsonHubProtocol(), 10, overflowed=self._overflowed, failed=self.failures.append
        )

    def _overflowed(self) -> None:
        self.overflows.append(len(self.duplex.writes))

    @property
    def written(self) -> bytes:
        """Everything that was written, and that no socket lost."""
        return b"".join(self.duplex.writes)


def ack(number: int) -> bytes:
    return b'{"type":8,"sequenceId":%d}\x1e' % number


def sequence(number: int) -> bytes:
    return b'{"type":9,"sequenceId":%d}\x1e' % number
