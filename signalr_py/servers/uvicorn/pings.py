"""Pings for the clients of plain ASGI applications, with one timer for all of them."""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING, Final, Protocol, final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Pinged", "Pings", "Timers"]

_TICKS_PER_INTERVAL: Final = 8
_TIMED_OUT: Final = 1011


class Pinged(Protocol):
    """A WebSocket."""

    def ping(self, data: bytes) -> None:
        """Send a ping."""
        ...

    def end(self, code: int, reason: str = "") -> None:
        """End the WebSocket."""
        ...


class Timers(Protocol):
    """What an event loop knows of time."""

    def time(self) -> float:
        """Return the seconds of its clock."""
        ...

    def call_later(self, delay: float, callback: Callable[[], None]) -> object:
        """Call a function after some seconds."""
        ...


@final
class Pings:
    """Pings WebSockets that are idle or not, and ends those that do not answer.

    Args:
        interval: Seconds between two pings of one client; None or 0 for none.
        timeout: Seconds that a client has to answer; None for any time.
        timers: Returns what runs the timer.
    """

    def __init__(
        self,
        interval: float | None,
        timeout: float | None,
        *,
        timers: Callable[[], Timers] = asyncio.get_running_loop,
    ) -> None:
        self._interval = interval or 0.0
        self._timeout = timeout
        self._pinged: dict[Pinged, _State] = {}
        self._timers = timers
        self._loop: Timers | None = None
        self._is_scheduled = False

    def add(self, web_socket: Pinged) -> None:
        """Ping a client from now on; those of an event loop that ran before are forgotten."""
        if self._interval:
            timers = self._timers()
            if timers is not self._loop:
                self._loop = timers
                self._is_scheduled = False
                self._pinged.clear()
            self._pinged[web_socket] = _State(timers.time() + self._interval)
            if not self._is_scheduled:
                self._schedule(timers)

    def discard(self, web_socket: Pinged) -> None:
        """Stop pinging a client, if it was pinged."""
        self._pinged.pop(web_socket, None)

    def ponged(self, web_socket: Pinged, data: bytes) -> None:
        """Note an answer; one to another ping than the last is ignored."""
        state = self._pinged.get(web_socket)
        if state is not None and state.data is not None and state.data == data:
            state.data = None
            state.due = state.sent + self._interval

    def _schedule(self, timers: Timers) -> None:
        period = min(self._interval, self._timeout or self._interval) / _TICKS_PER_INTERVAL
        timers.call_later(period, self._tick)
        self._is_scheduled = True

    def _tick(self) -> None:
        self._is_scheduled = False
        timers = self._timers()
        now = timers.time()
        for web_socket, state in list(self._pinged.items()):
            if now < state.due:
                continue
            if state.data is None:
                self._ping(web_socket, state, now)
            else:
                self.discard(web_socket)
                web_socket.end(_TIMED_OUT, "keepalive ping timeout")
        if self._pinged:
            self._schedule(timers)

    def _ping(self, web_socket: Pinged, state: _State, now: float) -> None:
        state.data = secrets.token_bytes(4) if self._timeout else None
        state.sent = now
        state.due = now + (self._timeout or self._interval)
        web_socket.ping(state.data or b"")


class _State:
    """When something is due: the next ping, or the answer to the last one."""

    __slots__ = ("data", "due", "sent")

    def __init__(self, due: float) -> None:
        self.due = due
        self.sent = 0.0
        self.data: bytes | None = None
