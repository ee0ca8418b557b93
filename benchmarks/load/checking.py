"""Checks every message that comes back for content and order, so that a lost or doubled one is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from benchmarks.dialects import Dialect, DialectError, Kind, Message

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Expected", "LoadError", "Script"]


class LoadError(Exception):
    """The server did not do what was asked: a message is lost, doubled or wrong, or a connection ended."""


class Expected(Struct, frozen=True):
    """One message that has to come.

    Attributes:
        kind: What it is.
        id: The call or stream that it belongs to.
        value: What it carries.
    """

    kind: Kind
    id: str
    value: object

    def is_met_by(self, message: Message) -> bool:
        """Return whether a message is the expected one; where the server names no call, none is compared."""
        return (
            self.kind == message.kind and self.value == message.value and (self.kind == "push" or self.id == message.id)
        )


class Script:
    """The messages that have to come, in order, again and again; shared by all connections that get the same.

    Whatever was read and found right once is compared by its bytes from then on, so that checking costs little.

    Args:
        dialect: What the server speaks.
        expected: The messages.
    """

    def __init__(self, dialect: Dialect, expected: Sequence[Expected]) -> None:
        self._dialect = dialect
        self._expected = expected
        self._known: list[bytes | None] = [None] * len(expected)
        self.length = len(expected)

    def take(self, position: int, payload: bytes) -> int:
        """Check what came and return how many of the expected messages it holds.

        Args:
            position: How many messages came before on this connection.
            payload: What came.

        Raises:
            LoadError: It is not what had to come.
        """
        index = position % self.length
        if payload == self._known[index]:
            return 1
        try:
            messages = [message for message in self._dialect.read(payload) if message.kind != "ping"]
        except DialectError as error:
            raise LoadError(f"message {position + 1}: {error}") from error
        for offset, message in enumerate(messages):
            self._check(position + offset, message)
        if len(messages) == 1:
            self._known[index] = payload
        return len(messages)

    def _check(self, position: int, message: Message) -> None:
        expected = self._expected[position % self.length]
        if expected.is_met_by(message):
            return
        where = next(self._offsets(position, message), None)
        if where is None:
            what = "wrong"
        else:
            what = f"out of order ({where} lost)" if where > 0 else f"doubled or late (by {-where})"
        raise LoadError(f"message {position + 1} is {what}: expected {_words(expected)}, got {_words(message)}")

    def _offsets(self, position: int, message: Message) -> Iterator[int]:
        for distance in range(1, self.length // 2 + 1):
            for offset in (-distance, distance):
                if self._expected[(position + offset) % self.length].is_met_by(message):
                    yield offset


def _words(message: Expected | Message) -> str:
    value = repr(message.value)
    return f"{message.kind} {message.id} {value if len(value) < 80 else value[:80] + '...'}".replace("  ", " ")
