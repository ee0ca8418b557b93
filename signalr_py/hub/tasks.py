"""Starting work that usually does not suspend, and telling how it was cancelled."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from contextvars import Context

__all__ = ["is_cancelled", "start"]

T = TypeVar("T")

if sys.version_info >= (3, 12):

    def start(
        coroutine: Coroutine[Any, Any, T], loop: asyncio.AbstractEventLoop, variables: Context
    ) -> asyncio.Task[T]:
        """Run a coroutine up to its first suspension at once, and the rest as a task, with context variables."""
        return asyncio.Task(coroutine, loop=loop, context=variables, eager_start=True)

else:

    def start(
        coroutine: Coroutine[Any, Any, T], loop: asyncio.AbstractEventLoop, variables: Context
    ) -> asyncio.Task[T]:
        """Run a coroutine as a task, with context variables; Python 3.11 cannot start it at once."""
        return loop.create_task(coroutine, context=variables)


def is_cancelled(error: BaseException) -> bool:
    """Tell whether an exception is the cancellation of the running task itself.

    A `CancelledError` may also come from within, when code awaits something that others have cancelled; that is a
    failure like any other.
    """
    task = asyncio.current_task()
    return isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling() > 0
