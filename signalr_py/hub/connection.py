"""One client's hub connection: its messages in order, its time limits and its end."""

from __future__ import annotations

import asyncio
import logging
import math
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, Final, final

from signalr_py.exceptions import ClientDisconnectedError, ClientTimeoutError, HubException, RemoteProtocolError
from signalr_py.hub import tasks, texts
from signalr_py.hub.equipment import EquippedConnection
from signalr_py.hub.handshake import AcceptedHandshake, Handshake, RefusedHandshake
from signalr_py.hub.incoming import IncomingMessages
from signalr_py.hub.outgoing import ConnectionState
from signalr_py.hub.reconnection import Reconnection
from signalr_py.hub.refreshes import AuthenticationRefreshes
from signalr_py.protocol.handshake import RECONNECTING_VERSION, encode_response
from signalr_py.protocol.messages import CloseMessage

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from contextvars import Context

    from starlette.requests import HTTPConnection

    from signalr_py.hub.handler import HubConnectionHandler
    from signalr_py.protocol.base import HubProtocol
    from signalr_py.transports.base import Duplex
    from signalr_py.types import UserId

__all__ = ["HubConnection"]

_AT_ONCE: Final = -math.inf
_log = logging.getLogger("signalr_py.hub")


@final
class HubConnection(EquippedConnection):
    """Stands between a duplex of bytes and the dispatcher; satisfies `ConnectionHandler` and `Receiver`.

    It knows the states of a connection, from the handshake to its end, and the time limits; `IncomingMessages` takes
    what the client sends.

    Attributes:
        is_leaving: Whether the client is sent away as soon as its calls have ended.
        variables: The context variables that each of its calls begins with.
    """

    __slots__ = (
        "_due",
        "_handshake",
        "_has_pinged",
        "_incoming",
        "_input_ended",
        "_last_heard",
        "_last_ping",
        "_reason",
        "_reconnection",
        "_refreshes",
        "_was_heard",
        "is_leaving",
        "variables",
    )

    def __init__(self, duplex: Duplex, handler: HubConnectionHandler) -> None:
        super().__init__(duplex, handler)
        self.is_leaving: bool = False
        self.variables: Context = copy_context()
        self._handshake: Handshake | None = Handshake(duplex, handler)
        self._last_heard = self._last_ping = handler.clock()
        self._due = _AT_ONCE
        self._was_heard = False
        self._has_pinged = False
        self._input_ended = False
        self._incoming: IncomingMessages
        self._reconnection: Reconnection | None = None
        self._refreshes: AuthenticationRefreshes | None = None
        self._reason: Exception | None = None

    @property
    def request(self) -> HTTPConnection:
        """The request that opened the connection."""
        return self._duplex.request

    @property
    def is_busy(self) -> bool:
        """Whether calls of the client run, other than streams, or its `on_connected`."""
        return self._state is ConnectionState.CONNECTING or self._incoming.is_busy

    async def drain_stream(self) -> None:
        """Wait until the client has taken enough of a stream, also while a call that waits for a slot holds it up."""
        await self._output.drain()
        if self._reconnection is not None and self._incoming.holds_call:
            await self._reconnection.drain_unseen()

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the client."""
        if self.is_open:
            try:
                self._incoming.take(data)
            except RemoteProtocolError as error:
                self._fail(error)
            self._was_heard = True
        elif self._handshake is not None:
            self._shake_hands(self._handshake, data)

    def end_of_input(self) -> None:
        """Learn that the client has gone; what still runs learns it by `connection_aborted`."""
        if self._state is ConnectionState.HANDSHAKE:
            self._end_handshake()
        elif self.is_open:
            self._input_ended = True
            self.take_messages()
            if self.is_open:
                self._client_has_gone()
                self.take_messages()

    def reconnected(self) -> None:
        """Go on with a client that is back; it sends again what the hub has not had, and the hub does the same."""
        if self._reconnection is not None and self.is_open:
            self._was_heard = True
            self._incoming.start_over()
            self._reconnection.reconnected()

    def tick(self, now: float) -> float:
        """Check the time limits; what the client has sent since the last time counts as sent now.

        Returns:
            Until when nothing is to be done, unless the client is heard before.
        """
        if self._was_heard:
            self._was_heard = False
            self._last_heard = now
        elif now < self._due:
            return self._due
        self._due = self._check_time(now)
        return self._due

    def authentication_expired(self) -> None:
        """End the connection because its credentials are not accepted any longer."""
        if self._state is ConnectionState.HANDSHAKE:
            self._end_handshake()
        else:
            self._close(CloseMessage(allow_reconnect=True), None)

    def authentication_refreshed(self) -> bool:
        """Learn that the request has the user of a newer token; returns whether the user's id is still the same."""
        if not self.is_open:
            return True
        if self._refreshes is None:
            self._refreshes = AuthenticationRefreshes(self, self._handler)
        if not self._refreshes.is_same_user():
            return False
        self._refreshes.note()
        return True

    def overflowed(self) -> None:
        """End the connection because the client takes too little."""
        self._close(CloseMessage(allow_reconnect=True), RemoteProtocolError("The client does not read fast enough."))

    def leave(self, *, at_once: bool) -> None:
        """Send the client away to reconnect elsewhere, because the server shuts down.

        Args:
            at_once: Whether not to wait for running calls.
        """
        if self._state is ConnectionState.HANDSHAKE:
            self._end_handshake()
        elif self.is_open:
            self.is_leaving = True
            self._incoming.take_held()
            if at_once or not self.is_busy:
                self._close(CloseMessage(allow_reconnect=True), None)

    def take_messages(self) -> None:
        """Take what the client has sent, as far as that is possible by now.

        What a client sent before it left is still taken; the connection ends behind it.
        """
        if not self.is_open:
            return
        incoming = self._incoming
        self.feed(b"")
        if self._input_ended and self._state is ConnectionState.OPEN and not incoming.is_held:
            if incoming.is_incomplete and not self.is_leaving:
                self._fail(RemoteProtocolError("Connection terminated while reading a message."))
            else:
                self._close(CloseMessage(allow_reconnect=True), None)

    def client_pinged(self) -> None:
        """Note that the client pings, so that its silence means something from now on."""
        self._has_pinged = True

    def client_closed(self, error: str | None) -> None:
        """End the connection because the client says goodbye.

        Args:
            error: Why, if it is not by intention.
        """
        self._close(CloseMessage(), None if error is None else HubException(error))

    def start(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Run a call of the client, with context variables of its own."""
        self._handler.start(coroutine, self.variables.copy())

    def call_has_ended(self) -> None:
        """Go on leaving, if that is what the connection waits for."""
        if self.is_leaving:
            self.leave(at_once=False)

    def abort(self) -> None:
        """End the connection for good; on the home loop."""
        self._close(CloseMessage(), None)

    def _check_time(self, now: float) -> float:
        """Check the time limits, and return when they have to be checked again, unless the client is heard before."""
        options = self._handler.options
        if self._state is ConnectionState.HANDSHAKE:
            due = self._last_heard + options.handshake_timeout
            if now >= due:
                _log.info("Connection %s did not finish its handshake in time.", self.connection_id)
                self._refuse_handshake(texts.HANDSHAKE_CANCELED)
            return due
        if not self.is_open:
            return math.inf
        silent = self._last_heard + options.client_timeout_interval if self._has_pinged else math.inf
        if now >= silent and not self._incoming.is_held and not self._duplex.is_suspended:
            self._fail(
                ClientTimeoutError(
                    "Client hasn't sent a message/ping within the configured client_timeout_interval "
                    f"of {options.client_timeout_interval:g} seconds."
                )
            )
        elif now >= self._last_ping + options.keep_alive_interval and not self._duplex.has_inherent_keep_alive:
            self._last_ping = now
            if self._duplex.keeps_up:
                self._duplex.write(self._handler.pings[self.protocol_name])
        if self._reconnection is not None:
            if self.is_open:
                self._reconnection.tick(now)
            return now
        if self._incoming.is_held or self._state is ConnectionState.CONNECTING:
            return now
        return min(silent, self._last_ping + options.keep_alive_interval)

    def _shake_hands(self, handshake: Handshake, data: bytes) -> None:
        outcome = handshake.feed(data)
        if isinstance(outcome, AcceptedHandshake):
            self._accept(outcome)
        elif isinstance(outcome, RefusedHandshake):
            self._refuse_handshake(outcome.text)

    def _accept(self, handshake: AcceptedHandshake) -> None:
        handler = self._handler
        self._handshake = None
        self.protocol: HubProtocol = handshake.protocol
        self.protocol_name: str = handshake.protocol.name
        self.user_id: UserId | None = handshake.user_id
        if handshake.version >= RECONNECTING_VERSION and self._duplex.enable_reconnect():
            size = handler.options.stateful_reconnect_buffer_size
            self._output = self._reconnection = Reconnection(
                self._duplex, self.protocol, size, overflowed=self.overflowed, failed=self._fail
            )
        self._incoming = IncomingMessages(self, handler, self.protocol, self._output, self._reconnection)
        self._incoming.take(handshake.remainder)
        self._duplex.use_format(self.protocol.transfer_format)
        self._last_ping = self._last_heard = handler.clock()
        self._due = _AT_ONCE
        self._enter(ConnectionState.CONNECTING)
        self._duplex.write(encode_response())
        handler.lifetime.connected(self)
        handler.connections.add(self)
        if handler.dispatcher.hooks.has_connected:
            self._output.pause_reading()
            handler.start(self._connect(), self.variables.copy())
        elif self._state is ConnectionState.CONNECTING:
            self._open()

    def _refuse_handshake(self, text: str) -> None:
        self._duplex.write(encode_response(text))
        self._end_handshake()

    def _end_handshake(self) -> None:
        if self._state is ConnectionState.HANDSHAKE:
            self._enter(ConnectionState.CLOSED)
            self._handshake = None
            self._duplex.close()

    async def _connect(self) -> None:
        try:
            await self._handler.dispatcher.hooks.connected(self)
        except (Exception, asyncio.CancelledError) as error:
            if tasks.is_cancelled(error):
                self._finish_closing(failed=True)
                raise
            _log.exception("%s.on_connected failed for connection %s.", self._handler.name, self.connection_id)
            text = self._handler.dispatcher.describe(texts.CONNECTION_CLOSED, error)
            self._close(CloseMessage(error=text), None)
            self._finish_closing()
            return
        if self._state is ConnectionState.CONNECTING:
            self._output.resume_reading()
            self._open()
        else:
            await self._disconnect()

    def _open(self) -> None:
        self._enter(ConnectionState.OPEN)
        if self._refreshes is not None:
            self._refreshes.tell()
        self.take_messages()
        if self.is_leaving:
            self.leave(at_once=False)

    def _client_has_gone(self) -> None:
        """Tell everything that waits for the client, or works for it, that it has gone."""
        self.abort_context()
        self._incoming.client_has_gone(ClientDisconnectedError("The underlying connection was closed."))
        self._handler.lifetime.results.connection_ended(self.connection_id)

    def _fail(self, error: Exception) -> None:
        _log.info("Connection %s is closed with an error: %s", self.connection_id, ascii(str(error)))
        text = self._handler.dispatcher.describe(texts.CONNECTION_CLOSED, error)
        self._close(CloseMessage(error=text, allow_reconnect=True), error)

    def _close(self, message: CloseMessage, reason: Exception | None) -> None:
        """Say goodbye and let `on_disconnected` run; only the first call counts."""
        if not self.is_open:
            return
        was_connecting = self._state is ConnectionState.CONNECTING
        self._enter(ConnectionState.CLOSING)
        self._reason = reason
        self._incoming.drop_held()
        if self._reconnection is not None:
            self._reconnection.flush()
        self._duplex.write(self.protocol.encode(message))
        if self._reconnection is not None:
            self._reconnection.end()
        self._client_has_gone()
        self.release_context()
        if not was_connecting or not self._handler.dispatcher.hooks.has_connected:
            self._handler.schedule(self._disconnect(), self.variables.copy())

    async def _disconnect(self) -> None:
        failed = True
        try:
            if self._handler.dispatcher.hooks.has_disconnected:
                await self._handler.dispatcher.hooks.disconnected(self, self._reason)
            failed = False
        except (Exception, asyncio.CancelledError) as error:
            if tasks.is_cancelled(error):
                raise
            _log.exception("%s.on_disconnected failed for connection %s.", self._handler.name, self.connection_id)
        finally:
            self._finish_closing(failed=failed)

    def _finish_closing(self, *, failed: bool = False) -> None:
        self._enter(ConnectionState.CLOSED)
        self._handler.lifetime.disconnected(self)
        self._handler.connections.discard(self)
        self._duplex.close(failed=failed)
        self._output, self._reconnection, self._reason = self._duplex, None, None
        del self._incoming
