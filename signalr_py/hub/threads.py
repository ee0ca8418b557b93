"""Calling the event loop from threads, with a clear error for the wrong one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar, final

from signalr_py.exceptions import WrongThreadError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

__all__ = ["HomeLoop"]

T = TypeVar("T")


@final
class HomeLoop:
    """The event loop that a server's connections live on."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None

    def bind(self) -> None:
        """Make the running event loop the home, unless connections live on another one that still runs.

        Raises:
            WrongThreadError: They do.
        """
        loop = asyncio.get_running_loop()
        if self._loop is loop:
            return
        if self._loop is not None and self._loop.is_running():
            raise WrongThreadError(
                "This SignalR object serves on another event loop already. One process serves on one loop; "
                "in tests, enter `with TestClient(app) as client:` so that all requests share one."
            )
        self._loop = loop

    def check(self, plain_form: str) -> None:
        """Make sure that the caller runs on the home loop, as long as that runs.

        Args:
            plain_form: Name of the form for threads, for the error text.

        Raises:
            WrongThreadError: It does not.
        """
        if self._loop is not None and self._loop.is_running() and _running_loop() is not self._loop:
            raise WrongThreadError(
                "The connections live on another event loop than this code. In a thread that runs no event loop, "
                f"call `{plain_form}`; in one that does, do so by `asyncio.to_thread`."
            )

    def run(self, function: Callable[[], object]) -> None:
        """Call a function on the home loop: now when this code runs there, otherwise soon, without waiting for it."""
        if _running_loop() is self._loop:
            function()
        elif self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(function)

    def call(self, coroutine: Coroutine[Any, Any, T], asynchronous_form: str) -> T:
        """Run a coroutine on the home loop and wait for it in this thread.

        Args:
            coroutine: What to run.
            asynchronous_form: Name of the form for the event loop, for the error text.

        Raises:
            WrongThreadError: This is the event loop's own thread, or nothing was served yet.
        """
        running = _running_loop()
        if running is not None:
            coroutine.close()
            raise WrongThreadError(
                f"This code runs on an event loop. There, use `await {asynchronous_form}` instead."
                if running is self._loop or self._loop is None
                else "This code runs on another event loop than the connections, and would block it. "
                "Call this form by `asyncio.to_thread`."
            )
        if self._loop is None or not self._loop.is_running():
            coroutine.close()
            raise WrongThreadError("The server does not run, so there is nobody to send to.")
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
