"""Letting tasks run, and finding those that outlive what started them."""

from __future__ import annotations

import asyncio
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

__all__ = ["SENDS_AT_ONCE", "no_task_left", "settle"]

SENDS_AT_ONCE: Final[bool] = sys.version_info >= (3, 12)
"""Whether Python can start a task at once, so that a write is sent by the call itself."""


async def settle() -> None:
    """Let everything run that can run without waiting for an event from outside."""
    for _ in range(20):
        await asyncio.sleep(0)


@asynccontextmanager
async def no_task_left() -> AsyncIterator[None]:
    """Assert that every task which was started inside has ended, a few turns of the event loop granted."""
    before = asyncio.all_tasks()
    yield
    await settle()
    left = [task for task in asyncio.all_tasks() - before if not _belongs_to_a_runner(task)]
    assert not left, f"tasks are left: {left}"


def _belongs_to_a_runner(task: asyncio.Task[Any]) -> bool:
    """Tell whether a task is that of anyio's test runner, or of Starlette's test client."""
    names = f"{task.get_name()} {getattr(task.get_coro(), '__qualname__', '')}"
    return "TestRunner." in names or "BlockingPortal." in names
