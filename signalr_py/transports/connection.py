"""One client's connection, whatever the transport and however many HTTP requests it takes."""

from __future__ import annotations

import asyncio
import logging
import math
from functools import partial
from typing import TYPE_CHECKING, Final

from signalr_py.transports.ending import Ending, Flag
from signalr_py.transports.output import ConnectionOutput
from signalr_py.transports.reading import ReadingGate
from signalr_py.types import TransferFormat, TransportType

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from starlette.requests import HTTPConnection

    from signalr_py.options import HttpConnectionOptions
    from signalr_py.transports.base import AttachedTransport, ConnectionHandler, Duplex
    from signalr_py.transports.long_polling import LongPollingTransport
    from signalr_py.types import ConnectionId

__all__ = ["TransportConnection"]

_FORMATS: Final = {
    TransportType.WEB_SOCKETS: frozenset(TransferFormat),
    TransportType.SERVER_SENT_EVENTS: frozenset({TransferFormat.TEXT}),
    TransportType.LONG_POLLING: frozenset(TransferFormat),
}
_AT_ONCE: Final = -math.inf
_log = logging.getLogger("signalr_py.transports")


class TransportConnection(ConnectionOutput):
    """A duplex of bytes between one client and one handler; satisfies `Duplex`.

    Args:
        connection_id: Public id.
        identity: Fingerprint of the user, the same on every request.
        options: Options of the endpoint.
        clock: Monotonic clock in seconds.
        create_handler: Makes the handler as soon as the transport is known.
        established: Called with the id once the handshake is finished.
    """

    __slots__ = (
        "_clock",
        "_create_handler",
        "_detached",
        "_early",
        "_ending",
        "_established",
        "_handler",
        "_input_ended",
        "_outlives_socket",
        "_posting",
        "_request",
        "_sending_since",
        "_transport",
        "binary",
        "carried_credentials",
        "close_code",
        "credentials",
        "due",
        "expires_at",
        "identity",
        "inactive_since",
        "is_deleted",
        "polls",
        "reading",
        "takes_input",
    )

    def __init__(
        self,
        connection_id: ConnectionId,
        identity: bytes,
        *,
        options: HttpConnectionOptions,
        clock: Callable[[], float],
        create_handler: Callable[[Duplex], ConnectionHandler],
        established: Callable[[ConnectionId], None],
    ) -> None:
        super().__init__(connection_id, options)
        self.identity: bytes = identity
        self.close_code: int = 1000
        self.due: float = _AT_ONCE
        """Until when `tick` has nothing to do; whatever may change that sets it back."""
        self.expires_at: float | None = None
        self.credentials: bytes | None = None
        self.carried_credentials: bytes | None = None
        self.inactive_since: float | None = clock()
        self._sending_since: float | None = None
        self.binary: bool = False
        self.is_deleted: bool = False
        self.polls: LongPollingTransport | None = None
        self._clock = clock
        self._create_handler = create_handler
        self._established = established
        self._transport: TransportType | None = None
        self._request: HTTPConnection | None = None
        self._handler: ConnectionHandler | None = None
        self._early = b""
        self._input_ended = False
        self.takes_input: bool = True
        """Whether bytes of the client still have a reader: neither side has ended."""
        self._outlives_socket = False
        self._posting: asyncio.Lock | None = None
        self.reading: ReadingGate = ReadingGate(options.application_max_buffer_size)
        self._ending = Ending()
        self._detached = Flag()

    @property
    def transport(self) -> TransportType:
        """The transport that the client chose."""
        assert self._transport is not None
        return self._transport

    @property
    def request(self) -> HTTPConnection:
        """The request that opened the connection."""
        assert self._request is not None
        return self._request

    @property
    def supported_formats(self) -> frozenset[TransferFormat]:
        """What the transport can carry."""
        return _FORMATS[self.transport]

    @property
    def has_inherent_keep_alive(self) -> bool:
        """Whether polls show by themselves that the client is there."""
        return self._transport is TransportType.LONG_POLLING

    @property
    def is_suspended(self) -> bool:
        """Whether the socket is lost and the client may come back with another one."""
        return False

    def use_format(self, transfer_format: TransferFormat) -> None:
        """Mark everything that is written from now on as text or as binary."""
        self.binary = transfer_format is TransferFormat.BINARY
        self._established(self.connection_id)

    def pause_reading(self) -> None:
        """Take bytes from the client only until `application_max_buffer_size` is full; see `Duplex.pause_reading`."""
        self.reading.pause()

    def resume_reading(self) -> None:
        """Take bytes from the client again."""
        self.reading.resume()

    def enable_reconnect(self) -> bool:
        """Return False, since the client has not negotiated that; see `Duplex.enable_reconnect`."""
        return False

    def disable_reconnect(self) -> None:
        """Do nothing, since the connection ends with its socket."""

    def close(self, *, failed: bool = False) -> None:
        """End the connection once everything written is sent."""
        if self.has_ended:
            return
        if failed:
            self.close_code = 1011
        self.reading.release()
        self._end_output()
        self.takes_input = False
        self._ending.happen()
        if self._attached is not None:
            self._attached.finish()
        if self._input_ended:
            self._handler = None

    @property
    def posting(self) -> asyncio.Lock:
        """What lets the posts of the client wait for one another."""
        if self._posting is None:
            self._posting = asyncio.Lock()
        return self._posting

    @property
    def chosen_transport(self) -> TransportType | None:
        """The transport that the client chose, or None while it has not."""
        return self._transport

    @property
    def has_ended(self) -> bool:
        """Whether the hub has finished with the connection."""
        return self._ending.has_happened

    @property
    def is_attached(self) -> bool:
        """Whether a request or a socket carries the connection at the moment."""
        return self.inactive_since is None

    @property
    def can_return(self) -> bool:
        """Whether the client may come back with a new socket, now or after a loss."""
        return self._outlives_socket and self.takes_input

    @property
    def is_kept(self) -> bool:
        """Whether a socket or a request carries the connection, or it waits for its client."""
        return self._attached is not None or self.can_return

    def choose(self, transport: TransportType, request: HTTPConnection) -> None:
        """Fix the transport at the first request that carries one, and hand what came early to the hub."""
        self._transport = transport
        self._request = request
        self._handler = self._create_handler(self)
        self.resume_reading()
        early, self._early = self._early, b""
        if early:
            self._handler.feed(early)

    def attach(self, transport: AttachedTransport) -> None:
        """Note that a request or a socket carries the connection."""
        self._carry(transport)
        self.due = _AT_ONCE
        self.inactive_since = None
        self._detached.clear()

    def detach(self, *, for_good: bool = True) -> None:
        """Note that nothing carries the connection any more.

        Args:
            for_good: Whether the client will not come back, or need not, for what it has not been told yet.
        """
        self._carry(None)
        self.due = _AT_ONCE
        self._sending_since = None
        self.inactive_since = self._clock()
        if for_good or self.is_deleted:
            self._detached.set()

    def lose(self, transport: AttachedTransport) -> None:
        """Learn that nothing can be written to a socket any more."""
        self.end_of_input()

    def release(self, transport: AttachedTransport, *, is_goodbye: bool) -> None:
        """Learn that a socket is gone.

        Args:
            transport: The socket.
            is_goodbye: Whether the client ended it on purpose.
        """
        self.end_of_input()
        self.detach()

    async def wait_detached(self) -> None:
        """Wait until no request and no socket carries the connection, nor will."""
        await self._detached.wait()

    def sending_started(self) -> None:
        """Start the clock of `transport_send_timeout`."""
        self.due = _AT_ONCE
        self._sending_since = self._clock()

    def sending_finished(self) -> None:
        """Stop the clock of `transport_send_timeout`."""
        self._sending_since = None

    def feed(self, data: bytes) -> None:
        """Take bytes of the client, in order."""
        self.due = _AT_ONCE
        self._bytes_received += len(data)
        if not data or not self.takes_input:
            return
        reading = self.reading
        if reading.is_paused:
            reading.count(len(data))
        handler = self._handler
        if handler is not None:
            handler.feed(data)
        else:
            self._early += data

    async def wait_readable(self) -> bool:
        """Wait until the hub reads or there is room for what it has not read, or the connection has ended.

        Returns:
            Whether it did not end meanwhile.
        """
        if self.reading.is_open:
            return True
        await self.reading.wait()
        return self.takes_input

    def end_of_input(self) -> None:
        """Tell the hub, once, that the client has gone; what is written to it from now on is dropped."""
        if self._input_ended:
            return
        self._input_ended = True
        self.takes_input = False
        self._turn_deaf()
        self.outbound.clear()
        if self._handler is None:
            self.close()
            return
        try:
            self._handler.end_of_input()
        except Exception:  # noqa: BLE001 - the request that carries the connection must still be let go
            _log.exception("The end of connection %s failed in its handler.", self.connection_id)
            self.close(failed=True)
        if self.has_ended:
            self._handler = None

    async def wait_ended(self) -> None:
        """Wait until the hub has finished with the connection."""
        await self._ending.wait()

    def when_ended(self, call: Callable[[TransportConnection], None]) -> None:
        """Call a function with the connection once the hub has finished with it, at once if it has."""
        self._ending.when_happened(partial(call, self))

    def cut_at_end(self) -> AbstractAsyncContextManager[None]:
        """Leave the block, with a `TimeoutError`, when the hub has finished with the connection."""
        return self._ending.cut()

    def tick(self, now: float, wall_time: float) -> None:
        """Check this connection's time limits.

        Args:
            now: Seconds of the monotonic clock.
            wall_time: Unix time in seconds.
        """
        if self._is_quiet:
            assert self._handler is not None
            due = self._handler.tick(now)
            self.due = due if self._is_quiet else _AT_ONCE
        else:
            self._check_time(now, wall_time)

    @property
    def _is_quiet(self) -> bool:
        """Whether no time limits matter but the hub's."""
        return (
            self._sending_since is None
            and self.inactive_since is None
            and self.expires_at is None
            and self._handler is not None
            and not self._ending.has_happened
        )

    def _check_time(self, now: float, wall_time: float) -> None:
        options = self.options
        if self._sending_since is not None and now - self._sending_since >= options.transport_send_timeout:
            _log.warning(
                "Connection %s did not take a write within %g seconds (transport_send_timeout) and is cut off.",
                self.connection_id,
                options.transport_send_timeout,
            )
            self.give_up_writing()
        elif self.inactive_since is not None and now - self.inactive_since >= options.disconnect_timeout:
            self.end_of_input()
        elif self._handler is not None and not self.has_ended:
            if (
                options.close_on_authentication_expiration
                and self.expires_at is not None
                and wall_time >= self.expires_at
            ):
                self.expire()
            self._handler.tick(now)

    def expire(self) -> None:
        """End the connection because its credentials are not accepted any longer."""
        if self._handler is None:
            self.end_of_input()
        else:
            self._handler.authentication_expired()

    def authentication_refreshed(self) -> bool:
        """Tell the hub that the request has the user of a newer token; return whether that is still the same user."""
        return self._handler is None or self._handler.authentication_refreshed()

    def abort(self) -> None:
        """Drop what waits and end at once: the client does not take it."""
        self.outbound.clear()
        if self._attached is not None:
            self._attached.abort()
        self.end_of_input()

    def give_up_writing(self) -> None:
        """Let go of a client that does not take what is written."""
        self.abort()

    def _overflow(self) -> None:
        super()._overflow()
        assert self._handler is not None
        self._handler.overflowed()
        self.abort()
