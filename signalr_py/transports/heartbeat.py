"""One ticker per server, for every time limit of every connection."""

from __future__ import annotations

import asyncio
import logging
import time
from contextvars import Context
from typing import TYPE_CHECKING, Protocol, final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["Heartbeat", "Ticked"]

_log = logging.getLogger("signalr_py.transports")


class Ticked(Protocol):
    """Something with time limits to check."""

    def tick(self, now: float) -> Iterable[None]:
        """Check them; `now` is in seconds of the monotonic clock. Between two steps, others have their turn."""
        ...


@final
class Heartbeat:
    """Calls `tick` of everything that was added, once per interval.

    Args:
        interval: Seconds between two ticks.
        clock: Monotonic clock in seconds.
    """

    def __init__(self, interval: float = 1.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._interval = interval
        self._clock = clock
        self._ticked: list[Ticked] = []
        self._task: asyncio.Task[None] | None = None

    def add(self, ticked: Ticked) -> None:
        """Tick this from now on."""
        self._ticked.append(ticked)

    @property
    def is_running(self) -> bool:
        """Whether it runs on the running event loop."""
        task = self._task
        return task is not None and not task.done() and task.get_loop() is asyncio.get_running_loop()

    def start(self) -> None:
        """Start on the running event loop, unless it runs there already."""
        if not self.is_running:
            self._task = asyncio.get_running_loop().create_task(
                self._run(), name="signalr_py heartbeat", context=Context()
            )

    async def stop(self) -> None:
        """Stop; does nothing when it does not run. On another event loop than its own, it does not wait for it."""
        is_here = self.is_running
        task, self._task = self._task, None
        if task is None or task.get_loop().is_closed():
            return
        task.get_loop().call_soon_threadsafe(task.cancel)
        if is_here:
            await asyncio.wait([task])

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._interval)
            now = self._clock()
            for ticked in self._ticked:
                try:
                    for _ in ticked.tick(now):
                        await asyncio.sleep(0)
                except Exception:  # noqa: BLE001 - one failure must not stop the time limits of everything else
                    _log.exception("A heartbeat failed.")
