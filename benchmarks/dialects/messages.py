"""What a server can say to the load, whatever it speaks, and what the load must know of a protocol to talk to it."""

from __future__ import annotations

from typing import Literal, Protocol, TypeAlias

from msgspec import Struct

__all__ = ["Dialect", "DialectError", "Kind", "Message"]

Kind: TypeAlias = Literal["result", "push", "item", "end", "ping"]


class DialectError(Exception):
    """A server said something that its protocol does not allow, or an error."""


class Message(Struct, frozen=True):
    """One message of a server.

    Attributes:
        kind: The answer to a call, a message of a broadcast, an item of a stream, its end, or a ping.
        id: The call or the stream; empty for pushes and pings.
        value: The answer, the text or the item.
    """

    kind: Kind
    id: str = ""
    value: object = None


class Dialect(Protocol):
    """How to talk to one kind of server."""

    @property
    def is_binary(self) -> bool:
        """Whether messages go out in binary frames."""
        ...

    @property
    def has_handshake(self) -> bool:
        """Whether a connection is open only after messages both ways."""
        ...

    def opening(self) -> bytes | None:
        """Return what the client says first; None when the server speaks first or nothing is said."""
        ...

    def is_welcome(self, payload: bytes) -> bool:
        """Return whether this ends the handshake.

        Raises:
            DialectError: The server refuses.
        """
        ...

    def reply(self, payload: bytes) -> bytes | None:
        """Return what has to be answered to a message that arrives before the welcome, or to a ping."""
        ...

    def call(self, call_id: str, method: str, *arguments: object) -> bytes:
        """Return a call that is answered."""
        ...

    def stream(self, call_id: str, count: int) -> bytes:
        """Return a call that is answered with a stream of so many integers."""
        ...

    def shout(self, text: str) -> bytes:
        """Return what makes the server send a text to all its connections."""
        ...

    def read(self, payload: bytes) -> list[Message]:
        """Return the messages in what the server sent.

        Raises:
            DialectError: They cannot be read, or tell of an error.
        """
        ...
