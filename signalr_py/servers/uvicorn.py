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
_log = logging.getLogger("signalr_py.servers.uvicorn")


def drain_on_signals(drain: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None] | None:
    """Run a coroutine between a signal and uvicorn's handler of it.

    A second signal does not wait. Call it on uvicorn's event loop, while it serves.

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
    draining: list[asyncio.Task[None]] = []

    async def drain_and_go_on(number: int, frame: FrameType | None) -> None:
        try:
            await drain()
        except Exception:  # noqa: BLE001 - the process must end whatever happens
            _log.exception("Closing the connections before shutdown failed.")
        finally:
            handlers[number](number, frame)

    def start(number: int, frame: FrameType | None) -> None:
        draining.append(loop.create_task(drain_and_go_on(number, frame), name="signalr_py shutdown"))

    def handle(number: int, frame: FrameType | None) -> None:
        if draining or not loop.is_running():
            handlers[number](number, frame)
        else:
            loop.call_soon_threadsafe(start, number, frame)

    def undo() -> None:
        for number, handler in handlers.items():
            if signal.getsignal(number) is handle:
                signal.signal(number, handler)

    for number in _SIGNALS:
        signal.signal(number, handle)
    return undo


def _is_uvicorns(handler: object) -> bool:
    owner = type(getattr(handler, "__self__", None))
    return any(base.__module__ == "uvicorn.server" and base.__name__ == "Server" for base in owner.__mro__)
