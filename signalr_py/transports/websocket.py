"""WebSockets over ASGI: reads in the request's own task, writes at once where the host allows it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Any, Final, final

if TYPE_CHECKING:
    from collections.abc import Coroutine, Generator

    from starlette.types import Message, Receive, Send

    from signalr_py.transports.connection import TransportConnection

__all__ = ["WebSocketTransport"]

_CLOSE_TIMEOUT: Final = 5.0
_FRAME_SIZE: Final = 65_536
_log = logging.getLogger("signalr_py.transports.websocket")


@final
class _Started:
    """An awaitable that was run up to its first suspension by a plain call, and is finished by `await`."""

    __slots__ = ("_steps", "_yielded")

    def __init__(self, steps: Generator[Any, Any, Any], yielded: Any) -> None:
        self._steps = steps
        self._yielded = yielded

    def __await__(self) -> Generator[Any, Any, None]:
        steps = self._steps
        yielded = self._yielded
        try:
            while True:
                try:
                    sent = yield yielded
                except BaseException as error:  # noqa: BLE001 - whatever is thrown in belongs to the awaitable
                    yielded = steps.throw(error)
                else:
                    yielded = steps.send(sent)
        except StopIteration:
            return

    def close(self) -> None:
        """Give it up without finishing it."""
        self._steps.close()


@final
class WebSocketTransport:
    """Carries a connection over one accepted WebSocket.

    A message is sent by a plain call when nothing else is on its way. When the host's `send` suspends, one writer task
    finishes it and takes over until the buffer is empty, so there is at most one task and no task per message.
    """

    def __init__(
        self, connection: TransportConnection, receive: Receive, send: Send, *, close_timeout: float = _CLOSE_TIMEOUT
    ) -> None:
        self._connection = connection
        self._close_timeout = close_timeout
        self._receive = receive
        self._send = send
        self._started: _Started | None = None
        self._writer: asyncio.Task[None] | None = None
        self._task: asyncio.Task[Any] | None = None
        self._is_interrupted = False
        self._writing = False
        self._aborted = False
        self._lost = False

    async def run(self, subprotocol: str | None = None) -> None:
        """Accept the upgrade and carry the connection until both sides have finished.

        Args:
            subprotocol: Sub-protocol to answer with.
        """
        connection = self._connection
        try:
            if await self._is_accepted(subprotocol):
                self._task = asyncio.current_task()
                connection.attach(self)
                if connection.outbound:
                    self._start_writer()
                has_finished = connection.has_ended or await self._is_stopped(self._read())
                if has_finished and not self._aborted:
                    await self._is_stopped(self._close())
        finally:
            self._task = None
            self._lost = True
            connection.end_of_input()
            connection.detach()
            await self._stop_writing()
        await connection.wait_ended()

    def send_now(self, data: bytes) -> bool:
        """Send in a plain call if nothing is on its way."""
        if self._writing:
            return False
        steps = self._send(self._message(data)).__await__()
        try:
            yielded = next(steps)
        except StopIteration:
            return True
        except Exception as error:  # noqa: BLE001 - hosts raise errors of their own for a lost client
            self._lose(error)
            return True
        self._started = _Started(steps, yielded)
        self._start_writer()
        return True

    def finish(self) -> None:
        """Stop reading, and close the socket as soon as everything is written."""
        self._interrupt()

    def abort(self) -> None:
        """Stop writing and reading at once."""
        self._aborted = True
        if self._writer is not None:
            self._writer.cancel()
        self._interrupt()

    async def _is_accepted(self, subprotocol: str | None) -> bool:
        try:
            await self._send({"type": "websocket.accept", "subprotocol": subprotocol, "headers": []})
        except Exception as error:  # noqa: BLE001 - hosts raise errors of their own for a lost client
            self._lose(error)
        return not self._lost

    async def _stop_writing(self) -> None:
        if self._writer is not None:
            self._writer.cancel()
            await asyncio.wait([self._writer])
        if self._started is not None:
            self._started.close()

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

    def _message(self, data: bytes) -> Message:
        if self._connection.binary:
            return {"type": "websocket.send", "bytes": data}
        return {"type": "websocket.send", "text": data.decode()}

    def _start_writer(self) -> None:
        self._writing = True
        if self._writer is None:
            self._writer = asyncio.get_running_loop().create_task(self._write(), name="signalr_py websocket writer")
        else:
            self._connection.outbound.wake()

    async def _write(self) -> None:
        connection = self._connection
        outbound = connection.outbound
        try:
            while True:
                self._writing = True
                connection.sending_started()
                started, self._started = self._started, None
                if started is not None:
                    await started
                while outbound:
                    await self._send(self._message(outbound.take(_FRAME_SIZE)))
                connection.sending_finished()
                self._writing = False
                if outbound.ended:
                    return
                await outbound.wait()
        except Exception as error:  # noqa: BLE001 - hosts raise errors of their own for a lost client
            self._lose(error)

    async def _read(self) -> None:
        connection = self._connection
        receive = self._receive
        while True:
            message = await receive()
            kind = message["type"]
            if kind == "websocket.receive":
                await connection.wait_readable()
                data = message.get("bytes")
                connection.feed(data if data is not None else message["text"].encode())
            elif kind == "websocket.disconnect":
                return

    async def _close(self) -> None:
        """Close the socket once everything is written, and wait for the client to do the same.

        Nothing receives meanwhile, since there are hosts whose `send` waits until a pending `receive` is over.
        """
        connection = self._connection
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
                while (await self._receive())["type"] != "websocket.disconnect":
                    pass

    def _lose(self, error: Exception) -> None:
        _log.debug("Connection %s was lost while writing: %s", self._connection.connection_id, type(error).__name__)
        self._lost = True
        self._connection.outbound.clear()
        self._connection.end_of_input()
