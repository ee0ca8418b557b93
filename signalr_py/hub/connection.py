"""One client's hub connection: its messages in order, its time limits and its end."""

from __future__ import annotations

import asyncio
import enum
import logging
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING, final

from signalr_py.exceptions import ClientTimeoutError, HubException, RemoteProtocolError
from signalr_py.hub import cancellation, tasks, texts
from signalr_py.hub.clients import HubCallerClients
from signalr_py.hub.context import HubCallerContext
from signalr_py.hub.handshake import AcceptedHandshake, Handshake, RefusedHandshake
from signalr_py.protocol.handshake import encode_response
from signalr_py.protocol.messages import (
    CloseMessage,
    CompletionMessage,
    HubMessage,
    InvocationBindingFailure,
    InvocationMessage,
    PingMessage,
    StreamInvocationMessage,
)

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection

    from signalr_py.hub.handler import HubConnectionHandler
    from signalr_py.protocol.base import FrameReader, HubProtocol, InvocationBinder
    from signalr_py.protocol.serialized import SerializedHubMessage
    from signalr_py.transports.base import Duplex
    from signalr_py.types import ConnectionId, UserId

__all__ = ["HubConnection"]

_log = logging.getLogger("signalr_py.hub")


class _State(enum.Enum):
    HANDSHAKE = enum.auto()
    CONNECTING = enum.auto()
    OPEN = enum.auto()
    CLOSING = enum.auto()
    CLOSED = enum.auto()


@final
class HubConnection:
    """Stands between a duplex of bytes and the dispatcher; satisfies `ConnectionHandler` and `Receiver`.

    Messages are taken in order. A call starts while a slot is free; when none is, nothing more is taken and reading
    stops until one is given back, so nothing queues up and a single running call does not hold up other messages.
    """

    def __init__(self, duplex: Duplex, handler: HubConnectionHandler) -> None:
        self._duplex = duplex
        self._handler = handler
        self._state = _State.HANDSHAKE
        self._handshake: Handshake | None = Handshake(duplex, handler)
        self._started_at = self._last_heard = self._last_ping = handler.clock()
        self._has_pinged = False
        self._running = 0
        self._held: InvocationMessage | None = None
        self._reason: Exception | None = None
        self._is_leaving = False
        self._input_ended = False
        self._variables = copy_context()
        self._frames: FrameReader
        self._protocol: HubProtocol
        self._binder: InvocationBinder
        self.connection_id: ConnectionId = duplex.connection_id
        self.user_id: UserId | None = None
        self.context: HubCallerContext
        self.clients: HubCallerClients

    @property
    def protocol_name(self) -> str:
        """The hub protocol that the client speaks."""
        return self._protocol.name

    @property
    def request(self) -> HTTPConnection:
        """The request that opened the connection."""
        return self._duplex.request

    @property
    def is_busy(self) -> bool:
        """Whether calls of the client run, or its `on_connected`."""
        return self._running > 0 or self._state is _State.CONNECTING

    def prepare(self, message: SerializedHubMessage) -> None:
        """Encode a message in this connection's protocol."""
        message.encoded(self._protocol)

    def write(self, message: SerializedHubMessage) -> bool:
        """Write a message; dropped once the connection is closing. Returns whether the client keeps up."""
        data = message.encoded(self._protocol)
        if self._state in _WRITABLE:
            return self._duplex.write(data)
        return True

    async def drain(self) -> None:
        """Wait until the client has taken enough."""
        await self._duplex.drain()

    def answer(self, completion: CompletionMessage) -> None:
        """Write the end of a call.

        Raises:
            SerializationError: The result cannot be written.
        """
        if self._state in _WRITABLE:
            self._duplex.write(self._protocol.encode(completion))

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the client."""
        if self._handshake is not None:
            self._shake_hands(self._handshake, data)
        elif self._state in _WRITABLE:
            self._frames.feed(data)
            self._take_messages()

    def end_of_input(self) -> None:
        """Learn that the client has gone; what still runs learns it by `connection_aborted`."""
        if self._state is _State.HANDSHAKE:
            self._end_handshake()
        elif self._state in _WRITABLE:
            self._input_ended = True
            self._take_messages()
            cancellation.cancel(self.context.connection_aborted)

    def tick(self, now: float) -> None:
        """Check the time limits."""
        options = self._handler.options
        if self._state is _State.HANDSHAKE:
            if now - self._started_at >= options.handshake_timeout:
                _log.info("Connection %s did not finish its handshake in time.", self.connection_id)
                self._refuse_handshake(texts.HANDSHAKE_CANCELED)
        elif self._state in _WRITABLE:
            if self._has_pinged and self._held is None and now - self._last_heard >= options.client_timeout_interval:
                self._fail(
                    ClientTimeoutError(
                        "Client hasn't sent a message/ping within the configured client_timeout_interval "
                        f"of {options.client_timeout_interval:g} seconds."
                    )
                )
            elif now - self._last_ping >= options.keep_alive_interval and not self._duplex.has_inherent_keep_alive:
                self._last_ping = now
                self._duplex.write(self._protocol.encode(PingMessage()))

    def authentication_expired(self) -> None:
        """End the connection because its credentials have run out."""
        self._close(CloseMessage(allow_reconnect=True), None)

    def overflowed(self) -> None:
        """End the connection because the client takes too little."""
        self._close(CloseMessage(allow_reconnect=True), RemoteProtocolError("The client does not read fast enough."))

    def leave(self, *, at_once: bool) -> None:
        """Send the client away to reconnect elsewhere, because the server shuts down.

        Args:
            at_once: Whether not to wait for running calls.
        """
        if self._state is _State.HANDSHAKE:
            self._end_handshake()
        elif self._state in _WRITABLE:
            self._is_leaving = True
            if at_once or not self.is_busy:
                self._close(CloseMessage(allow_reconnect=True), None)
            else:
                self._duplex.pause_reading()

    def abort(self) -> None:
        """End the connection for good; on the home loop."""
        self._close(CloseMessage(), None)

    def _shake_hands(self, handshake: Handshake, data: bytes) -> None:
        outcome = handshake.feed(data)
        if isinstance(outcome, AcceptedHandshake):
            self._accept(outcome)
        elif isinstance(outcome, RefusedHandshake):
            self._refuse_handshake(outcome.text)

    def _accept(self, handshake: AcceptedHandshake) -> None:
        handler = self._handler
        self._handshake = None
        self._protocol = handshake.protocol
        self.user_id = handshake.user_id
        self._frames = self._protocol.frame_reader(handler.options.maximum_receive_message_size)
        self._frames.feed(handshake.remainder)
        self._binder = handler.binders[self._protocol.name]
        self.context = HubCallerContext(self._duplex, self.user_id, partial(handler.home.run, self.abort))
        self.clients = HubCallerClients(handler.lifetime, handler.home, self.connection_id)
        self._duplex.use_format(self._protocol.transfer_format)
        self._last_ping = self._last_heard = handler.clock()
        self._state = _State.CONNECTING
        self._duplex.write(encode_response())
        handler.lifetime.connected(self)
        handler.connections.add(self)
        if handler.has_connected_hook:
            self._duplex.pause_reading()
            handler.start(self._connect(), self._variables.copy())
        elif self._state is _State.CONNECTING:
            self._open()

    def _refuse_handshake(self, text: str) -> None:
        self._duplex.write(encode_response(text))
        self._end_handshake()

    def _end_handshake(self) -> None:
        if self._state is _State.HANDSHAKE:
            self._state = _State.CLOSED
            self._handshake = None
            self._duplex.close()

    async def _connect(self) -> None:
        try:
            await self._handler.dispatcher.connected(self)
        except (Exception, asyncio.CancelledError) as error:
            if tasks.is_cancelled(error):
                self._finish_closing(failed=True)
                raise
            _log.exception("%s.on_connected failed for connection %s.", self._handler.name, self.connection_id)
            text = self._handler.dispatcher.describe(texts.CONNECTION_CLOSED, error)
            self._close(CloseMessage(error=text), None)
            self._finish_closing()
            return
        if self._state is _State.CONNECTING:
            self._duplex.resume_reading()
            self._open()
        else:
            await self._disconnect()

    def _open(self) -> None:
        self._state = _State.OPEN
        self._take_messages()
        if self._is_leaving:
            self.leave(at_once=False)

    def _take_messages(self) -> None:
        """Dispatch whole messages until a call finds no free slot, or more bytes are needed.

        What a client sent before it left is still dispatched; the connection ends behind it.
        """
        frames, protocol, binder = self._frames, self._protocol, self._binder
        try:
            while self._state is _State.OPEN and self._held is None and not self._is_leaving:
                frame = frames.next_frame()
                if frame is None:
                    break
                message = protocol.decode(frame, binder)
                if message is not None:
                    self._dispatch(message)
        except RemoteProtocolError as error:
            self._fail(error)
        self._last_heard = self._handler.clock()
        if self._input_ended and self._state is _State.OPEN and self._held is None:
            if frames.buffered and not self._is_leaving:
                self._fail(RemoteProtocolError("Connection terminated while reading a message."))
            else:
                self._close(CloseMessage(allow_reconnect=True), None)

    def _dispatch(self, message: HubMessage) -> None:
        if isinstance(message, InvocationMessage):
            if message.stream_ids:
                self._handler.start(self._handler.dispatcher.invoke(self, message), self._variables.copy())
            elif self._running < self._handler.options.maximum_parallel_invocations_per_client:
                self._invoke(message)
            else:
                self._held = message
                self._duplex.pause_reading()
        elif isinstance(message, InvocationBindingFailure):
            self._handler.dispatcher.refuse(self, message)
        elif isinstance(message, StreamInvocationMessage):
            self._handler.start(self._handler.dispatcher.invoke(self, message), self._variables.copy())
        elif isinstance(message, PingMessage):
            self._has_pinged = True
        elif isinstance(message, CloseMessage):
            reason = None if message.error is None else HubException(message.error)
            self._close(CloseMessage(), reason)

    def _invoke(self, call: InvocationMessage) -> None:
        self._running += 1
        self._handler.start(self._run(call), self._variables.copy())

    async def _run(self, call: InvocationMessage) -> None:
        try:
            await self._handler.dispatcher.invoke(self, call)
        finally:
            self._running -= 1
            self._slot_is_free()

    def _slot_is_free(self) -> None:
        if self._is_leaving:
            self.leave(at_once=False)
        elif self._held is not None:
            held, self._held = self._held, None
            self._invoke(held)
            self._take_messages()
            if self._held is None:
                self._duplex.resume_reading()

    def _fail(self, error: Exception) -> None:
        _log.info("Connection %s is closed with an error: %s", self.connection_id, ascii(str(error)))
        text = self._handler.dispatcher.describe(texts.CONNECTION_CLOSED, error)
        self._close(CloseMessage(error=text, allow_reconnect=True), error)

    def _close(self, message: CloseMessage, reason: Exception | None) -> None:
        """Say goodbye and let `on_disconnected` run; only the first call counts."""
        if self._state not in _WRITABLE:
            return
        was_connecting = self._state is _State.CONNECTING
        self._state = _State.CLOSING
        self._reason = reason
        self._held = None
        self._duplex.write(self._protocol.encode(message))
        cancellation.cancel(self.context.connection_aborted)
        if not was_connecting or not self._handler.has_connected_hook:
            self._handler.schedule(self._disconnect(), self._variables.copy())

    async def _disconnect(self) -> None:
        failed = True
        try:
            if self._handler.has_disconnected_hook:
                await self._handler.dispatcher.disconnected(self, self._reason)
            failed = False
        except (Exception, asyncio.CancelledError) as error:
            if tasks.is_cancelled(error):
                raise
            _log.exception("%s.on_disconnected failed for connection %s.", self._handler.name, self.connection_id)
        finally:
            self._finish_closing(failed=failed)

    def _finish_closing(self, *, failed: bool = False) -> None:
        self._state = _State.CLOSED
        self._handler.lifetime.disconnected(self)
        self._handler.connections.discard(self)
        self._duplex.close(failed=failed)


_WRITABLE = frozenset({_State.CONNECTING, _State.OPEN})
