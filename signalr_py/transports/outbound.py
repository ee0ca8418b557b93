"""What waits to be sent to one client: bounded, and drained by the transport that is attached."""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from signalr_py.options import HttpConnectionOptions

__all__ = ["OutboundBuffer"]


@final
class OutboundBuffer:
    """Messages in the order they were written, counted in bytes and in number.

    One reader (the transport) waits with `wait` and takes with `take`; any number of writers may `drain`.
    """

    __slots__ = (
        "_drainers",
        "_high_water",
        "_many",
        "_maximum_bytes",
        "_maximum_messages",
        "_messages",
        "_waiter",
        "ended",
        "size",
    )

    def __init__(self, options: HttpConnectionOptions) -> None:
        self.size: int = 0
        self.ended: bool = False
        self._messages: deque[bytes] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._drainers: list[asyncio.Future[None]] = []
        self._maximum_bytes = options.maximum_send_buffer_size
        self._maximum_messages = options.maximum_send_buffer_messages
        self._high_water = min(options.transport_max_buffer_size or sys.maxsize, max(self._maximum_bytes // 2, 1))
        self._many = max(self._maximum_messages // 2, 1)

    def __len__(self) -> int:
        return len(self._messages)

    @property
    def keeps_up(self) -> bool:
        """Whether so little is waiting that a sender may go on: far from what would end the connection, too."""
        return self.size < self._high_water and len(self._messages) < self._many

    @property
    def overflows(self) -> bool:
        """Whether so much is waiting that no more may be added; one message of any size fits an empty buffer."""
        return self.size >= self._maximum_bytes or len(self._messages) >= self._maximum_messages

    def append(self, data: bytes) -> None:
        """Add one write to the end and wake the transport."""
        self._messages.append(data)
        self.size += len(data)
        self.wake()

    def end(self) -> None:
        """Say that nothing more will be added; what is there may still be taken."""
        self.ended = True
        self.wake()
        self._release()

    def clear(self) -> None:
        """Drop what waits."""
        self._messages.clear()
        self.size = 0
        self._release()

    def take(self, maximum: int | None = None) -> bytes:
        """Remove and return whole writes, joined: all of them, or about `maximum` bytes and at least one."""
        messages = self._messages
        if len(messages) == 1 or maximum is None or self.size <= maximum:
            data = messages[0] if len(messages) == 1 else b"".join(messages)
            messages.clear()
            self.size = 0
        else:
            parts = [messages.popleft()]
            taken = len(parts[0])
            while messages and taken + len(messages[0]) <= maximum:
                parts.append(messages.popleft())
                taken += len(parts[-1])
            data = b"".join(parts)
            self.size -= taken
        if self._drainers and self.size <= self._high_water // 2 and len(messages) <= self._many // 2:
            self._release()
        return data

    async def wait(self) -> None:
        """Wait until something can be taken or the end has come; for one reader at a time."""
        if self._messages or self.ended:
            return
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    async def drain(self) -> None:
        """Wait until at most half of what holds senders back is waiting, or the end has come."""
        if self.keeps_up or self.ended:
            return
        drained = asyncio.get_running_loop().create_future()
        self._drainers.append(drained)
        await drained

    def wake(self) -> None:
        """Let `wait` return, whether or not there is something to take."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _release(self) -> None:
        drainers, self._drainers = self._drainers, []
        for drained in drainers:
            if not drained.done():
                drained.set_result(None)
