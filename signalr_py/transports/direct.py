"""Carrying a connection over a WebSocket that the host offers for plain calls."""

from __future__ import annotations

import asyncio
import logging
from contextvars import copy_context
from typing import TYPE_CHECKING, Final, final

from signalr_py.transports.sending import report_loss
from signalr_py.transports.turns import write_pending

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Send

    from signalr_py.transports.connection import TransportConnection
    from signalr_py.transports.direct_socket import DirectWebSocket, MessageEncoder
    from signalr_py.transports.stateful import StatefulConnection
    from signalr_py.transports.turns import TurnWriter

__all__ = ["DirectTransport"]

_PENDING_SIZE: Final = 65_536
_NO_GOODBYE: Final = frozenset({1005, 1006})
_log = logging.getLogger("signalr_py.transports")


@final
class DirectTransport:
    """Carries a connection over one WebSocket that the host offers for plain calls.

    What the hub writes while it takes a message of the client goes out with it at once; anything else goes out at the
    beginning of the next turn of the event loop. Either way it is one write, whatever the number of messages.

    It serves one socket, as `WebSocketTransport` does, and the hub runs with the context variables of the request. The
    request itself may end as soon as the WebSocket is open: see `DirectWebSocket.outlive_request`.

    Attributes:
        pending: The message, or the messages, that go out with the next write, if there are any.
        encoder: Makes frames of them, once it is chosen.
        write_frames: Writes to the socket.

    Args:
        connection: What it carries.
        send: The host's.
        socket: What the host offers.
        turns: Writes once per turn of the event loop.
        finished: Called when the connection needs no transport any more, if the request has ended before.
        close_timeout: Seconds that the client has to close its side.
        may_outlive_request: Whether the server waits for the connection at its end, so that the request need not.
        returns_to: The same connection, if this is not its first socket.
    """

    __slots__ = (
        "_close_timeout",
        "_closing",
        "_code",
        "_connection",
        "_done",
        "_finished",
        "_is_blocked",
        "_is_corked",
        "_is_finished",
        "_is_held",
        "_is_lost",
        "_may_outlive_request",
        "_pending_size",
        "_rest",
        "_returns_to",
        "_run",
        "_send",
        "_slice_size",
        "_socket",
        "_turns",
        "_waiting",
        "encoder",
        "pending",
        "write_frames",
    )

    def __init__(
        self,
        connection: TransportConnection,
        send: Send,
        *,
        socket: DirectWebSocket,
        turns: TurnWriter,
        finished: Callable[[TransportConnection], None],
        close_timeout: float,
        may_outlive_request: bool,
        returns_to: StatefulConnection | None = None,
    ) -> None:
        self._connection = connection
        self._send = send
        self._socket = socket
        self._turns = turns
        self._waiting = turns.waiting
        self._close_timeout = close_timeout
        self._may_outlive_request = may_outlive_request
        self._returns_to = returns_to
        self._finished = finished
        self._run: Callable[[Callable[[bytes], None], bytes], None] = copy_context().run
        self.pending: bytes | list[bytes] | None = None
        self._pending_size = 0
        self._slice_size = connection.options.application_max_buffer_size or _PENDING_SIZE
        self._rest: bytearray | None = None
        self._is_corked = False
        self._is_blocked = True
        self._is_finished = False
        self._is_held = False
        self._is_lost = False
        self._code = 1006
        self._closing: asyncio.TimerHandle | None = None
        self._done: asyncio.Future[None] | None = None
        self.encoder: MessageEncoder | None = None
        self.write_frames: Callable[[bytes], None]

    async def run(self, subprotocol: str | None = None) -> None:
        """Accept the upgrade and carry the connection until both sides have finished, or the client may come back.

        Args:
            subprotocol: Sub-protocol to answer with.
        """
        is_left_open = False
        try:
            if await self._is_accepted(subprotocol):
                self._begin()
                if self._done is not None:
                    await self._done
                else:
                    is_left_open = not self._is_lost or self._rest is not None
        finally:
            if not is_left_open:
                self._release()
        if not is_left_open and not self._connection.is_kept:
            await self._connection.wait_ended()

    def send_now(self, data: bytes) -> bool:
        """Send with the next write to the socket, unless the client does not take what was written."""
        if self._is_blocked:
            return self._is_lost
        if self.pending is not None:
            self._append(data)
            return True
        self.pending = data
        if not self._is_corked:
            waiting = self._waiting
            if not waiting:
                self._turns.schedule()
            waiting.append(self)
        return True

    def choose_encoder(self) -> MessageEncoder:
        """Encode in the format of the connection, which is known by the time that it says something."""
        encoder = self.encoder = self._socket.encoder(binary=self._connection.binary)
        return encoder

    def flush(self) -> None:
        """Write to the socket what has been collected."""
        write_pending(self)

    def finish(self) -> None:
        """Close the socket as soon as everything is written."""
        self._is_finished = True
        if not self._is_blocked:
            self.flush()
        if not self._is_blocked:
            self._close(self._connection.close_code)

    def abort(self) -> None:
        """Stop writing at once; a client that does not read is dropped, another one is told."""
        is_stalled = self._is_blocked
        self.pending = self._rest = None
        self._run = _take_nothing
        if is_stalled:
            self._is_lost = True
            self._socket.abort()
        else:
            self._close(1000)

    def message_received(self, data: bytes, *, is_last: bool) -> None:
        """Hand a message to the hub, and send what it writes meanwhile; a large one comes to the hub in slices."""
        if self._rest is not None or len(data) > self._slice_size:
            self._take_later(data)
            return
        is_added = self.pending is not None
        self._is_corked = True
        try:
            self._run(self._connection.feed, data)
        except Exception as error:  # noqa: BLE001 - the request, whose host can tell, fails with it
            self._fail(error)
        self._is_corked = False
        if self.pending is not None:
            if is_last:
                write_pending(self)
            elif not is_added:
                self._flush_soon()
        reading = self._connection.reading
        if not reading.is_open and not self._is_held:
            self._hold()
            reading.when_open(self._read_on)

    def writing_paused(self) -> None:
        """Leave messages to the buffer of the connection from now on."""
        self._is_blocked = True
        if not self._is_lost and self._closing is None:
            self._connection.sending_started()

    def writing_resumed(self) -> None:
        """Send what waits in the buffer of the connection, as far as the client takes it."""
        if self._is_lost or self._closing is not None:
            return
        self._is_blocked = False
        self.flush()
        outbound = self._connection.outbound
        while outbound and not self._is_blocked:
            encoder = self.encoder or self.choose_encoder()
            self.write_frames(encoder.encode(outbound.take(_PENDING_SIZE)))
        if not self._is_blocked:
            self._connection.sending_finished()
            if self._is_finished:
                self._close(self._connection.close_code)

    def disconnected(self, code: int) -> None:
        """Give the connection up, behind what the client sent before it left."""
        self._code = code
        self._is_lost = self._is_blocked = True
        self.pending = None
        if self._run is _take_nothing:
            self._rest = None
        if self._rest is None:
            self._let_go()

    def _let_go(self) -> None:
        if self._done is None:
            self._release()
            if not self._connection.is_kept:
                self._connection.when_ended(self._finished)
        elif not self._done.done():
            self._done.set_result(None)

    def _begin(self) -> None:
        """Carry the connection."""
        connection = self._connection
        returns_to = self._returns_to
        self.write_frames = self._socket.write
        self._is_blocked = False
        if returns_to is not None and not returns_to.resume(self):
            self._close(1000)
        else:
            if returns_to is None:
                connection.attach(self)
            else:
                returns_to.repeat()
            self.writing_resumed()
            if connection.has_ended:
                self.finish()
        if not (self._may_outlive_request and self._socket.outlive_request()):
            self._done = asyncio.get_running_loop().create_future()
        self._socket.start(self)

    def _release(self) -> None:
        is_goodbye = self._code not in _NO_GOODBYE and self._run is not _take_nothing
        self._is_lost = self._is_blocked = True
        self.pending = None
        self._run = _take_nothing
        if self._closing is not None:
            self._closing.cancel()
        self._connection.release(self, is_goodbye=is_goodbye)

    def _fail(self, error: Exception) -> None:
        self._run = _take_nothing
        if self._done is None:
            _log.error("Connection %s failed.", self._connection.connection_id, exc_info=error)
            self._close(1011)
        elif not self._done.done():
            self._done.set_exception(error)

    def _hold(self) -> None:
        if not self._is_held:
            self._is_held = True
            self._socket.pause_reading()

    def _read_on(self) -> None:
        if self._is_held and self._rest is None:
            self._is_held = False
            self._socket.resume_reading()

    def _take_later(self, data: bytes) -> None:
        """Take a large message, and what has come behind it, in slices between which others have their turn."""
        if self._rest is None:
            self._rest = bytearray()
            self._hold()
            self._go_on()
        self._rest += data

    def _go_on(self) -> None:
        reading = self._connection.reading
        if reading.is_open:
            asyncio.get_running_loop().call_soon(self._take_slice)
        else:
            reading.when_open(self._go_on)

    def _take_slice(self) -> None:
        rest, self._rest = self._rest, None
        if rest is None:
            return
        self.message_received(bytes(rest[: self._slice_size]), is_last=True)
        del rest[: self._slice_size]
        reading = self._connection.reading
        if rest and self._run is not _take_nothing:
            self._rest = rest
            self._go_on()
        elif self._is_lost:
            self._let_go()
        elif reading.is_open:
            self._read_on()
        else:
            reading.when_open(self._read_on)

    async def _is_accepted(self, subprotocol: str | None) -> bool:
        try:
            await self._send({"type": "websocket.accept", "subprotocol": subprotocol, "headers": []})
        except Exception as error:  # noqa: BLE001 - hosts raise errors of their own for a lost client
            report_loss(self._connection.connection_id, error)
            return False
        return True

    def _append(self, data: bytes) -> None:
        pending = self.pending
        if isinstance(pending, list):
            pending.append(data)
        else:
            assert pending is not None
            self.pending = [pending, data]
            self._pending_size = len(pending)
        self._pending_size += len(data)
        if self._pending_size >= _PENDING_SIZE:
            self.flush()

    def _flush_soon(self) -> None:
        if not self._waiting:
            self._turns.schedule()
        self._waiting.append(self)

    def _close(self, code: int) -> None:
        """Close the socket behind what is written, and drop it if the client does not do the same in time."""
        if self._closing is None:
            loop = asyncio.get_running_loop()
            self._closing = loop.call_later(self._close_timeout, self._socket.abort)
            self._run = _take_nothing
            self.flush()
            self._is_blocked = True
            self._socket.close(code)


def _take_nothing(feed: Callable[[bytes], None], data: bytes) -> None:
    """Stand in for the request's variables once the client is not listened to any more."""
