"""Stateful reconnect without input and output: what to send again on a new socket, and what has been received before.

Both sides number the messages that they send (from 1, and never on the wire) and keep them until the other side says
that it has them. On a new socket each side says first, with a `SequenceMessage`, which number its next message has, and
then repeats what it keeps.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final, final

from msgspec import Struct

from signalr_py.exceptions import RemoteProtocolError
from signalr_py.protocol.messages import (
    CancelInvocationMessage,
    CompletionMessage,
    InvocationBindingFailure,
    InvocationMessage,
    StreamBindingFailure,
    StreamInvocationMessage,
    StreamItemMessage,
)

if TYPE_CHECKING:
    from signalr_py.protocol.messages import HubMessage

__all__ = ["Replay", "Resumption", "is_sequenced"]

_SEQUENCED: Final = (
    InvocationMessage,
    StreamItemMessage,
    CompletionMessage,
    StreamInvocationMessage,
    CancelInvocationMessage,
    InvocationBindingFailure,
    StreamBindingFailure,
)


def is_sequenced(message: HubMessage) -> bool:
    """Tell whether both sides count a message: types 1 to 5, also those whose values do not fit."""
    return isinstance(message, _SEQUENCED)


class Resumption(Struct, frozen=True):
    """What one side sends first on a new socket.

    Attributes:
        sequence_id: Number of the first message that follows, for the `SequenceMessage` in front of all.
        messages: The bytes of the messages that the other side has not acknowledged, in order.
    """

    sequence_id: int
    messages: tuple[bytes, ...]


@final
class Replay:
    """One side's numbers: what it has sent and keeps, and what it has received."""

    __slots__ = ("_acknowledged", "_kept", "_latest", "_next", "_sent", "size")

    def __init__(self) -> None:
        self.size: int = 0
        """Bytes of the kept messages."""
        self._kept: deque[bytes] = deque()
        self._sent = 0
        self._next = 1
        self._latest = 0
        self._acknowledged = 0

    def __len__(self) -> int:
        """Return the number of kept messages."""
        return len(self._kept)

    def keep(self, data: bytes) -> None:
        """Number a sequenced message, and keep it until it is acknowledged."""
        self._sent += 1
        self._kept.append(data)
        self.size += len(data)

    def acknowledge(self, sequence_id: int) -> bool:
        """Drop the messages up to one that the other side has; numbers of the past and of the future are harmless.

        Returns:
            Whether any was dropped.
        """
        kept = self._kept
        count = min(sequence_id - (self._sent - len(kept)), len(kept))
        for _ in range(count):
            self.size -= len(kept.popleft())
        return count > 0

    def receive(self) -> bool:
        """Count a sequenced message of the other side.

        Returns:
            Whether it is new. Otherwise it came before, and is dropped.
        """
        sequence_id = self._next
        self._next += 1
        if sequence_id <= self._latest:
            return False
        self._latest = sequence_id
        return True

    def expect(self, sequence_id: int) -> None:
        """Learn from a `SequenceMessage` which number the other side's next message has.

        It keeps that message, so an acknowledgement beyond it was lost with the old socket and is owed again.

        Raises:
            RemoteProtocolError: Messages before that one never arrived.
        """
        if sequence_id > self._latest + 1:
            raise RemoteProtocolError("Sequence ID greater than amount of messages we've received.")
        self._next = sequence_id
        self._acknowledged = min(self._acknowledged, sequence_id - 1)

    def acknowledgement(self) -> int | None:
        """Return the number for an `AckMessage` that is owed, which counts as sent then; None when none is."""
        if self._latest <= self._acknowledged:
            return None
        self._acknowledged = self._latest
        return self._latest

    def resume(self) -> Resumption:
        """Return what to send first on a new socket; it stays kept."""
        return Resumption(self._sent - len(self._kept) + 1, tuple(self._kept))
