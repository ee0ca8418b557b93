"""A transport connection in memory: what the hub writes is kept, what the client sends is handed over."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any, final

from starlette.requests import HTTPConnection

from signalr_py.transports.base import ConnectionStatistics, SendLimits
from signalr_py.transports.outbound import OutboundQueue, QueueLimits
from signalr_py.types import MUST_ARRIVE, TransferFormat, TransportType

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from signalr_py.transports.base import ConnectionHandler
    from signalr_py.types import Delivery

__all__ = ["InMemoryDuplex", "make_request"]


def make_request(user: object = None, headers: Mapping[str, str] | None = None, **scope: Any) -> HTTPConnection:
    """Return a request as Starlette hands it on; `user` is what its authentication middleware found."""
    raw = [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
    more: dict[str, Any] = scope if user is None else {"user": user, **scope}
    return HTTPConnection(
        {"type": "http", "method": "GET", "path": "/hub", "query_string": b"", "headers": raw, **more}
    )


@final
class InMemoryDuplex:
    """Satisfies `Duplex`; a test plays the client and the network.

    Attributes:
        writes: Every write of the hub, in order.
        deliveries: How each of them is to be treated.
        formats: Arguments of `use_format`.
        closes: The `failed` of every `close`; there must be at most one.
        is_reading: Whether the hub wants bytes.
        is_slow: Whether writes tell that the client does not keep up.
        on_write: Called after each write, as by a host that finds out then that its client is lost.
        is_stateful: Whether the client has negotiated stateful reconnect.
        is_resumable: Whether the hub has enabled it, and not disabled it again.
        is_suspended: Whether the socket is lost and the client may come back; what is written is dropped.
        send_limits: How much may wait for the client.
        changed: Set whenever the hub has done something.
    """

    def __init__(
        self,
        connection_id: str = "c1",
        *,
        transport: TransportType = TransportType.WEB_SOCKETS,
        formats: frozenset[TransferFormat] = frozenset(TransferFormat),
        request: HTTPConnection | None = None,
        is_stateful: bool = False,
    ) -> None:
        self.connection_id = connection_id
        self.transport = transport
        self.request = request or make_request()
        self.supported_formats = formats
        self.writes: list[bytes] = []
        self.deliveries: list[Delivery] = []
        self.formats: list[TransferFormat] = []
        self.closes: list[bool] = []
        self.is_reading = True
        self.is_slow = False
        self.on_write: Callable[[bytes], None] | None = None
        self.is_stateful = is_stateful
        self.is_resumable = False
        self.is_suspended = False
        self.send_limits = SendLimits(4_194_304, 4_096)
        self.changed = asyncio.Event()
        self.drains = 0
        self._held: OutboundQueue | None = None
        self._when_drained: list[Callable[[], None]] = []
        self._drained = asyncio.Event()
        self._incoming: deque[bytes] = deque()
        self._handler: ConnectionHandler | None = None
        self._bytes_received = 0

    # What the hub sees.

    @property
    def has_inherent_keep_alive(self) -> bool:
        """Whether it plays Long Polling."""
        return self.transport is TransportType.LONG_POLLING

    def use_format(self, transfer_format: TransferFormat) -> None:
        """Note the format."""
        self.formats.append(transfer_format)

    def write(self, data: bytes, delivery: Delivery = MUST_ARRIVE) -> bool:
        """Keep what is written, unless the connection is closed."""
        if not self.closes and not self.is_suspended:
            self.writes.append(data)
            self.deliveries.append(delivery)
            self.changed.set()
            if self.on_write is not None:
                self.on_write(data)
        return delivery.is_droppable or not self.is_slow

    async def drain(self) -> None:
        """Wait until the test lets the client catch up."""
        self.drains += 1
        self.changed.set()
        if self.is_slow:
            await self._drained.wait()

    @property
    def keeps_up(self) -> bool:
        """Whether writes tell that the client keeps up."""
        return not self.is_slow

    def when_drained(self, call: Callable[[], None]) -> None:
        """Call when the test lets the client catch up."""
        self._when_drained.append(call)
        if not self.is_slow:
            self._call_back()

    def hold_back(self) -> OutboundQueue:
        """Return what the hub keeps back; at half of what may wait, those who can wait should."""
        if self._held is None:
            size, messages = self.send_limits.size, self.send_limits.messages
            self._held = OutboundQueue(QueueLimits(size, messages, size // 2, messages // 2))
        return self._held

    def pause_reading(self) -> None:
        """Keep what the client sends."""
        self.is_reading = False
        self.changed.set()

    def resume_reading(self) -> None:
        """Hand over what was kept, from the next turn of the event loop on."""
        self.is_reading = True
        self.changed.set()
        asyncio.get_running_loop().call_soon(self._hand_over)

    def enable_reconnect(self) -> bool:
        """Let the socket be lost from now on, if the client has negotiated that."""
        self.is_resumable = self.is_stateful
        return self.is_resumable

    def disable_reconnect(self) -> None:
        """Let the connection end with its socket."""
        self.is_resumable = self.is_suspended = False

    def close(self, *, failed: bool = False) -> None:
        """Note the end."""
        self.closes.append(failed)
        self.changed.set()

    def statistics(self) -> ConnectionStatistics:
        """Count what was written."""
        sent = sum(map(len, self.writes))
        return ConnectionStatistics(self._bytes_received, sent, len(self.writes), 0, 0)

    # What the test plays.

    @property
    def waiting(self) -> int:
        """How many chunks of the client the hub has not taken."""
        return len(self._incoming)

    def connect(self, handler: ConnectionHandler) -> None:
        """Say whom to hand bytes to."""
        self._handler = handler

    def receive(self, data: bytes) -> None:
        """Let a chunk arrive from the client; it waits while the hub does not read."""
        self._incoming.append(data)
        self._hand_over()

    def lose(self) -> None:
        """Cut the socket without a goodbye; the hub must have allowed that."""
        assert self.is_resumable
        self.is_suspended = True
        self._incoming.clear()

    def come_back(self) -> None:
        """Let the client come back with a new socket."""
        assert self.is_suspended
        assert self._handler is not None
        self.is_suspended = False
        self._handler.reconnected()

    def catch_up(self) -> None:
        """Let the client take everything that waits."""
        self.is_slow = False
        self._drained.set()
        self._call_back()

    def _call_back(self) -> None:
        calls, self._when_drained = self._when_drained, []
        for call in calls:
            asyncio.get_running_loop().call_soon(call)

    def _hand_over(self) -> None:
        assert self._handler is not None
        while self._incoming and self.is_reading:
            data = self._incoming.popleft()
            self._bytes_received += len(data)
            self._handler.feed(data)
