"""Keeping what a client has not acknowledged, so that it can come back without loss (stateful reconnect)."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final, Protocol, final

from signalr_py.exceptions import ClientTimeoutError
from signalr_py.hub.patience import Patience
from signalr_py.protocol.messages import AckMessage, SequenceMessage
from signalr_py.protocol.replay import Replay, is_sequenced
from signalr_py.types import MUST_ARRIVE

if TYPE_CHECKING:
    from collections.abc import Callable

    from signalr_py.protocol.base import HubProtocol
    from signalr_py.protocol.messages import HubMessage
    from signalr_py.transports.base import Duplex, HeldMessages
    from signalr_py.types import Delivery

__all__ = ["Output", "Reconnection"]

_log = logging.getLogger("signalr_py.hub")
_PATIENCE: Final = 15.0
_PATIENCE_OF_SENDERS: Final = 5.0
_CHUNK_SIZE: Final = 65_536


class Output(Protocol):
    """Where a connection writes the messages that both sides count, and holds up its client."""

    def write(self, data: bytes, delivery: Delivery = MUST_ARRIVE) -> bool:
        """Write a message; returns whether the client keeps up, or the message need not wait for it."""
        ...

    async def drain(self) -> None:
        """Wait until the client has taken enough."""
        ...

    def pause_reading(self) -> None:
        """Say that nothing of what the client sends is looked at until reading is resumed."""
        ...

    def resume_reading(self) -> None:
        """Take bytes from the client again."""
        ...


@final
class Reconnection:
    """Stands between a connection and its duplex, and numbers what passes; satisfies `Output`.

    A full buffer holds up those who wait for the client, and nobody else: `write` never waits. A client that frees
    nothing of it is disconnected when somebody has waited for 5 seconds; while nobody does, it has 15 seconds, and as
    long as it may be away. While reading is paused its acknowledgements are not seen, so nobody waits for them then,
    but for streams, of which a call that waits for a slot is independent: `drain_unseen`.

    A message has its number once it is written to the duplex, and both sides count it, so it must never be dropped from
    then on. What may be dropped is therefore held back in front of the numbering for as long as the client takes
    nothing (its socket is lost or blocked, or half of what may wait is not acknowledged), in a queue that knows the
    policies; and everything that is written meanwhile waits behind it, so that the order stays. What the duplex has is
    never dropped. As long as nobody sends what may be dropped, nothing is held back. The queue has the limits of the
    connection for itself, besides what waits for acknowledgement.

    Args:
        duplex: What carries the connection.
        protocol: The hub protocol that the client speaks.
        maximum_size: Bytes of the buffer, above which it is full (`stateful_reconnect_buffer_size`).
        overflowed: Ends the connection, because far too much waits for the client.
        failed: Ends the connection with an error.
    """

    __slots__ = (
        "_drainers",
        "_duplex",
        "_failed",
        "_has_ended",
        "_held",
        "_is_paused",
        "_is_watching",
        "_maximum_size",
        "_overflowed",
        "_patience",
        "_patience_of_senders",
        "_protocol",
        "_replay",
        "_streams",
    )

    def __init__(
        self,
        duplex: Duplex,
        protocol: HubProtocol,
        maximum_size: int,
        *,
        overflowed: Callable[[], None],
        failed: Callable[[Exception], None],
    ) -> None:
        self._duplex = duplex
        self._protocol = protocol
        self._maximum_size = maximum_size
        self._overflowed = overflowed
        self._failed = failed
        self._replay = Replay()
        self._drainers: list[asyncio.Future[None]] = []
        self._streams: list[asyncio.Future[None]] = []
        self._patience = Patience(_PATIENCE)
        self._patience_of_senders = Patience(_PATIENCE_OF_SENDERS)
        self._held: HeldMessages | None = None
        self._is_watching = False
        self._is_paused = False
        self._has_ended = False

    def write(self, data: bytes, delivery: Delivery = MUST_ARRIVE) -> bool:
        """Keep a message until the client acknowledges it, and write it; or hold it back.

        Returns:
            Whether the client keeps up, or the message need not wait for it.
        """
        if (self._held is not None and self._held.count) or (delivery.is_droppable and not self._takes_more):
            return self._hold(data, delivery)
        if self._is_far_too_full():
            self._overflow()
            return True
        self._replay.keep(data)
        keeps_up = self._duplex.write(data)
        return delivery.is_droppable or (keeps_up and not self._is_full)

    async def drain(self) -> None:
        """Wait until the client has taken and acknowledged enough, or the connection has ended."""
        while True:
            await self._duplex.drain()
            if self._is_paused or self._has_ended or not (self._is_full or self._holds_back):
                return
            await _wait_in(self._drainers)

    async def drain_unseen(self) -> None:
        """Wait until reading goes on or is paused anew, if most of what the client may leave unread is kept.

        It is for those who wait without holding up what reading waits for.
        """
        if self._is_paused and self._replay.size >= self._duplex.send_limits.size // 2 and not self._has_ended:
            await _wait_in(self._streams)

    def pause_reading(self) -> None:
        """Say that nothing is looked at, not even acknowledgements."""
        self._is_paused = True
        self._release()
        self._release_streams()
        self._duplex.pause_reading()

    def resume_reading(self) -> None:
        """Take bytes from the client again."""
        self._is_paused = False
        self._release_streams()
        self._duplex.resume_reading()

    def receive(self, message: HubMessage) -> bool:
        """Count a message of the client.

        Returns:
            Whether it is for the hub: neither part of the bookkeeping, nor one that the hub has had before.

        Raises:
            RemoteProtocolError: The client leaves messages out.
        """
        if is_sequenced(message):
            return self._replay.receive()
        if isinstance(message, AckMessage):
            if self._replay.acknowledge(message.sequence_id):
                self._renew_patience()
            self._go_on()
            return False
        if isinstance(message, SequenceMessage):
            self._replay.expect(message.sequence_id)
            return False
        return True

    def reconnected(self) -> None:
        """Repeat on a new socket what the client has not acknowledged."""
        resumption = self._replay.resume()
        self._renew_patience()
        chunk = bytearray(self._protocol.encode(SequenceMessage(resumption.sequence_id)))
        for message in resumption.messages:
            if len(chunk) + len(message) > _CHUNK_SIZE:
                self._duplex.write(bytes(chunk))
                chunk.clear()
            chunk += message
        self._duplex.write(bytes(chunk))
        self._go_on()

    def tick(self, now: float) -> None:
        """Acknowledge what has come since the last time, and look for how long the buffer is full."""
        if not self._duplex.is_suspended and (sequence_id := self._replay.acknowledgement()) is not None:
            self._duplex.write(self._protocol.encode(AckMessage(sequence_id)))
        is_waiting = (self._is_full or (self._holds_back and self._is_half_full)) and not self._is_paused
        for patience, counts in (
            (self._patience_of_senders, is_waiting and self._holds_up_somebody()),
            (self._patience, is_waiting and not self._duplex.is_suspended),
        ):
            if patience.is_over(now, counts=counts):
                self._failed(
                    ClientTimeoutError(
                        f"The client has acknowledged nothing for {patience.seconds:g} seconds, and "
                        f"{self._replay.size} bytes wait for that; the limit is {self._limit}."
                    )
                )
                return

    def flush(self) -> None:
        """Write what is held back in front of the last words, which nothing follows; numbers matter no more."""
        while self._held is not None and self._held.count:
            self._duplex.write(*self._held.pop())

    def end(self) -> None:
        """Wait for nobody any more, because the connection ends."""
        self._has_ended = True
        self._release()
        self._release_streams()
        self._duplex.disable_reconnect()

    @property
    def _is_full(self) -> bool:
        return self._replay.size > self._maximum_size

    @property
    def _is_half_full(self) -> bool:
        """Whether so much is not acknowledged that what may be dropped is held back."""
        return self._replay.size >= max(self._duplex.send_limits.size // 2, 1)

    @property
    def _limit(self) -> str:
        """The option that the client has reached."""
        if self._is_full:
            return f"HubOptions(stateful_reconnect_buffer_size={self._maximum_size})"
        return f"half of HttpConnectionOptions(maximum_send_buffer_size={self._duplex.send_limits.size})"

    @property
    def _holds_back(self) -> bool:
        return self._held is not None and self._held.count > 0

    @property
    def _takes_more(self) -> bool:
        """Whether the client takes what is written, so that nothing needs to be held back."""
        duplex = self._duplex
        return duplex.keeps_up and not duplex.is_suspended and not self._is_half_full

    def _hold(self, data: bytes, delivery: Delivery) -> bool:
        if self._held is None:
            self._held = self._duplex.hold_back()
        if not self._held.add(data, delivery):
            self._overflow()
            return True
        self._watch()
        return delivery.is_droppable

    def _watch(self) -> None:
        """Learn when a blocked socket takes more; acknowledgements and a new socket are told anyway."""
        if not self._is_watching and not self._duplex.keeps_up and not self._duplex.is_suspended:
            self._is_watching = True
            self._duplex.when_drained(self._drained)

    def _drained(self) -> None:
        self._is_watching = False
        self._go_on()

    def _go_on(self) -> None:
        """Number and write what is held back, as far as the client takes it, and let go of those who wait."""
        held = self._held
        if held is not None and held.count and not self._has_ended:
            while held.count and self._takes_more:
                data, _ = held.pop()
                self._replay.keep(data)
                self._duplex.write(data)
            if held.count:
                self._watch()
        if self._replay.size < self._maximum_size and not self._holds_back:
            self._release()

    def _holds_up_somebody(self) -> bool:
        return any(not drained.done() for drained in self._drainers)

    def _renew_patience(self) -> None:
        self._patience.renew()
        self._patience_of_senders.renew()

    def _is_far_too_full(self) -> bool:
        """Tell whether more waits than a client without stateful reconnect may leave unread.

        Messages count only while the client is away: one that reads fast acknowledges many at a time.
        """
        limits = self._duplex.send_limits
        replay = self._replay
        return replay.size >= limits.size or (self._duplex.is_suspended and len(replay) >= limits.messages)

    def _overflow(self) -> None:
        limits = self._duplex.send_limits
        count, size = len(self._replay), self._replay.size
        if self._held is not None:
            count += self._held.count
            size += self._held.size
            self._held.clear()
        _log.warning(
            "Connection %s has not acknowledged %d messages of %d bytes and is disconnected; the limits are "
            "HttpConnectionOptions(maximum_send_buffer_messages=%d, maximum_send_buffer_size=%d).",
            self._duplex.connection_id,
            count,
            size,
            limits.messages,
            limits.size,
        )
        self._overflowed()

    def _release(self) -> None:
        drainers, self._drainers = self._drainers, []
        _let_go(drainers)

    def _release_streams(self) -> None:
        streams, self._streams = self._streams, []
        _let_go(streams)


async def _wait_in(line: list[asyncio.Future[None]]) -> None:
    waiting = asyncio.get_running_loop().create_future()
    line.append(waiting)
    try:
        await waiting
    except asyncio.CancelledError:
        if waiting in line:
            line.remove(waiting)
        raise


def _let_go(waiting: list[asyncio.Future[None]]) -> None:
    for each in waiting:
        if not each.done():
            each.set_result(None)
