"""Streams that a client uploads to a hub method: bounded, in order, and never cut off silently."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, final

from signalr_py.exceptions import LocalProtocolError

if TYPE_CHECKING:
    from collections.abc import Callable

    from signalr_py.protocol.base import ValueDecoder

__all__ = ["UploadStream"]


@final
class UploadStream(AsyncIterator[Any]):
    """What a hub method iterates over: the items of one upload, in the order in which the client sent them.

    Items that have come before the stream fails are still handed out. A stream that has failed raises its error at each
    further step, so that it is never taken for one that has ended.

    Attributes:
        decode: Reads an item.

    Args:
        decode: Reads an item.
        capacity: How many items may wait for the method.
        has_room: Called whenever a stream that was full is not any more.
    """

    __slots__ = ("_capacity", "_error", "_has_ended", "_has_room", "_items", "_reader", "decode")

    def __init__(self, decode: ValueDecoder, capacity: int, has_room: Callable[[], None]) -> None:
        self.decode: ValueDecoder = decode
        self._capacity = capacity
        self._has_room = has_room
        self._items: deque[Any] = deque()
        self._reader: asyncio.Future[None] | None = None
        self._has_ended = False
        self._error: Exception | None = None

    def __aiter__(self) -> UploadStream:
        return self

    async def __anext__(self) -> Any:
        """Return the next item.

        Raises:
            HubException: The client has failed the stream, or sent an item of another type.
            ClientDisconnectedError: The client left before the end of the stream.
            LocalProtocolError: Another task waits for the next item already, or the method has ended.
        """
        while not self._items:
            if self._error is not None:
                raise self._error
            if self._has_ended:
                raise StopAsyncIteration
            if self._reader is not None:
                raise LocalProtocolError("An uploaded stream is read by one task at a time.")
            self._reader = asyncio.get_running_loop().create_future()
            try:
                await self._reader
            finally:
                self._reader = None
        was_full = self.is_full
        item = self._items.popleft()
        if was_full:
            self._has_room()
        return item

    @property
    def is_full(self) -> bool:
        """Whether as many items wait as may."""
        return len(self._items) >= self._capacity

    def put(self, item: Any) -> None:
        """Add an item; ask `is_full` before."""
        if not self._has_ended:
            self._items.append(item)
            self._wake()

    def end(self, error: Exception | None = None) -> None:
        """End the stream behind the items that wait; only the first call counts.

        Args:
            error: What the method's loop raises; None for a normal end.
        """
        if not self._has_ended:
            self._has_ended = True
            self._error = error
            self._wake()

    def abandon(self) -> None:
        """Drop what waits, because the method has ended; a task of its own that goes on reading gets an error."""
        was_full = self.is_full
        if self._items or not self._has_ended:
            self._error = LocalProtocolError("The hub method that this stream was uploaded to has ended.")
        self._has_ended = True
        self._items.clear()
        self._wake()
        if was_full:
            self._has_room()

    def _wake(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)
