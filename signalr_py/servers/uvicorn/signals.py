"""Saying goodbye before uvicorn drops its sockets.

On SIGTERM and SIGINT uvicorn closes every WebSocket with 1012, waits for open responses and only then tells the
application. So the goodbye has to come between the signal and uvicorn's own handler.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, final

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping
    from types import FrameType

__all__ = ["drain_on_signals", "is_server"]

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
_CLOSING_TIME: Final = 1.0
_FLUSHING_TIME: Final = 2.0
_log = logging.getLogger("signalr_py.servers.uvicorn")


def drain_on_signals(drain: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None] | None:
    """Run a coroutine between a signal and uvicorn's handler of it.

    When the same signal comes again, uvicorn is told of everything at once, and a second SIGINT makes it exit without
    waiting. The other signal waits: uvicorn sends SIGTERM to its workers when a terminal has sent them SIGINT already.
    Sockets that are closed and cannot be emptied, because their clients do not read, are dropped a few seconds later:
    uvicorn would wait for them without end. Call it on uvicorn's event loop, while it serves; what several calls gave
    drains at the same time.

    Args:
        drain: What to run; it must end by itself within a few seconds.

    Returns:
        A function that undoes it; None when this is not a process that uvicorn serves in its main thread.
    """
    drainer = _drainer() if threading.current_thread() is threading.main_thread() else None
    if drainer is None:
        if _is_served_by_uvicorn():
            _log.info(
                "The signals of uvicorn cannot be taken over: it does not serve in the main thread, or something else "
                "handles SIGTERM or SIGINT. A signal will drop the WebSockets before SignalR can send a Close message."
            )
        return None
    return drainer.add(drain)


@final
class _Drainer:
    """Stands in for the signal handlers of a uvicorn server, and holds signals back while everything drains."""

    def __init__(self, server: Any, handlers: Mapping[int, Callable[[int, FrameType | None], Any]]) -> None:
        self.loop = asyncio.get_running_loop()
        self._server = server
        self._handlers = handlers
        self._drains: dict[object, Callable[[], Coroutine[Any, Any, None]]] = {}
        self._held_back: list[tuple[int, FrameType | None]] = []
        self._is_holding_back = True
        self._task: asyncio.Task[None] | None = None

    def add(self, drain: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
        key = object()
        self._drains[key] = drain
        for number in self._handlers:
            signal.signal(number, self.handle)

        def undo() -> None:
            self._drains.pop(key, None)
            if not self._drains:
                self._give_back()

        return undo

    def handle(self, number: int, frame: FrameType | None) -> None:
        self._held_back.append((number, frame))
        numbers = [held_back for held_back, _ in self._held_back]
        if numbers.count(number) > 1 or not self.loop.is_running():
            self._is_holding_back = False
        if not self._is_holding_back:
            self._deliver()
            if self._server.force_exit and self.loop.is_running():
                self.loop.call_soon_threadsafe(_drop_all_sockets, self._server)
        elif numbers[0] == number:
            self.loop.call_soon_threadsafe(self._start)

    def _give_back(self) -> None:
        for number, handler in self._handlers.items():
            if signal.getsignal(number) == self.handle:
                signal.signal(number, handler)

    def _start(self) -> None:
        self._task = self.loop.create_task(self._drain_and_go_on(), name="signalr_py shutdown")

    async def _drain_and_go_on(self) -> None:
        try:
            await asyncio.gather(*(_drain_safely(drain) for drain in self._drains.values()))
        finally:
            self._is_holding_back = False
            # SIGINT comes first: after SIGTERM it would make uvicorn exit without waiting.
            self._held_back.sort(key=itemgetter(0))
            self._deliver()
            self.loop.call_later(_CLOSING_TIME, _drop_stuck_sockets, self._server, self.loop)

    def _deliver(self) -> None:
        # Another signal may come between any two steps and deliver what is left.
        while True:
            try:
                number, frame = self._held_back.pop(0)
            except IndexError:
                return
            self._handlers[number](number, frame)


async def _drain_safely(drain: Callable[[], Coroutine[Any, Any, None]]) -> None:
    try:
        await drain()
    except Exception:  # noqa: BLE001 - the process must end whatever happens
        _log.exception("Closing the connections before shutdown failed.")


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


def _drainer() -> _Drainer | None:
    """Return what handles the signals of the server on the running event loop, or None when uvicorn does not."""
    handlers = {number: signal.getsignal(number) for number in _SIGNALS}
    owners = [getattr(handler, "__self__", None) for handler in handlers.values()]
    owner = owners[0]
    if any(other is not owner for other in owners):
        return None
    if isinstance(owner, _Drainer):
        return owner if owner.loop is asyncio.get_running_loop() else None
    if not is_server(owner):
        return None
    return _Drainer(owner, {number: handler for number, handler in handlers.items() if callable(handler)})


def _is_served_by_uvicorn() -> bool:
    """Tell whether uvicorn made the current task, for the lifespan or a request."""
    task = asyncio.current_task()
    frame = getattr(task.get_coro(), "cr_frame", None) if task is not None else None
    return frame is not None and frame.f_globals.get("__name__", "").startswith("uvicorn.")


def is_server(owner: object) -> bool:
    """Tell whether an object is a uvicorn server, without importing uvicorn."""
    return any(base.__module__ == "uvicorn.server" and base.__name__ == "Server" for base in type(owner).__mro__)
