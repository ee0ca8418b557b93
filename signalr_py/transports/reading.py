"""Holding back what a client sends while the hub takes nothing."""

from __future__ import annotations

import asyncio
from typing import final

__all__ = ["ReadingGate"]


@final
class ReadingGate:
    """Counts the bytes that come while the hub is paused, and closes when there are too many.

    It starts paused.

    Args:
        limit: Bytes at which it closes; 0 for never.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._is_paused = True
        self._unread = 0
        self._open = asyncio.Event()
        self._open.set()

    @property
    def is_open(self) -> bool:
        """Whether more bytes may come."""
        return self._open.is_set()

    def pause(self) -> None:
        """Count from now on."""
        self._is_paused = True

    def resume(self) -> None:
        """Forget what was counted, and open."""
        self._is_paused = False
        self._unread = 0
        self._open.set()

    def release(self) -> None:
        """Open for those who wait, without reading on."""
        self._open.set()

    def count(self, size: int) -> None:
        """Note bytes that have come."""
        if self._is_paused:
            self._unread += size
            if 0 < self._limit <= self._unread:
                self._open.clear()

    async def wait(self) -> None:
        """Wait until it is open."""
        while not self._open.is_set():
            await self._open.wait()
