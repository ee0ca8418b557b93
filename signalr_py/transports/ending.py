"""The end of a connection, for everything that waits for it or must be cut off by it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

__all__ = ["Ending"]


@final
class Ending:
    """Happens once."""

    def __init__(self) -> None:
        self._happened = asyncio.Event()
        self._cuts: set[asyncio.Timeout] = set()

    @property
    def has_happened(self) -> bool:
        """Whether it has."""
        return self._happened.is_set()

    def happen(self) -> None:
        """Let everybody know."""
        self._happened.set()
        for cut in self._cuts:
            cut.reschedule(0)

    async def wait(self) -> None:
        """Wait until it happens."""
        await self._happened.wait()

    @asynccontextmanager
    async def cut(self) -> AsyncIterator[None]:
        """Leave the block when it happens.

        Raises:
            TimeoutError: It has.
        """
        async with asyncio.timeout(0 if self.has_happened else None) as cut:
            self._cuts.add(cut)
            try:
                yield
            finally:
                self._cuts.discard(cut)
