"""What a call holds until it ends: opened for it, closed behind it whatever happened in between."""

from __future__ import annotations

import asyncio
import inspect
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import anyio
import anyio.to_thread

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager, AsyncExitStack
    from types import TracebackType

__all__ = ["enter", "enter_in_thread", "in_thread", "is_enterable"]

T = TypeVar("T")


def is_enterable(value: object) -> bool:
    """Tell whether a value is an asynchronous context manager, or an async generator that stands for one."""
    return inspect.isasyncgen(value) or isinstance(value, AbstractAsyncContextManager)


async def enter(manager: Any, scope: AsyncExitStack) -> Any:
    """Enter an asynchronous context manager until the scope ends.

    Its exit sees the exception that ends the scope, but cannot turn it into success: the work was not done.

    Args:
        manager: What to enter; an async generator that yields once counts as one.
        scope: What it belongs to.
    """
    entered: AbstractAsyncContextManager[Any] = (
        asynccontextmanager(lambda: manager)() if inspect.isasyncgen(manager) else manager
    )
    value = await entered.__aenter__()

    async def leave(
        kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await entered.__aexit__(kind, error, traceback)

    scope.push_async_exit(leave)
    return value


async def enter_in_thread(manager: AbstractContextManager[T], scope: AsyncExitStack) -> T:
    """Do what `enter` does with a plain context manager, in worker threads; not always in the same one.

    Args:
        manager: What to enter.
        scope: What it belongs to.
    """
    values: list[T] = []

    async def leave(
        kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if values:
            # A thread of its own: all others may wait for the very thing that is given back here.
            await in_thread(partial(manager.__exit__, kind, error, traceback), anyio.CapacityLimiter(1))

    scope.push_async_exit(leave)
    return await in_thread(partial(_keep, manager.__enter__, values))


async def in_thread(function: Callable[[], T], limiter: anyio.CapacityLimiter | None = None) -> T:
    """Run a function in a worker thread, and wait for its end even when the waiting is cancelled.

    Args:
        function: What to run.
        limiter: How many threads there may be; by default anyio's.
    """
    work = asyncio.ensure_future(anyio.to_thread.run_sync(function, limiter=limiter))
    cancelled: asyncio.CancelledError | None = None
    with anyio.CancelScope(shield=True):
        while not work.done():
            try:
                await asyncio.wait({work})
            except asyncio.CancelledError as error:
                cancelled = error
    if cancelled is not None:
        raise cancelled from work.exception()
    return work.result()


def _keep(function: Callable[[], T], values: list[T]) -> T:
    values.append(function())
    return values[0]
