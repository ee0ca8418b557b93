"""The end of a connection, for everything that waits for it or must be cut off by it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

__all__ = ["Ending", "Flag"]


@final
class Flag:
    """An `asyncio.Event` that takes little memory as long as nobody waits."""

    __slots__ = ("_event", "is_set")

    def __init__(self) -> None:
        self.is_set: bool = False
        self._event: asyncio.Event | None = None

    def set(self) -> None:
        """Set it, and let everybody know who waits."""
        self.is_set = True
        if self._event is not None:
            self._event.set()
            self._event = None

    def clear(self) -> None:
        """Let those wait who come from now on."""
        self.is_set = False

    async def wait(self) -> None:
        """Wait until it is set."""
        if not self.is_set:
            if self._event is None:
                self._event = asyncio.Event()
            await self._event.wait()


@final
class Ending:
    """Happens once.

    Attributes:
        has_happened: Whether it has.
    """

    __slots__ = ("_calls", "_cuts", "_happened", "has_happened")

    def __init__(self) -> None:
        self.has_happened: bool = False
        self._happened = Flag()
        self._cuts: set[asyncio.Timeout] | None = None
        self._calls: tuple[Callable[[], None], ...] = ()

    def happen(self) -> None:
        """Let everybody know."""
        self.has_happened = True
        self._happened.set()
        for cut in self._cuts or ():
            cut.reschedule(0)
        calls, self._calls = self._calls, ()
        for call in calls:
            call()

    def when_happened(self, call: Callable[[], None]) -> None:
        """Call a function once when it happens, at once if it has."""
        if self.has_happened:
            call()
        else:
            self._calls += (call,)

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
            if self._cuts is None:
                self._cuts = set()
            self._cuts.add(cut)
            try:
                yield
            finally:
                self._cuts.discard(cut)
