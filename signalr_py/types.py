"""Names for the plain values that pass between the layers."""

from __future__ import annotations

import enum
from typing import Final, Literal, Protocol, TypeAlias, runtime_checkable

from msgspec import Struct

__all__ = [
    "MUST_ARRIVE",
    "Challenge",
    "ConnectionId",
    "Delivery",
    "GroupName",
    "SlowClientPolicy",
    "TransferFormat",
    "TransportType",
    "UserId",
]

ConnectionId: TypeAlias = str
"""The public id of a connection: what `context.connection_id` holds and `clients.client(...)` takes."""

GroupName: TypeAlias = str
UserId: TypeAlias = str

SlowClientPolicy: TypeAlias = Literal["disconnect", "drop_oldest", "drop_new", "latest", "wait"]
"""What happens to a message whose client does not keep up: see `ClientProxy.send`."""


class Delivery(Struct, frozen=True):
    """How a message is treated by a connection whose client does not keep up.

    Attributes:
        policy: What happens when too much waits for the client; `latest` also replaces what waits already.
        key: What a message with `latest` replaces: the one of the same key.
    """

    policy: SlowClientPolicy = "disconnect"
    key: str | None = None

    @property
    def is_droppable(self) -> bool:
        """Whether its sender need not wait for the client, because it may be dropped or replaced instead."""
        return self.policy not in ("disconnect", "wait")


MUST_ARRIVE: Final = Delivery()
"""Of everything that belongs to a call or to the connection itself: never dropped as long as the connection lasts."""


class TransferFormat(enum.Enum):
    """What a transport can carry, as `negotiate` spells it."""

    TEXT = "Text"
    BINARY = "Binary"


class TransportType(enum.Enum):
    """The three ways a client may be connected, as `negotiate` spells them."""

    WEB_SOCKETS = "WebSockets"
    SERVER_SENT_EVENTS = "ServerSentEvents"
    LONG_POLLING = "LongPolling"


@runtime_checkable
class Challenge(Protocol):
    """A user whose credentials were refused, with the reason for the `WWW-Authenticate` header."""

    @property
    def www_authenticate(self) -> str:
        """The header's value, for example `Bearer error="invalid_token"`."""
        ...
