"""From the `id` of a request to its connection, here or at another node, and for its own user only."""

from __future__ import annotations

import enum
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, final

from signalr_py.transports.principal import identity_of
from signalr_py.transports.tokens import ConnectionToken, fingerprint

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection
    from starlette.types import Receive, Send

    from signalr_py.transports.connection import TransportConnection
    from signalr_py.transports.forwarding import Forwarder
    from signalr_py.transports.manager import ConnectionManager
    from signalr_py.transports.query import QueryValues
    from signalr_py.transports.tokens import ConnectionTokens

__all__ = ["ConnectionLookup", "Found", "NotFound", "Why"]

_log = logging.getLogger("signalr_py.transports.endpoint")


class Why(enum.Enum):
    """Why a request has no connection."""

    NO_ID = enum.auto()
    UNKNOWN_ID = enum.auto()
    OTHER_USER = enum.auto()


@final
@dataclass(frozen=True)
class NotFound:
    """A request that leads to no connection of its own.

    Attributes:
        why: The reason.
        connection: The connection of the other user, if it is here.
    """

    why: Why
    connection: TransportConnection | None = None


Found: TypeAlias = "TransportConnection | ConnectionToken | NotFound | None"
"""What a request's `id` leads to: a connection; a token that may open one; neither; or None when another node has
answered already."""


@final
class ConnectionLookup:
    """Finds the connections of one mapped hub.

    Args:
        manager: Keeps the connections.
        tokens: Reads connection tokens.
        node: Eight bytes that name this process in tokens.
        forwarder: Hands requests to other nodes.
    """

    def __init__(self, manager: ConnectionManager, tokens: ConnectionTokens, node: bytes, forwarder: Forwarder) -> None:
        self._manager = manager
        self._tokens = tokens
        self._node = node
        self._forwarder = forwarder

    async def find(self, request: HTTPConnection, query: QueryValues, receive: Receive, send: Send) -> Found:
        """Return what the `id` in a request's query leads to; another node may answer the request instead."""
        value = query.get("id")
        if not value:
            return NotFound(Why.NO_ID)
        token = self._tokens.read(value)
        if token is None:
            return NotFound(Why.UNKNOWN_ID)
        connection = self._manager.find(token.connection_id)
        if connection is None and token.home != self._node:
            answered = await self._forwarder.forward(token, request.scope, receive, send)
            return None if answered else NotFound(Why.UNKNOWN_ID)
        if fingerprint(identity_of(request)) != token.identity:
            _log.warning("A request for connection %s came from another user and is refused.", token.connection_id)
            return NotFound(Why.OTHER_USER, connection)
        if connection is not None:
            return connection
        return token if self._manager.can_claim(token) else NotFound(Why.UNKNOWN_ID)

    def own(self, request: HTTPConnection, query: QueryValues) -> TransportConnection | None:
        """Return the connection of a request if it is here and its user's."""
        token = self._tokens.read(query.get("id") or "")
        if token is None or fingerprint(identity_of(request)) != token.identity:
            return None
        return self._manager.find(token.connection_id)

    def was_negotiated_as_0(self, query: QueryValues) -> bool:
        """Tell whether the `id` in a request's query comes from a negotiation of version 0."""
        token = self._tokens.read(query.get("id") or "")
        return token is not None and token.negotiate_version == 0
