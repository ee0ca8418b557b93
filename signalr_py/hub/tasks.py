"""Starting work that usually does not suspend, and telling how it was cancelled."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine
    from contextvars import Context

__all__ = ["end_iteration", "is_cancelled", "keep", "schedule", "start"]

T = TypeVar("T")

if sys.version_info >= (3, 12):

    def start(coroutine: Coroutine[Any, Any, T], variables: Context, running: set[asyncio.Task[T]]) -> asyncio.Task[T]:
        """Run a coroutine up to its first suspension at once, and the rest as a task.

        Args:
            coroutine: What to run.
            variables: Context variables that it may change.
            running: Keeps what remains of it until it ends.
        """
        task = asyncio.Task(coroutine, loop=asyncio.get_running_loop(), context=variables, eager_start=True)
        if not task.done():
            keep(task, running)
        return task

else:

    def start(coroutine: Coroutine[Any, Any, T], variables: Context, running: set[asyncio.Task[T]]) -> asyncio.Task[T]:
        """Run a coroutine as a task; Python 3.11 cannot start it at once.

        Args:
            coroutine: What to run.
            variables: Context variables that it may change.
            running: Keeps it until it ends.
        """
        return schedule(coroutine, variables, running)


def schedule(coroutine: Coroutine[Any, Any, T], variables: Context, running: set[asyncio.Task[T]]) -> asyncio.Task[T]:
    """Run a coroutine from the next turn of the event loop on; the arguments are those of `start`."""
    task = asyncio.get_running_loop().create_task(coroutine, context=variables)
    keep(task, running)
    return task


def keep(task: asyncio.Task[T], running: set[asyncio.Task[T]]) -> None:
    """Keep a task in a set until it ends."""
    running.add(task)
    task.add_done_callback(running.discard)


def is_cancelled(error: BaseException) -> bool:
    """Tell whether an exception is the cancellation of the running task itself.

    A `CancelledError` may also come from within, when code awaits something that others have cancelled; that is a
    failure like any other.
    """
    task = asyncio.current_task()
    return isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling() > 0


async def end_iteration(iterator: AsyncIterator[Any]) -> None:
    """End an iterator from which no more items are wanted, if it has not ended.

    A generator is cancelled at its `yield`, and closed if it goes on from there. `GeneratorExit`, which closing alone
    would raise, is no cancellation for task groups: they make an error of it.
    """
    throw, close = getattr(iterator, "athrow", None), getattr(iterator, "aclose", None)
    if throw is not None:
        cancellation = asyncio.CancelledError()
        try:
            await throw(cancellation)
        except StopAsyncIteration:
            return
        except asyncio.CancelledError as error:
            if error is not cancellation:
                raise
            return
    if close is not None:
        await close()
