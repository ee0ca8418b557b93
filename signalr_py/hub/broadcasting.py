"""Messages to many connections: in one order for all, and in slices between which the event loop has its turn."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, Final, Protocol, final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from signalr_py.protocol.serialized import SerializedHubMessage

__all__ = ["Broadcasts", "Writable"]

_SLICE_SECONDS: Final = 0.002
_WRITES_PER_LOOK: Final = 64


class Writable(Protocol):
    """A connection that messages can be written to."""

    def write(self, message: SerializedHubMessage) -> bool:
        """Write a message; a plain call. Returns whether the client keeps up."""
        ...


@final
class Broadcasts:
    """Writes messages to many connections, one message after the other.

    A message that takes long yields to the event loop every 2 milliseconds. Those that are sent meanwhile wait until it
    is out, so that all receivers see the same order.

    Args:
        clock: Monotonic clock in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._is_busy = False
        self._queue: deque[asyncio.Future[None]] = deque()

    async def send(self, message: SerializedHubMessage, receivers: Iterable[Writable]) -> None:
        """Write a message to some connections; it never waits for a client.

        When it is cancelled, the connections that it has not come to yet go without the message.

        Args:
            message: The message, which can be encoded for all of them.
            receivers: The connections, as they are now.
        """
        left = iter(receivers)
        has_waited = self._is_busy
        if has_waited:
            await self._wait_for_turn()
        elif self._write_slice(message, left):
            return
        self._is_busy = True
        try:
            is_out = has_waited and self._write_slice(message, left)
            while not is_out:
                await asyncio.sleep(0)
                is_out = self._write_slice(message, left)
        finally:
            self._pass_turn_on()

    def _write_slice(self, message: SerializedHubMessage, left: Iterator[Writable]) -> bool:
        """Write for a while; tell whether that was all."""
        deadline = self._clock() + _SLICE_SECONDS
        while batch := tuple(islice(left, _WRITES_PER_LOOK)):
            for receiver in batch:
                receiver.write(message)
            if len(batch) < _WRITES_PER_LOOK:
                break
            if self._clock() >= deadline:
                return False
        return True

    async def _wait_for_turn(self) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._pass_turn_on()
            raise

    def _pass_turn_on(self) -> None:
        """Let the next one go on; when there is one, nobody can come in between."""
        while self._queue:
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._is_busy = False
