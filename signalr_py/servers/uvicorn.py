"""uvicorn: saying goodbye before it drops its sockets.

On SIGTERM and SIGINT uvicorn closes every WebSocket with 1012, waits for open responses and only then tells the
application. So the goodbye has to come between the signal and uvicorn's own handler.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from types import FrameType

__all__ = ["drain_on_signals"]

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
_CLOSING_TIME: Final = 1.0
_FLUSHING_TIME: Final = 2.0
_log = logging.getLogger("signalr_py.servers.uvicorn")


def drain_on_signals(drain: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None] | None:
    """Run a coroutine between a signal and uvicorn's handler of it.

    At a second signal uvicorn is told of both at once, and a second SIGINT makes it exit without waiting. Sockets that
    are closed and cannot be emptied, because their clients do not read, are dropped a few seconds later: uvicorn would
    wait for them without end. Call it on uvicorn's event loop, while it serves.

    Args:
        drain: What to run; it must end by itself within a few seconds.

    Returns:
        A function that undoes it; None when this is not a process that uvicorn serves in its main thread.
    """
    if threading.current_thread() is not threading.main_thread():
        return None
    loop = asyncio.get_running_loop()
    handlers: dict[int, Callable[[int, FrameType | None], Any]] = {}
    for number in _SIGNALS:
        handler = signal.getsignal(number)
        if not callable(handler) or not _is_uvicorns(handler):
            return None
        handlers[number] = handler
    server = getattr(handlers[signal.SIGTERM], "__self__", None)
    draining: list[asyncio.Task[None]] = []
    held_back: list[tuple[int, FrameType | None]] = []
    is_draining = False

    def deliver() -> None:
        while held_back:
            number, frame = held_back.pop(0)
            handlers[number](number, frame)

    async def drain_and_go_on() -> None:
        try:
            await drain()
        except Exception:  # noqa: BLE001 - the process must end whatever happens
            _log.exception("Closing the connections before shutdown failed.")
        finally:
            deliver()
            loop.call_later(_CLOSING_TIME, _drop_stuck_sockets, server, loop)

    def start() -> None:
        draining.append(loop.create_task(drain_and_go_on(), name="signalr_py shutdown"))

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal is_draining
        held_back.append((number, frame))
        if not loop.is_running():
            deliver()
        elif is_draining:
            deliver()
            if getattr(server, "force_exit", False):
                loop.call_soon_threadsafe(_drop_all_sockets, server)
        else:
            is_draining = True
            loop.call_soon_threadsafe(start)

    def undo() -> None:
        for number, handler in handlers.items():
            if signal.getsignal(number) is handle:
                signal.signal(number, handler)

    for number in _SIGNALS:
        signal.signal(number, handle)
    return undo


def _drop_all_sockets(server: Any) -> None:
    """Drop every socket; from Python 3.12 on uvicorn waits for them even when it is forced to exit."""
    for transport in _transports(server):
        transport.abort()


def _drop_stuck_sockets(server: Any, loop: asyncio.AbstractEventLoop) -> None:
    """Drop the sockets that are closed by now and will be a little later, because of what their clients do not take."""
    closing = [transport for transport in _transports(server) if transport.is_closing()]

    def drop() -> None:
        for transport in _transports(server).intersection(closing):
            transport.abort()

    loop.call_later(_FLUSHING_TIME, drop)


def _transports(server: Any) -> set[asyncio.WriteTransport]:
    transports = (getattr(protocol, "transport", None) for protocol in server.server_state.connections)
    return {transport for transport in transports if transport is not None}


def _is_uvicorns(handler: object) -> bool:
    owner = type(getattr(handler, "__self__", None))
    return any(base.__module__ == "uvicorn.server" and base.__name__ == "Server" for base in owner.__mro__)
