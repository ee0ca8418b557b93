"""What stands on top of a transport connection in tests: a handler that records."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from tests.support.waiting import Changes

if TYPE_CHECKING:
    from collections.abc import Callable

    from signalr_py.transports.base import Duplex

__all__ = ["Handlers", "RecordingHandler"]


@final
class RecordingHandler:
    """Writes down what the transport tells, and ends the connection when the client is gone, as every handler must."""

    def __init__(self, duplex: Duplex, *, ends_with_input: bool = True) -> None:
        self.duplex = duplex
        self.ends_with_input = ends_with_input
        self.chunks: list[bytes] = []
        self.on_feed: Callable[[bytes], object] | None = None
        self.ends = 0
        self.ticks: list[float] = []
        self.quiet_time: float = 0
        self.expirations = 0
        self.refreshes: list[object] = []
        self.is_same_user = True
        self.overflows = 0
        self.reconnections = 0
        self.on_reconnected: Callable[[], object] | None = None
        self._has_closed = False
        self._changes = Changes()

    @property
    def data(self) -> bytes:
        """Everything that was fed."""
        return b"".join(self.chunks)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until a condition holds; it is asked again after each call of the transport."""
        await self._changes.until(condition)

    async def data_is(self, data: bytes) -> None:
        """Wait until this is everything that was fed."""
        await self.until(lambda: self.data == data)

    async def ended(self) -> None:
        """Wait until the client has gone."""
        await self.until(lambda: self.ends > 0)

    def close(self, *, failed: bool = False) -> None:
        """End the connection, once."""
        if not self._has_closed:
            self._has_closed = True
            self.duplex.close(failed=failed)

    def feed(self, data: bytes) -> None:
        """Take bytes of the client."""
        self.chunks.append(data)
        if self.on_feed is not None:
            self.on_feed(data)
        self._changes.note()

    def end_of_input(self) -> None:
        """Learn that the client has gone."""
        self.ends += 1
        if self.ends_with_input:
            self.close()
        self._changes.note()

    def reconnected(self) -> None:
        """Learn that the client is back."""
        self.reconnections += 1
        if self.on_reconnected is not None:
            self.on_reconnected()
        self._changes.note()

    def tick(self, now: float) -> float:
        """Learn the time, and say until when nothing is to be done."""
        self.ticks.append(now)
        return now + self.quiet_time

    def authentication_expired(self) -> None:
        """Learn that the credentials have run out."""
        self.expirations += 1

    def authentication_refreshed(self) -> bool:
        """Learn that the user has a newer token, and keep the user."""
        self.refreshes.append(self.duplex.request.user)
        return self.is_same_user

    def overflowed(self) -> None:
        """Learn that the client takes too little."""
        self.overflows += 1
        self.close()


@final
class Handlers:
    """Makes a recording handler for each connection, and keeps them in order."""

    def __init__(self) -> None:
        self.created: list[RecordingHandler] = []
        self.ends_with_input = True
        self.on_create: Callable[[RecordingHandler], None] | None = None
        self._changes = Changes()

    def __call__(self, duplex: Duplex) -> RecordingHandler:
        handler = RecordingHandler(duplex, ends_with_input=self.ends_with_input)
        if self.on_create is not None:
            self.on_create(handler)
        self.created.append(handler)
        self._changes.note()
        return handler

    async def next(self, number: int = 1) -> RecordingHandler:
        """Wait until so many connections have a handler, and return the latest."""
        await self._changes.until(lambda: len(self.created) >= number)
        return self.created[number - 1]

    @property
    def latest(self) -> RecordingHandler:
        """The handler of the latest connection."""
        return self.created[-1]
