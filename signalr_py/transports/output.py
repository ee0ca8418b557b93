"""The side of a connection that writes: straight to the transport, or into the queue when the client is slow."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from signalr_py.transports.base import ConnectionStatistics
from signalr_py.transports.outbound import OutboundQueue, QueueLimits
from signalr_py.types import MUST_ARRIVE

if TYPE_CHECKING:
    from collections.abc import Callable

    from signalr_py.options import HttpConnectionOptions
    from signalr_py.transports.base import AttachedTransport, SendLimits
    from signalr_py.types import ConnectionId, Delivery

__all__ = ["ConnectionOutput"]

_log = logging.getLogger("signalr_py.transports")


class ConnectionOutput:
    """Counts what is written, and hands it to the transport at once as long as nothing waits.

    Attributes:
        connection_id: Public id.
        options: Options of the endpoint.
        outbound: What waits.
    """

    __slots__ = (
        "_attached",
        "_bytes_received",
        "_bytes_sent",
        "_held",
        "_is_deaf",
        "_messages_sent",
        "_writable",
        "connection_id",
        "options",
        "outbound",
    )

    def __init__(self, connection_id: ConnectionId, options: HttpConnectionOptions) -> None:
        self.connection_id: ConnectionId = connection_id
        self.options: HttpConnectionOptions = options
        self.outbound: OutboundQueue = OutboundQueue(QueueLimits.of(options))
        self._attached: AttachedTransport | None = None
        self._writable: AttachedTransport | None = None
        self._held: OutboundQueue | None = None
        self._is_deaf = False
        self._bytes_received = self._bytes_sent = self._messages_sent = 0

    @property
    def send_limits(self) -> SendLimits:
        """How much may wait for the client."""
        return self.outbound.limits

    @property
    def keeps_up(self) -> bool:
        """Whether the client has taken enough of what was written, so that a sender may go on."""
        return self.outbound.keeps_up

    def write(self, data: bytes, delivery: Delivery = MUST_ARRIVE) -> bool:
        """Hand over whole messages; see `Duplex.write`."""
        writable = self._writable
        if writable is not None and not self.outbound.count and writable.send_now(data):
            self._bytes_sent += len(data)
            self._messages_sent += 1
            return True
        return self._write_later(data, delivery)

    async def drain(self) -> None:
        """Wait until the client has taken enough of what was written, or the connection has ended."""
        await self.outbound.drain()

    def when_drained(self, call: Callable[[], None]) -> None:
        """Call a function when `drain` would be over; see `Duplex.when_drained`."""
        self.outbound.when_drained(call)

    def hold_back(self) -> OutboundQueue:
        """Return what the hub keeps back; see `Duplex.hold_back`."""
        if self._held is None:
            self._held = OutboundQueue(self.outbound.limits)
        return self._held

    def statistics(self) -> ConnectionStatistics:
        """Return what has passed so far."""
        outbound, held = self.outbound, self._held
        queues = [outbound] if held is None else [outbound, held]
        selections = [queue.selection for queue in queues if queue.selection is not None]
        lost = outbound.selection
        return ConnectionStatistics(
            bytes_received=self._bytes_received,
            bytes_sent=self._bytes_sent
            - (0 if lost is None else lost.dropped_size)
            + (0 if held is None else held.size),
            messages_sent=self._messages_sent
            - (0 if lost is None else lost.dropped)
            + (0 if held is None else held.count),
            bytes_waiting=sum(queue.size for queue in queues),
            messages_waiting=sum(queue.count for queue in queues),
            messages_dropped_oldest=sum(selection.dropped_oldest for selection in selections),
            messages_dropped_new=sum(selection.dropped_new for selection in selections),
            messages_replaced=sum(selection.replaced for selection in selections),
        )

    def _write_later(self, data: bytes, delivery: Delivery) -> bool:
        outbound = self.outbound
        if outbound.ended or self._is_deaf:
            return True
        self._bytes_sent += len(data)
        self._messages_sent += 1
        if not outbound.add(data, delivery):
            self._overflow()
            return True
        return delivery.is_droppable or outbound.keeps_up

    def _carry(self, transport: AttachedTransport | None) -> None:
        """Write to another transport from now on, or to none."""
        self._attached = transport
        self._writable = None if self._is_deaf or self.outbound.ended else transport

    def _turn_deaf(self) -> None:
        """Drop what is written from now on."""
        self._is_deaf = True
        self._writable = None

    def _end_output(self) -> None:
        """Send what waits, and nothing that is written from now on."""
        self._writable = None
        self.outbound.end()

    def _overflow(self) -> None:
        """End the connection, because its client does not read."""
        self._turn_deaf()
        limits = self.outbound.limits
        _log.warning(
            "Connection %s has %d messages and %d bytes waiting and is disconnected; the limits are "
            "HttpConnectionOptions(maximum_send_buffer_messages=%d, maximum_send_buffer_size=%d).",
            self.connection_id,
            self.outbound.count,
            self.outbound.size,
            limits.messages,
            limits.size,
        )
