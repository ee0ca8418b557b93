"""Waiting in tests for a condition that something reports, and finding the tasks that a test leaves behind."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Changes", "tasks_left"]

_SECONDS = 10.0


@final
class Changes:
    """Lets a test wait until a condition holds, with the one who can change it telling that it may have."""

    def __init__(self) -> None:
        self._waiting: list[asyncio.Event] = []

    def note(self) -> None:
        """Say that something has changed."""
        waiting, self._waiting = self._waiting, []
        for changed in waiting:
            changed.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until a condition holds; the time limit is there for broken code only."""
        async with asyncio.timeout(_SECONDS):
            while not condition():
                changed = asyncio.Event()
                self._waiting.append(changed)
                await changed.wait()


def tasks_left() -> list[asyncio.Task[object]]:
    """Return the tasks of the running event loop that are not those of the test plugin."""
    return [task for task in asyncio.all_tasks() if not _is_of_the_plugin(task)]


def _is_of_the_plugin(task: asyncio.Task[object]) -> bool:
    return "TestRunner." in getattr(task.get_coro(), "__qualname__", "")
