"""Holding back what a client sends while the hub takes nothing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ReadingGate"]


@final
class ReadingGate:
    """Counts the bytes that come while the hub is paused, and closes when there are too many.

    It starts paused.

    Args:
        limit: Bytes at which it closes; 0 for never.
    """

    __slots__ = ("_limit", "_unread", "_waiting", "is_open", "is_paused")

    def __init__(self, limit: int) -> None:
        self.is_open: bool = True
        """Whether more bytes may come."""
        self.is_paused: bool = True
        """Whether what comes is to be counted."""
        self._limit = limit
        self._unread = 0
        self._waiting: tuple[Callable[[], None], ...] = ()

    def pause(self) -> None:
        """Count from now on."""
        self.is_paused = True

    def resume(self) -> None:
        """Forget what was counted, and open."""
        self.is_paused = False
        self._unread = 0
        if not self.is_open:
            self.release()

    def release(self) -> None:
        """Open for those who wait, without reading on."""
        self.is_open = True
        waiting, self._waiting = self._waiting, ()
        for resume in waiting:
            resume()

    def count(self, size: int) -> None:
        """Note bytes that have come, if it is paused."""
        if self.is_paused:
            self._unread += size
            if 0 < self._limit <= self._unread:
                self.is_open = False

    def when_open(self, resume: Callable[[], None]) -> None:
        """Call a function once when the gate, which is closed now, opens."""
        self._waiting += (resume,)

    async def wait(self) -> None:
        """Wait until it is open."""
        while not self.is_open:
            opened = asyncio.Event()
            self.when_open(opened.set)
            await opened.wait()
