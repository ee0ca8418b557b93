"""Whether code around an application may wait for the end of its request."""

from __future__ import annotations

import sys
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import asyncio
    from types import FrameType

__all__ = ["is_surrounded"]

_PASSING_ON: Final = ("fastapi.", "signalr_py.", "starlette.", "uvicorn.")


def is_surrounded(task: asyncio.Task[Any]) -> bool:
    """Tell whether a task runs code of others around the coroutine that asks, such as a middleware of the application.

    What Starlette, FastAPI and uvicorn put around a WebSocket passes it on and does nothing afterwards; of anything
    else that cannot be known.
    """
    coroutine: Any = task.get_coro()
    outermost = getattr(coroutine, "cr_frame", None)
    # A coroutine that runs does not tell what it awaits (`cr_await`), so this goes from the inside out.
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and _passes_on(frame.f_globals.get("__name__")):
        if frame is outermost:
            return False
        frame = frame.f_back
    return True


@lru_cache(maxsize=256)
def _passes_on(module: object) -> bool:
    return str(module).startswith(_PASSING_ON)
