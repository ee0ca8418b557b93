"""Names for the plain values that pass between the layers."""

from __future__ import annotations

import enum
from typing import Protocol, TypeAlias, runtime_checkable

__all__ = ["Challenge", "ConnectionId", "GroupName", "TransferFormat", "TransportType", "UserId"]

ConnectionId: TypeAlias = str
"""The public id of a connection: what `context.connection_id` holds and `clients.client(...)` takes."""

GroupName: TypeAlias = str
UserId: TypeAlias = str


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
