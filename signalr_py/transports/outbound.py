"""What waits to be sent to one client: bounded, and drained by the transport that is attached."""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from functools import lru_cache
from typing import TYPE_CHECKING, Final, cast, final

from signalr_py.transports.base import SendLimits
from signalr_py.transports.selection import Selection, WaitingMessage
from signalr_py.types import MUST_ARRIVE

if TYPE_CHECKING:
    from collections.abc import Callable

    from signalr_py.options import HttpConnectionOptions
    from signalr_py.types import Delivery

__all__ = ["OutboundQueue", "QueueLimits"]

_FEW_PLACES: Final = 16


class QueueLimits(SendLimits, frozen=True):
    """How much may wait for a client.

    Attributes:
        high_water: Bytes at which senders that can wait are held back.
        many: The same, as a number of messages.
    """

    high_water: int
    many: int

    @classmethod
    def of(cls, options: HttpConnectionOptions) -> QueueLimits:
        """Return the limits that the options of an endpoint mean, one object for all of its connections."""
        return _limits(
            options.maximum_send_buffer_size,
            options.maximum_send_buffer_messages,
            options.transport_max_buffer_size or sys.maxsize,
        )


@lru_cache(maxsize=64)
def _limits(size: int, messages: int, high_water: int) -> QueueLimits:
    return QueueLimits(size, messages, min(high_water, max(size // 2, 1)), max(messages // 2, 1))


@final
class OutboundQueue:
    """Messages in the order they were written, counted in bytes and in number.

    One reader (the transport) waits with `wait` and takes with `take`; any number of writers may `drain`. It is full
    when as much waits as the limits allow; the last message may go beyond, so that one of any size fits an empty queue.

    What happens to a message depends on its policy:

    * `disconnect` and `wait`: it is never dropped. When the queue is full, messages make room that may be dropped:
      first those with `drop_oldest`, from the front; then those with `drop_new`, from the end; then values of which a
      newer one waits. When that is not enough, the connection must end. (Who sends with `wait` does so behind `drain`,
      and finds room.)
    * `drop_oldest`: when the queue is full, the oldest messages of this policy make room. When that is not enough, the
      oldest one is this one.
    * `drop_new`: when the queue is full, it is dropped.
    * `latest`: it replaces the one with the same key at once, full or not, and is never dropped otherwise, because the
      client would keep an old value for good. So a queue that is full of keys is treated as with `disconnect`.

    A message with a key takes the place of the one that it replaces, so that a value which changes all the time is not
    put off for ever. When a message without a key was added behind that place, it goes to the end. The value there
    stays then, for the same reason: once for each key, and as long as there is room beside what must arrive. So
    messages with different keys may overtake one another, but the messages of one key, together with all that have
    none, arrive in the order they were sent, as far as they arrive.

    A queue in which nothing waits holds nothing but itself.

    Attributes:
        count: How many messages wait.
        size: Their bytes.
        ended: Whether nothing more will be added.
        limits: How much may wait.
    """

    __slots__ = ("_drainers", "_messages", "_selection", "_waiter", "count", "ended", "limits", "size")

    def __init__(self, limits: QueueLimits) -> None:
        self.count: int = 0
        self.size: int = 0
        self.ended: bool = False
        self.limits: QueueLimits = limits
        self._messages: deque[bytes | WaitingMessage] | None = None
        self._selection: Selection | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._drainers: list[asyncio.Future[None]] | None = None

    def __len__(self) -> int:
        return self.count

    @property
    def keeps_up(self) -> bool:
        """Whether so little is waiting that a sender may go on: far from what would end the connection, too."""
        limits = self.limits
        return self.size < limits.high_water and self.count < limits.many

    @property
    def is_full(self) -> bool:
        """Whether so much is waiting that no more may be added without dropping something."""
        limits = self.limits
        return self.size >= limits.size or self.count >= limits.messages

    @property
    def selection(self) -> Selection | None:
        """What was dropped so far; None while no message of this queue could be."""
        return self._selection

    def add(self, data: bytes, delivery: Delivery = MUST_ARRIVE) -> bool:
        """Add one write, which is not empty, to the end and wake the transport, or do what its policy says.

        Returns:
            Whether the connection may go on. If not, nothing was added: the queue is full of what must not be dropped.
        """
        policy = delivery.policy
        if policy == "latest":
            if not self._add_latest(data, delivery):
                return False
        elif policy == "drop_oldest" or policy == "drop_new":
            self._add_droppable(data, delivery)
        else:
            if self.is_full and not self._makes_room():
                return False
            if self._selection is not None:
                self._selection.period += 1
            self._append(data, len(data))
        if self._waiter is not None:
            self.wake()
        return True

    def end(self) -> None:
        """Say that nothing more will be added; what is there may still be taken."""
        self.ended = True
        self.wake()
        self._release()

    def clear(self) -> None:
        """Drop what waits, which is not counted as dropped."""
        self._forget()
        self._release()

    def take(self, maximum: int | None = None) -> bytes:
        """Remove and return whole writes, joined: all of them, or about `maximum` bytes and at least one."""
        messages = self._messages
        if messages is None:
            return b""
        is_plain = self._selection is None or self._selection.is_empty
        if is_plain and (maximum is None or self.size <= maximum):
            data = b"".join(cast("deque[bytes]", messages))
            self._forget()
        else:
            data = self._pop()
            if self.count:
                parts = [data]
                room = sys.maxsize if maximum is None else maximum - len(data)
                while self.count and (size := _size(self._first())) <= room:
                    parts.append(self._pop())
                    room -= size
                data = b"".join(parts)
        limits = self.limits
        if self._drainers and self.size <= limits.high_water // 2 and self.count <= limits.many // 2:
            self._release()
        return data

    def pop(self) -> tuple[bytes, Delivery]:
        """Remove and return the first write, and how it is treated; something must wait."""
        first = self._first()
        delivery = first.delivery if isinstance(first, WaitingMessage) else MUST_ARRIVE
        return self._pop(), delivery

    async def wait(self) -> None:
        """Wait until something can be taken or the end has come; for one reader at a time."""
        if self.count or self.ended:
            return
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    async def drain(self) -> None:
        """Wait until senders that can wait may go on, or the end has come.

        Those who are held back may go on when at most half of what holds them back is waiting. Who returns from here
        finds room, although others may have waited, too.
        """
        while not self.keeps_up and not self.ended:
            drained = self._drained()
            try:
                await drained
            except asyncio.CancelledError:
                if self._drainers is not None and drained in self._drainers:
                    self._drainers.remove(drained)
                raise

    def when_drained(self, call: Callable[[], None]) -> None:
        """Call a function once, in a later turn of the event loop, when `drain` would be over."""
        if self.keeps_up or self.ended:
            asyncio.get_running_loop().call_soon(call)
        else:
            self._drained().add_done_callback(lambda _: call())

    def wake(self) -> None:
        """Let `wait` return, whether or not there is something to take."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _add_latest(self, data: bytes, delivery: Delivery) -> bool:
        selection = self._selecting()
        waiting = selection.waiting_with(delivery)
        if waiting is None:
            if self.is_full and not self._makes_room():
                return False
            self._append(selection.added(data, delivery), len(data))
            return True
        is_overtaken = selection.is_overtaken(waiting)
        if is_overtaken and not selection.has_earlier(waiting) and self._has_room_for_another(selection):
            selection.keep_earlier(waiting)
            self._append(selection.added(data, delivery), len(data))
            return True
        growth = len(data) - len(waiting.data)
        self.size -= len(waiting.data)
        self.count -= 1
        if growth > 0 and self.is_full and not self._makes_room():
            self.size += len(waiting.data)
            self.count += 1
            return False
        if is_overtaken:
            selection.remove(waiting)
            self._append(selection.added(data, delivery), len(data))
            self._close_gaps()
        else:
            selection.replace(waiting, data)
            self.size += len(data)
            self.count += 1
        return True

    def _has_room_for_another(self, selection: Selection) -> bool:
        """Tell whether there is room for two values of a key; what may be dropped and has no key makes it."""
        while self.is_full and (size := selection.drop_without_key()):
            self._lost(size)
        self._close_gaps()
        return not self.is_full

    def _add_droppable(self, data: bytes, delivery: Delivery) -> None:
        selection = self._selecting()
        if delivery.policy == "drop_oldest":
            while self.is_full and (size := selection.drop_oldest()):
                self._lost(size)
        if self.is_full:
            selection.refused(data, delivery)
        else:
            self._append(selection.added(data, delivery), len(data))
        self._close_gaps()

    def _makes_room(self) -> bool:
        """Drop what may be dropped until the queue is not full; tell whether that was enough."""
        if self._selection is None:
            return False
        while self.is_full:
            size = self._selection.drop()
            if not size:
                return False
            self._lost(size)
        self._close_gaps()
        return True

    def _selecting(self) -> Selection:
        if self._selection is None:
            self._selection = Selection()
        return self._selection

    def _append(self, message: bytes | WaitingMessage, size: int) -> None:
        if self._messages is None:
            self._messages = deque()
        self._messages.append(message)
        self.count += 1
        self.size += size

    def _lost(self, size: int) -> None:
        self.count -= 1
        self.size -= size

    def _first(self) -> bytes | WaitingMessage:
        """Return the first message, behind the places that have lost theirs."""
        assert self._messages is not None
        first = self._messages[0]
        while isinstance(first, WaitingMessage) and not first.data:
            self._messages.popleft()
            self._selecting().taken(first)
            first = self._messages[0]
        return first

    def _pop(self) -> bytes:
        first = self._first()
        assert self._messages is not None
        self._messages.popleft()
        if isinstance(first, WaitingMessage):
            self._selecting().taken(first)
            data = first.data
        else:
            data = first
        self._lost(len(data))
        if not self.count:
            self._forget()
        return data

    def _close_gaps(self) -> None:
        """Remove places without messages before they are more than the messages."""
        selection, messages = self._selection, self._messages
        if selection is None or messages is None or selection.places <= max(self.count, _FEW_PLACES):
            return
        self._messages = deque(each for each in messages if not isinstance(each, WaitingMessage) or each.data)
        selection.places = 0

    def _forget(self) -> None:
        self._messages = None
        self.size = self.count = 0
        if self._selection is not None:
            self._selection.clear()

    def _drained(self) -> asyncio.Future[None]:
        drained = asyncio.get_running_loop().create_future()
        if self._drainers is None:
            self._drainers = []
        self._drainers.append(drained)
        return drained

    def _release(self) -> None:
        drainers, self._drainers = self._drainers, None
        for drained in drainers or ():
            if not drained.done():
                drained.set_result(None)


def _size(message: bytes | WaitingMessage) -> int:
    return len(message if isinstance(message, bytes) else message.data)
