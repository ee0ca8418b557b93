"""Sending without a task of its own where Python can, and telling why a send failed."""

from __future__ import annotations

import asyncio
import inspect
import logging
import sys
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from contextvars import Context

    from signalr_py.types import ConnectionId

__all__ = ["coroutine_function", "report_loss", "start_at_once"]

T = TypeVar("T")

_LOSSES: Final = frozenset(
    {"BrokenResourceError", "ClientDisconnected", "ClosedResourceError", "ConnectionClosed", "WebSocketDisconnect"}
)
_UNCLEAR: Final = frozenset({"RuntimeError", "UnexpectedMessageError"})
_log = logging.getLogger("signalr_py.transports")

if sys.version_info >= (3, 12):

    def start_at_once(
        function: Callable[[T], Coroutine[Any, Any, None]],
        argument: T,
        loop: asyncio.AbstractEventLoop,
        variables: Context,
    ) -> asyncio.Task[None] | None:
        """Run an asynchronous function up to its first suspension at once, as a task; None where Python cannot."""
        return asyncio.Task(function(argument), loop=loop, name="signalr_py send", context=variables, eager_start=True)

else:

    def start_at_once(
        function: Callable[[T], Coroutine[Any, Any, None]],
        argument: T,
        loop: asyncio.AbstractEventLoop,
        variables: Context,
    ) -> asyncio.Task[None] | None:
        """Do nothing and return None, since Python 3.11 cannot start a task at once."""
        return None


def coroutine_function(function: Callable[[T], Awaitable[None]]) -> Callable[[T], Coroutine[Any, Any, None]]:
    """Return a function that may return anything awaitable as one that returns coroutines, of which tasks are made."""
    if inspect.iscoroutinefunction(function):
        return function

    async def wait_for(argument: T) -> None:
        await function(argument)

    return wait_for


def report_loss(connection_id: ConnectionId, error: BaseException) -> None:
    """Log why a send failed: a client that is gone is no news, but a faulty `send` of the application is.

    Hosts share no base class for a client that is gone, and are not imported here, so their errors are told by name.
    """
    names = {kind.__name__ for kind in type(error).__mro__}
    if isinstance(error, OSError) or names & _LOSSES:
        _log.debug("Connection %s was lost while writing: %s", connection_id, type(error).__name__)
    elif names & _UNCLEAR:
        _log.debug("Connection %s was lost while writing, or its `send` is faulty.", connection_id, exc_info=error)
    else:
        _log.error(
            "Connection %s is closed, since `send` raised. Look for the middleware or the host in the traceback.",
            connection_id,
            exc_info=error,
        )
