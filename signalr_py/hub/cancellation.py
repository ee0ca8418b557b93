"""A signal that something has ended, readable from tasks and from threads."""

from __future__ import annotations

import asyncio
from typing import final

__all__ = ["CancellationToken", "cancel"]


@final
class CancellationToken:
    """Becomes set once and stays so; only its owner sets it."""

    __slots__ = ("_is_set", "_waiters")

    def __init__(self) -> None:
        self._is_set = False
        self._waiters: list[asyncio.Future[None]] | None = None

    def is_set(self) -> bool:
        """Tell whether it has happened; also for code in threads."""
        return self._is_set

    async def wait(self) -> None:
        """Wait until it happens, on the event loop of the connection."""
        if self._is_set:
            return
        waiter = asyncio.get_running_loop().create_future()
        if self._waiters is None:
            self._waiters = []
        self._waiters.append(waiter)
        try:
            await waiter
        finally:
            if self._waiters is not None and waiter in self._waiters:
                self._waiters.remove(waiter)

    def _set(self) -> None:
        self._is_set = True
        waiters, self._waiters = self._waiters, None
        for waiter in waiters or ():
            if not waiter.done():
                waiter.set_result(None)


def cancel(token: CancellationToken) -> None:
    """Set a token; for the code that owns it."""
    token._set()
