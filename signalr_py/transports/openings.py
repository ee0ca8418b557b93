"""Which connection a request may carry: one that is there, or a new one, for its own user only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias, final

from starlette.responses import Response

from signalr_py.exceptions import ConnectionLimitError
from signalr_py.transports.lookup import NotFound, Why
from signalr_py.transports.principal import identity_of
from signalr_py.transports.responses import empty_text, text
from signalr_py.transports.stateful import StatefulConnection
from signalr_py.transports.tokens import ConnectionToken, fingerprint, new_connection_id
from signalr_py.types import TransportType

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import HTTPConnection
    from starlette.types import Receive, Send

    from signalr_py.options import HttpConnectionOptions
    from signalr_py.transports.connection import TransportConnection
    from signalr_py.transports.lookup import ConnectionLookup
    from signalr_py.transports.manager import ConnectionManager
    from signalr_py.transports.query import QueryValues

__all__ = ["OTHER_USER", "ConnectionOpenings", "Found", "leaving"]

OTHER_USER: Final = "The connection belongs to another user."
"""What the client is told whose user is not the connection's."""

Found: TypeAlias = "TransportConnection | ConnectionToken | Response | None"
"""What a request's `id` leads to: a connection; a token that may open one; the answer when it leads to neither; or
None when another node has answered already."""


@final
class ConnectionOpenings:
    """Finds and creates the connections of one mapped hub, or answers why there is none.

    Args:
        options: Options of the HTTP surface.
        manager: Keeps the connections.
        lookup: Finds them.
        node: Eight bytes that name this process in tokens.
    """

    def __init__(
        self, options: HttpConnectionOptions, manager: ConnectionManager, lookup: ConnectionLookup, node: bytes
    ) -> None:
        self._options = options
        self._manager = manager
        self._lookup = lookup
        self._node = node

    async def find(
        self,
        request: HTTPConnection,
        query: QueryValues,
        receive: Receive,
        send: Send,
        headers: Mapping[str, str] | None = None,
    ) -> Found:
        """Return what the `id` in a request's query leads to."""
        found = await self._lookup.find(request, query, receive, send)
        if not isinstance(found, NotFound):
            return found
        match found.why:
            case Why.NO_ID:
                return text(400, "Connection ID required", headers)
            case Why.OTHER_USER:
                return text(403, OTHER_USER, headers)
            case Why.UNKNOWN_ID:
                return _unknown(request, headers)

    def claim_for(
        self,
        transport: TransportType,
        found: TransportConnection | ConnectionToken,
        headers: Mapping[str, str] | None,
    ) -> TransportConnection | Response:
        """Return the connection if this transport may carry it, or the answer that says why not."""
        if transport not in self._options.transports:
            return _unsupported(transport, headers)
        if isinstance(found, ConnectionToken):
            return self.claim(found, headers)
        chosen = found.chosen_transport
        if chosen is None:
            return empty_text(404, headers) if found.has_ended else found
        if chosen is not transport:
            return text(400, "Cannot change transports mid-connection", headers)
        if chosen is TransportType.LONG_POLLING or found.can_return:
            return found
        return empty_text(409 if found.is_attached or not isinstance(found, StatefulConnection) else 204, headers)

    def open(self, request: HTTPConnection) -> TransportConnection | Response:
        """Return a new connection for a WebSocket that was not negotiated, or the answer that says why not."""
        if TransportType.WEB_SOCKETS not in self._options.transports:
            return _unsupported(TransportType.WEB_SOCKETS)
        identity = fingerprint(identity_of(request))
        return self._created(lambda: self._manager.open(new_connection_id(), identity))

    def claim(self, token: ConnectionToken, headers: Mapping[str, str] | None = None) -> TransportConnection | Response:
        """Return the connection that a token opens, or the answer that says why there is none."""
        return self._created(lambda: self._manager.claim(token), headers)

    def _created(
        self, create: Callable[[], TransportConnection], headers: Mapping[str, str] | None = None
    ) -> TransportConnection | Response:
        if self._manager.is_leaving:
            return leaving(headers)
        try:
            return create()
        except ConnectionLimitError:
            body = "The server is at its limit of connections."
            return text(503, body, {**(headers or {}), "Retry-After": "5"})

    def new_token(self, request: HTTPConnection, *, stateful: bool, negotiate_version: int) -> ConnectionToken:
        """Return what the token of a new connection says.

        Args:
            request: The request that negotiates.
            stateful: Whether stateful reconnect is granted.
            negotiate_version: Version of the negotiation.
        """
        return ConnectionToken(
            connection_id=new_connection_id(),
            home=self._node,
            identity=fingerprint(identity_of(request)),
            stateful=stateful,
            expires_at=int(self._manager.wall_clock() + self._options.disconnect_timeout) + 1,
            negotiate_version=negotiate_version,
        )


def leaving(headers: Mapping[str, str] | None = None) -> Response:
    """Return the answer for new clients while the server shuts down."""
    return text(503, "The server is shutting down.", {**(headers or {}), "Retry-After": "1"})


def _unsupported(transport: TransportType, headers: Mapping[str, str] | None = None) -> Response:
    return text(404, f"{transport.value} transport not supported by this end point type", headers)


def _unknown(request: HTTPConnection, headers: Mapping[str, str] | None) -> Response:
    if request.scope["type"] == "websocket":
        return Response("No Connection with that ID", status_code=404)
    return text(404, "No Connection with that ID", headers)
