"""Which of the waiting messages may be dropped or replaced, and how many were."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from signalr_py.types import Delivery

__all__ = ["Selection", "WaitingMessage"]


@final
class WaitingMessage:
    """A message that may be dropped or replaced while it waits.

    Attributes:
        data: Its bytes; none when it was dropped, and only its place is left.
        delivery: How it is treated.
        period: The period in which it was added; only those with a key have one.
    """

    __slots__ = ("data", "delivery", "period")

    def __init__(self, data: bytes, delivery: Delivery, period: int) -> None:
        self.data: bytes = data
        self.delivery: Delivery = delivery
        self.period: int = period


@final
class Selection:
    """The messages of one queue that may be dropped or replaced, each kind in the order of the queue.

    Attributes:
        period: Counts the messages without a key, which those with a key must not overtake.
        places: How many places in the queue have lost their message.
        dropped_oldest: Messages that `drop_oldest` has dropped so far.
        dropped_new: Messages that `drop_new` has dropped so far.
        replaced: Messages that `latest` has replaced so far.
        dropped_size: Bytes of all of these.
    """

    __slots__ = (
        "_earlier",
        "_keyed",
        "_newest",
        "_oldest",
        "dropped_new",
        "dropped_oldest",
        "dropped_size",
        "period",
        "places",
        "replaced",
    )

    def __init__(self) -> None:
        self.period: int = 0
        self.places: int = 0
        self.dropped_oldest: int = 0
        self.dropped_new: int = 0
        self.replaced: int = 0
        self.dropped_size: int = 0
        self._oldest: deque[WaitingMessage] = deque()
        self._newest: deque[WaitingMessage] = deque()
        self._keyed: dict[str, WaitingMessage] = {}
        self._earlier: dict[str, WaitingMessage] = {}

    @property
    def is_empty(self) -> bool:
        """Whether the queue holds neither messages that may be dropped nor places of dropped ones."""
        return not (self._oldest or self._newest or self._keyed or self._earlier or self.places)

    @property
    def dropped(self) -> int:
        """Messages that were dropped or replaced so far."""
        return self.dropped_oldest + self.dropped_new + self.replaced

    def waiting_with(self, delivery: Delivery) -> WaitingMessage | None:
        """Return the message that one with this delivery replaces."""
        return None if delivery.key is None else self._keyed.get(delivery.key)

    def is_overtaken(self, message: WaitingMessage) -> bool:
        """Whether a message without a key was added behind one with a key."""
        return message.period != self.period

    def has_earlier(self, message: WaitingMessage) -> bool:
        """Whether a value waits that is earlier than one of the same key."""
        return message.delivery.key in self._earlier

    def keep_earlier(self, message: WaitingMessage) -> None:
        """Leave a message with a key in its place, although a newer one is added to the end."""
        assert message.delivery.key is not None
        self._earlier[message.delivery.key] = message

    def added(self, data: bytes, delivery: Delivery) -> WaitingMessage:
        """Note a message that is added to the end of the queue, and return what to keep there."""
        if delivery.key is None:
            self.period += 1
        message = WaitingMessage(data, delivery, self.period)
        if delivery.key is not None:
            self._keyed[delivery.key] = message
        elif delivery.policy == "drop_oldest":
            self._oldest.append(message)
        else:
            self._newest.append(message)
        return message

    def taken(self, message: WaitingMessage) -> None:
        """Note that a message leaves the front of the queue, or that a place without one does."""
        delivery = message.delivery
        if not message.data:
            self.places -= 1
        elif delivery.key is not None:
            is_earlier = self._earlier.get(delivery.key) is message
            del (self._earlier if is_earlier else self._keyed)[delivery.key]
        elif delivery.policy == "drop_oldest":
            self._oldest.popleft()
        else:
            self._newest.popleft()

    def drop(self) -> int:
        """Drop a message that `drop_without_key` would, or else a value of which a newer one waits.

        Returns:
            Its size; 0 when there is none.
        """
        return self.drop_without_key() or self._drop_earlier()

    def drop_without_key(self) -> int:
        """Drop the oldest message with `drop_oldest`, or else the newest one with `drop_new`.

        Returns:
            Its size; 0 when there is none.
        """
        return self.drop_oldest() or self._drop_newest()

    def drop_oldest(self) -> int:
        """Drop the oldest message with `drop_oldest`; returns its size, or 0 when there is none."""
        if not self._oldest:
            return 0
        self.dropped_oldest += 1
        return self._empty(self._oldest.popleft())

    def _drop_newest(self) -> int:
        if not self._newest:
            return 0
        self.dropped_new += 1
        return self._empty(self._newest.pop())

    def _drop_earlier(self) -> int:
        for key in self._earlier:
            self.replaced += 1
            return self._empty(self._earlier.pop(key))
        return 0

    def refused(self, data: bytes, delivery: Delivery) -> None:
        """Note a message that is dropped before it is added."""
        self.dropped_size += len(data)
        if delivery.policy == "drop_new":
            self.dropped_new += 1
        else:
            self.dropped_oldest += 1

    def replace(self, message: WaitingMessage, data: bytes) -> None:
        """Put newer bytes in the place of a message's."""
        self.replaced += 1
        self.dropped_size += len(message.data)
        message.data = data

    def remove(self, message: WaitingMessage) -> None:
        """Take a message with a key out, because a newer one is added to the end."""
        assert message.delivery.key is not None
        del self._keyed[message.delivery.key]
        self.replaced += 1
        self._empty(message)

    def clear(self) -> None:
        """Forget what waits, but not what was counted."""
        self.places = 0
        self._oldest.clear()
        self._newest.clear()
        self._keyed.clear()
        self._earlier.clear()

    def _empty(self, message: WaitingMessage) -> int:
        size = len(message.data)
        message.data = b""
        self.places += 1
        self.dropped_size += size
        return size
