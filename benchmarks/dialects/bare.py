"""A WebSocket server without a protocol: it sends back, or to all, the very bytes that it gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.dialects.messages import DialectError, Message

if TYPE_CHECKING:
    from benchmarks.dialects.signalr import JsonDialect, MessagePackDialect

__all__ = ["BareDialect"]


class BareDialect:
    """Carries the messages of a hub protocol, so that the bytes are those of the servers beside it.

    Args:
        inner: The hub protocol.
    """

    has_handshake = False

    def __init__(self, inner: JsonDialect | MessagePackDialect) -> None:
        self._inner = inner

    @property
    def is_binary(self) -> bool:
        """Use the frames of the hub protocol."""
        return self._inner.is_binary

    def opening(self) -> bytes | None:
        """Say nothing."""
        return None

    def is_welcome(self, payload: bytes) -> bool:
        """Accept nothing: no message comes before the first call."""
        raise DialectError(f"a bare server said {payload[:200]!r} by itself")

    def reply(self, payload: bytes) -> bytes | None:
        """Answer nothing."""
        return None

    def call(self, call_id: str, method: str, *arguments: object) -> bytes:
        """Send the bytes of the hub protocol's call."""
        return self._inner.call(call_id, method, *arguments)

    def stream(self, call_id: str, count: int) -> bytes:
        """Refuse: there is nothing that streams."""
        raise DialectError("a bare server has no streams")

    def shout(self, text: str) -> bytes:
        """Send the bytes that a hub would send to each connection."""
        return self._inner.push(text)

    def read(self, payload: bytes) -> list[Message]:
        """Take a call that comes back as its own answer."""
        (message,) = self._inner.read(payload)
        return [Message("result" if message.id else message.kind, message.id, message.value)]
