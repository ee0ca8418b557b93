"""The contracts between a transport connection, the hub above it, and the request or the socket below it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from signalr_py.types import MUST_ARRIVE

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import HTTPConnection

    from signalr_py.types import ConnectionId, Delivery, TransferFormat, TransportType

__all__ = [
    "AttachedTransport",
    "ConnectionHandler",
    "ConnectionStatistics",
    "Duplex",
    "HeldMessages",
    "SendLimits",
]


class ConnectionStatistics(Struct, frozen=True):
    """What has passed over one connection.

    Attributes:
        bytes_received: Bytes that the client sent.
        bytes_sent: Bytes handed to the transport for the client, without those of dropped messages.
        messages_sent: Messages handed to the transport for the client, without dropped ones.
        bytes_waiting: Those of the bytes that the transport has not taken yet.
        messages_waiting: Those of the messages that the transport has not taken yet.
        messages_dropped_oldest: Messages that `drop_oldest` has dropped, because the client was slow.
        messages_dropped_new: Messages that `drop_new` has dropped, because the client was slow.
        messages_replaced: Messages that `latest` has replaced by newer ones, because the client was slow.
    """

    bytes_received: int
    bytes_sent: int
    messages_sent: int
    bytes_waiting: int
    messages_waiting: int
    messages_dropped_oldest: int = 0
    messages_dropped_new: int = 0
    messages_replaced: int = 0


class SendLimits(Struct, frozen=True):
    """How much may wait for a client that does not read, before it is disconnected.

    Attributes:
        size: Bytes.
        messages: Messages.
    """

    size: int
    messages: int


class HeldMessages(Protocol):
    """Messages that the hub has not given to the connection yet, treated by their policies.

    Attributes:
        count: How many they are.
        size: Their bytes.
    """

    count: int
    size: int

    def add(self, data: bytes, delivery: Delivery) -> bool:
        """Add a message to the end, or do what its policy says.

        Returns:
            Whether the connection may go on. If not, nothing was added: too much waits that must not be dropped.
        """
        ...

    def pop(self) -> tuple[bytes, Delivery]:
        """Remove and return the first message, and how it is treated; there must be one."""
        ...

    def clear(self) -> None:
        """Drop them all."""
        ...


class Duplex(Protocol):
    """A connection as the hub sees it: bytes both ways, whatever the transport."""

    @property
    def connection_id(self) -> ConnectionId:
        """The public id."""
        ...

    @property
    def transport(self) -> TransportType:
        """The transport that the client chose."""
        ...

    @property
    def request(self) -> HTTPConnection:
        """The request that opened the connection; its user is the one of the latest poll."""
        ...

    @property
    def supported_formats(self) -> frozenset[TransferFormat]:
        """What the transport can carry."""
        ...

    @property
    def has_inherent_keep_alive(self) -> bool:
        """Whether the transport shows by itself that the client is there, so that nobody needs to ping."""
        ...

    @property
    def send_limits(self) -> SendLimits:
        """How much may wait for the client."""
        ...

    @property
    def is_suspended(self) -> bool:
        """Whether the client's socket is lost and it may come back with another one; what is written is dropped."""
        ...

    def use_format(self, transfer_format: TransferFormat) -> None:
        """Say that the handshake has succeeded, and mark what is written from now on as text or as binary."""
        ...

    def write(self, data: bytes, delivery: Delivery = MUST_ARRIVE) -> bool:
        """Hand over one or more whole messages; a plain call that never waits.

        Args:
            data: Their bytes.
            delivery: What happens if the client does not keep up.

        Returns:
            Whether the client keeps up, or the message need not wait for it. When not, a sender that can wait should
            `await drain()`. What a closed connection is given is dropped.
        """
        ...

    @property
    def keeps_up(self) -> bool:
        """Whether so little waits for the client that a sender may go on."""
        ...

    async def drain(self) -> None:
        """Wait until the client has taken enough of what was written, or the connection has ended."""
        ...

    def when_drained(self, call: Callable[[], None]) -> None:
        """Call a function once, in a later turn of the event loop, when `drain` would be over."""
        ...

    def hold_back(self) -> HeldMessages:
        """Return the messages that the hub keeps back; the same object each time, counted by `statistics`."""
        ...

    def pause_reading(self) -> None:
        """Say that nothing of what is fed from now on is used until reading is resumed.

        The handler keeps it: bytes go on being fed, so that a client that leaves is noticed, until
        `application_max_buffer_size` of them have come; the chunk that reaches it may go beyond.
        """
        ...

    def resume_reading(self) -> None:
        """Take bytes from the client again."""
        ...

    def enable_reconnect(self) -> bool:
        """Say that the hub can repeat what the client has missed.

        From now on a lost socket is not the end: `reconnected` tells the handler that the client is back, and
        `end_of_input` that it did not come within `disconnect_timeout`.

        Returns:
            Whether the client has negotiated that, on a transport that can.
        """
        ...

    def disable_reconnect(self) -> None:
        """Say that the connection is about to end, so that its client need not be waited for."""
        ...

    def close(self, *, failed: bool = False) -> None:
        """End the connection once everything written is sent; every handler calls it exactly once.

        Args:
            failed: Whether the hub failed, so that a WebSocket closes with 1011 instead of 1000.
        """
        ...

    def statistics(self) -> ConnectionStatistics:
        """Return what has passed so far."""
        ...


class ConnectionHandler(Protocol):
    """What a transport connection tells the hub; all are plain calls on the event loop."""

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the client; the first ones are its handshake. Any chunking is fine."""
        ...

    def end_of_input(self) -> None:
        """Learn that the client has gone; comes at most once, and nothing is fed afterwards."""
        ...

    def reconnected(self) -> None:
        """Learn that the client is back with a new socket, whose first bytes are fed next.

        What the old one lost is to be written again; of a message that came in part, the rest will not come.
        """
        ...

    def tick(self, now: float) -> float:
        """Check the time limits; comes about once a second while there may be something to do.

        Args:
            now: Seconds of the server's monotonic clock.

        Returns:
            Until when nothing is to be done, unless bytes come or the transport changes.
        """
        ...

    def authentication_expired(self) -> None:
        """Learn that the credentials of the connection are not accepted any longer, and end it."""
        ...

    def authentication_refreshed(self) -> bool:
        """Learn that the request of the connection has the user of a newer token.

        Returns:
            Whether that is still the same user; if not, the connection gets the earlier one back, and ends.
        """
        ...

    def overflowed(self) -> None:
        """Learn that the client takes too little of what is written, and end the connection."""
        ...


class AttachedTransport(Protocol):
    """The request, or the socket, that carries a connection at the moment."""

    def send_now(self, data: bytes) -> bool:
        """Send at once if nothing is on its way; otherwise return False, and the data is left to the buffer."""
        ...

    def finish(self) -> None:
        """Learn that nothing more will be written, and end once everything is sent."""
        ...

    def abort(self) -> None:
        """Give up a write that takes too long, and end."""
        ...
