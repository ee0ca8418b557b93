"""Long Polling: each poll waits for data, the next one takes over from it."""

from __future__ import annotations

import asyncio
import enum
import logging
from typing import TYPE_CHECKING, Final, final

from starlette.responses import Response

from signalr_py.transports.disconnect import wait_for_disconnect
from signalr_py.transports.responses import empty_text

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from signalr_py.transports.connection import TransportConnection

__all__ = ["NO_CACHE_HEADERS", "LongPollingTransport"]

NO_CACHE_HEADERS: Final = {
    "Cache-Control": "no-cache, no-store",
    "Pragma": "no-cache",
    "Expires": "Thu, 01 Jan 1970 00:00:00 GMT",
}

_log = logging.getLogger("signalr_py.transports.long_polling")


class _Outcome(enum.Enum):
    READY = enum.auto()
    TIMED_OUT = enum.auto()
    SUPERSEDED = enum.auto()
    ABORTED = enum.auto()


@final
class LongPollingTransport:
    """Answers the polls of one connection, one after the other."""

    def __init__(self, connection: TransportConnection) -> None:
        self._connection = connection
        self._superseded: asyncio.Event | None = None
        self._answered: asyncio.Future[None] | None = None
        self._answering: asyncio.Task[None] | None = None
        self._is_waiting = False

    def first(self) -> Response:
        """Answer the first poll, which tells the client that it is connected: at once, and empty."""
        self._connection.attach(self)
        self._connection.detach(for_good=False)
        return Response(b"", media_type="application/octet-stream", headers=NO_CACHE_HEADERS)

    async def poll(self, scope: Scope, receive: Receive, send: Send) -> bool:
        """Answer one poll; an earlier one that still waits is answered 204 first.

        Returns:
            Whether this was the last answer: the client knows now that the connection has ended, and no other poll
            waits for its turn.
        """
        connection = self._connection
        if self._is_waiting:
            await empty_text(409, NO_CACHE_HEADERS)(scope, receive, send)
            return False
        if self._answered is not None:
            self._is_waiting = True
            try:
                if self._superseded is not None:
                    self._superseded.set()
                    connection.outbound.wake()
                await asyncio.wait([self._answered])
            finally:
                self._is_waiting = False
        self._answered = asyncio.get_running_loop().create_future()
        connection.attach(self)
        is_last = False
        try:
            is_last = await self._answer(scope, receive, send)
        finally:
            connection.detach(for_good=is_last)
            self._answered.set_result(None)
            self._answered = None
        return is_last and not self._is_waiting

    def send_now(self, data: bytes) -> bool:
        """Leave everything to the poll that waits, or to the next one."""
        return False

    def finish(self) -> None:
        """Leave the end to the poll that waits, which the buffer has told."""

    def abort(self) -> None:
        """Give up the answer that is being sent."""
        if self._answering is not None:
            self._answering.cancel()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> bool:
        """Wait, and answer; even a client that has given up, since middleware takes a missing answer for an error."""
        connection = self._connection
        outcome = await self._wait(receive)
        has_data = outcome is _Outcome.READY and bool(connection.outbound)
        if has_data:
            body = connection.outbound.take()
            response = Response(body, media_type="application/octet-stream", headers=NO_CACHE_HEADERS)
        else:
            response = empty_text(200 if outcome is _Outcome.TIMED_OUT else 204, NO_CACHE_HEADERS)
        connection.sending_started()
        self._answering = answering = asyncio.get_running_loop().create_task(response(scope, receive, send))
        try:
            await asyncio.wait([answering])
        finally:
            if not answering.done():
                answering.cancel()
                await asyncio.wait([answering])
            self._answering = None
            connection.sending_finished()
        if not answering.cancelled() and (error := answering.exception()) is not None:
            _log.debug("Connection %s was lost while writing: %s", connection.connection_id, type(error).__name__)
        return outcome is _Outcome.READY and not has_data

    async def _wait(self, receive: Receive) -> _Outcome:
        """Wait until there is something to answer with."""
        connection = self._connection
        outbound = connection.outbound
        if outbound or outbound.ended:
            return _Outcome.READY
        self._superseded = superseded = asyncio.Event()
        watcher = asyncio.get_running_loop().create_task(wait_for_disconnect(receive))
        watcher.add_done_callback(lambda _: outbound.wake())
        try:
            async with asyncio.timeout(connection.options.poll_timeout):
                while not outbound and not outbound.ended and not superseded.is_set() and not watcher.done():
                    await outbound.wait()
        except TimeoutError:
            return _Outcome.TIMED_OUT
        finally:
            self._superseded = None
            watcher.cancel()
            await asyncio.wait([watcher])
        if watcher.done() and not watcher.cancelled():
            return _Outcome.ABORTED
        return _Outcome.SUPERSEDED if superseded.is_set() else _Outcome.READY
