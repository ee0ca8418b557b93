"""WebSockets over ASGI: reads in the request's own task, writes at once where the host allows it."""

from __future__ import annotations

import asyncio
import contextlib
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, Final, final

from signalr_py.transports.sending import coroutine_function, report_loss, start_at_once

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from starlette.types import Message, Receive, Send

    from signalr_py.transports.connection import TransportConnection
    from signalr_py.transports.stateful import StatefulConnection

__all__ = ["WebSocketTransport"]

_FRAME_SIZE: Final = 65_536
_NO_GOODBYE: Final = frozenset({1005, 1006})
"""Codes of a disconnect without a close frame; some hosts also use them for a frame without a code, or for any."""


@final
class WebSocketTransport:
    """Carries a connection over one accepted WebSocket.

    When nothing else is on its way, a message is sent within the call that writes it, by a task that starts at once and
    usually ends at once, so that the event loop never hears of it. When the host's `send` suspends and more is written
    before that task has ended, one writer takes over behind it until the buffer is empty. Python 3.11 cannot start
    tasks so: there, the writer sends everything.

    It serves one socket: when the client of a stateful connection comes back, another one serves the new socket, and
    this one leaves.

    Every send runs with the context variables of the request, whoever writes.

    Args:
        connection: What it carries.
        receive: The host's.
        send: The host's.
        close_timeout: Seconds that the client has to close its side.
        returns_to: The same connection, if this is not its first socket.
    """

    def __init__(
        self,
        connection: TransportConnection,
        receive: Receive,
        send: Send,
        *,
        close_timeout: float,
        returns_to: StatefulConnection | None = None,
    ) -> None:
        self._connection = connection
        self._outbound = connection.outbound
        self._close_timeout = close_timeout
        self._returns_to = returns_to
        self._receive = receive
        self._send = coroutine_function(send)
        self._loop = asyncio.get_running_loop()
        self._variables = copy_context()
        self._suspended: asyncio.Task[None] | None = None
        self._writer: asyncio.Task[None] | None = None
        self._task: asyncio.Task[Any] | None = None
        self._is_interrupted = False
        self._writing = False
        self._aborted = False
        self._lost = False
        self._is_goodbye = False
        self._is_refused = False

    async def run(self, subprotocol: str | None = None) -> None:
        """Accept the upgrade and carry the connection until both sides have finished, or the client may come back.

        Args:
            subprotocol: Sub-protocol to answer with.
        """
        connection = self._connection
        try:
            if await self._is_accepted(subprotocol):
                self._task = asyncio.current_task()
                await self._carry()
        finally:
            self._task = None
            self._lost = True
            connection.release(self, is_goodbye=self._is_goodbye)
            await self._stop_writing()
        if self._is_refused or (self._aborted and connection.is_kept):
            await self._leave()
        elif not connection.is_kept:
            await connection.wait_ended()

    def send_now(self, data: bytes) -> bool:
        """Send within this call if nothing is on its way and Python can."""
        if self._writing:
            return self._lost
        self._writing = True
        try:
            task = start_at_once(self._send, self._frame(data), self._loop, self._variables.copy())
            if task is not None and task.done():
                task.result()
                self._writing = False
                if self._outbound.count:
                    self._start_writer()
                return True
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - hosts raise errors of their own
            self._note_loss(error)
            self._loop.call_soon(self._connection.lose, self)
            return True
        if task is None:
            self._start_writer()
            return False
        self._suspended = task
        task.add_done_callback(self._sent)
        self._connection.sending_started()
        return True

    def finish(self) -> None:
        """Stop reading, and close the socket as soon as everything is written."""
        self._interrupt()

    def abort(self) -> None:
        """Stop writing and reading at once."""
        self._aborted = True
        self._cancel_writing()
        self._interrupt()

    async def _carry(self) -> None:
        connection = self._connection
        returns_to = self._returns_to
        if returns_to is None:
            connection.attach(self)
        elif returns_to.resume(self):
            self._outbound = connection.outbound
            returns_to.repeat()
        else:
            self._is_refused = True
            return
        if self._outbound.count:
            self._start_writer()
        has_finished = connection.has_ended or await self._is_stopped(self._read())
        if has_finished and not self._aborted:
            await self._is_stopped(self._close())

    async def _leave(self) -> None:
        """Close a socket that carries nothing any more; the client may be long gone."""
        with contextlib.suppress(Exception):
            async with asyncio.timeout(self._close_timeout):
                await self._send({"type": "websocket.close", "code": 1000, "reason": ""})
                await self._wait_for_disconnect()

    async def _wait_for_disconnect(self) -> None:
        while (await self._receive())["type"] != "websocket.disconnect":
            pass

    async def _is_accepted(self, subprotocol: str | None) -> bool:
        try:
            await self._send({"type": "websocket.accept", "subprotocol": subprotocol, "headers": []})
        except Exception as error:  # noqa: BLE001 - hosts raise errors of their own for a lost client
            self._lose(error)
        return not self._lost

    def _cancel_writing(self) -> list[asyncio.Task[None]]:
        tasks = [task for task in (self._suspended, self._writer) if task is not None]
        for task in tasks:
            task.cancel()
        return tasks

    async def _stop_writing(self) -> None:
        if tasks := self._cancel_writing():
            await asyncio.wait(tasks)

    def _interrupt(self) -> None:
        if self._task is not None and not self._is_interrupted:
            self._is_interrupted = True
            self._task.cancel()

    async def _is_stopped(self, work: Coroutine[Any, Any, None]) -> bool:
        """Do some work until it is done or `finish` or `abort` stop it; tell whether they did."""
        task = self._task
        assert task is not None
        try:
            await work
            if self._is_interrupted:
                await asyncio.sleep(0)
        except asyncio.CancelledError:
            if not self._is_interrupted:
                raise
            self._is_interrupted = False
            if task.uncancel() > 0:
                raise
            return True
        return False

    def _frame(self, data: bytes) -> Message:
        if self._connection.binary:
            return {"type": "websocket.send", "bytes": data}
        return {"type": "websocket.send", "text": data.decode()}

    def _sent(self, task: asyncio.Task[None]) -> None:
        """Go on behind a send that had suspended."""
        self._suspended = None
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if self._aborted or self._lost:
            return
        if error is not None:
            self._lose(error)
        elif self._outbound.count:
            self._start_writer()
        else:
            self._writing = False
            self._connection.sending_finished()

    def _start_writer(self) -> None:
        self._writing = True
        if self._writer is None:
            self._writer = self._loop.create_task(
                self._write(), name="signalr_py websocket writer", context=self._variables.copy()
            )
        else:
            self._outbound.wake()

    async def _write(self) -> None:
        connection = self._connection
        outbound = self._outbound
        try:
            while True:
                await self._wait_for_suspended()
                if self._lost:
                    return
                self._writing = True
                while outbound.count:
                    connection.sending_started()
                    await self._send(self._frame(outbound.take(_FRAME_SIZE)))
                connection.sending_finished()
                self._writing = False
                if outbound.ended:
                    return
                await outbound.wait()
        except asyncio.CancelledError as error:
            assert self._writer is not None
            if self._writer.cancelling():
                raise
            self._lose(error)
        except Exception as error:  # noqa: BLE001 - hosts raise errors of their own for a lost client
            self._lose(error)

    async def _wait_for_suspended(self) -> None:
        while self._suspended is not None:
            await asyncio.wait([self._suspended])

    async def _read(self) -> None:
        connection = self._connection
        receive, reading = self._receive, connection.reading
        slice_size = connection.options.application_max_buffer_size or _FRAME_SIZE
        while True:
            message = await receive()
            kind = message["type"]
            if kind == "websocket.receive":
                if not reading.is_open:
                    await connection.wait_readable()
                text = message.get("text")
                data = message["bytes"] if text is None else text.encode()
                if len(data) <= slice_size:
                    connection.feed(data)
                else:
                    await self._feed_slices(data, slice_size)
            elif kind == "websocket.disconnect":
                self._is_goodbye = message.get("code", 1005) not in _NO_GOODBYE
                return

    async def _feed_slices(self, data: bytes, size: int) -> None:
        """Feed a large message in slices, between which others have their turn and the hub may pause reading."""
        connection = self._connection
        for start in range(0, len(data), size):
            await connection.wait_readable()
            connection.feed(data[start : start + size])
            await asyncio.sleep(0)

    async def _close(self) -> None:
        """Close the socket once everything is written, and wait for the client to do the same.

        Nothing receives meanwhile, since there are hosts whose `send` waits until a pending `receive` is over.
        """
        connection = self._connection
        await self._wait_for_suspended()
        if self._writer is not None:
            await asyncio.wait([self._writer])
        if self._lost:
            return
        connection.sending_started()
        try:
            await self._send({"type": "websocket.close", "code": connection.close_code, "reason": ""})
        except Exception as error:  # noqa: BLE001 - hosts raise errors of their own for a lost client
            self._lose(error)
            return
        connection.sending_finished()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._close_timeout):
                await self._wait_for_disconnect()

    def _note_loss(self, error: BaseException) -> None:
        report_loss(self._connection.connection_id, error)
        self._lost = self._writing = True
        self._outbound.clear()

    def _lose(self, error: BaseException) -> None:
        self._note_loss(error)
        self._connection.lose(self)
