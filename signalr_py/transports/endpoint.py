"""The HTTP surface of one hub: negotiate, GET, POST and DELETE become a connection and its bytes."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias, final

from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import Response

from signalr_py.protocol.negotiation import (
    NegotiateResponse,
    NegotiateVersionError,
    parse_negotiate_version,
    parse_stateful_reconnect,
)
from signalr_py.transports.direct import DirectTransport
from signalr_py.transports.direct_socket import direct_web_socket
from signalr_py.transports.forwarding import Forwarder, NoForwarding
from signalr_py.transports.long_polling import NO_CACHE_HEADERS, LongPollingTransport
from signalr_py.transports.lookup import ConnectionLookup
from signalr_py.transports.openings import OTHER_USER, ConnectionOpenings, leaving
from signalr_py.transports.query import QueryValues
from signalr_py.transports.refresh import AuthenticationRefresh
from signalr_py.transports.responses import empty_text, respond, text
from signalr_py.transports.server_sent_events import ServerSentEventsTransport
from signalr_py.transports.stateful import StatefulConnection
from signalr_py.transports.subprotocols import choose_subprotocol
from signalr_py.transports.tokens import ConnectionToken
from signalr_py.transports.turns import TurnWriter
from signalr_py.transports.websocket import WebSocketTransport
from signalr_py.types import TransportType

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from signalr_py.options import HttpConnectionOptions
    from signalr_py.transports.connection import TransportConnection
    from signalr_py.transports.manager import ConnectionManager
    from signalr_py.transports.tokens import ConnectionTokens

__all__ = ["EndpointSettings", "HubEndpoint", "RequestCheck"]

RequestCheck: TypeAlias = Callable[[HTTPConnection], Awaitable[Response | None]]
"""Looks at a request before anything else does, and returns the answer when it is refused."""

_BODY_SLICE: Final = 65_536
_log = logging.getLogger("signalr_py.transports.endpoint")


@dataclass(frozen=True, kw_only=True)
class EndpointSettings:
    """What an endpoint is made of.

    Attributes:
        options: Options of the HTTP surface.
        manager: Keeps the connections.
        tokens: Issues and reads connection tokens.
        node: Eight bytes that name this process in tokens.
        check: Refuses requests: shutdown, authorization, origin.
        forwarder: Hands requests to other nodes.
    """

    options: HttpConnectionOptions
    manager: ConnectionManager
    tokens: ConnectionTokens
    node: bytes
    check: RequestCheck
    forwarder: Forwarder = field(default_factory=NoForwarding)


@final
class HubEndpoint:
    """Three ASGI applications: `negotiate`, `refresh`, and `connect` for everything at the hub's own path."""

    def __init__(self, settings: EndpointSettings) -> None:
        self._settings = settings
        self._options = settings.options
        self._manager = settings.manager
        lookup = ConnectionLookup(settings.manager, settings.tokens, settings.node, settings.forwarder)
        self._openings = ConnectionOpenings(settings.options, settings.manager, lookup, settings.node)
        self._refreshing = AuthenticationRefresh(
            lookup,
            settings.check,
            is_enabled=settings.options.enable_authentication_refresh,
            wall_clock=settings.manager.wall_clock,
        )
        self._turns: TurnWriter | None = None
        self._has_warned = False

    async def negotiate(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer `POST {hub}/negotiate`; nothing is stored."""
        response = await self._negotiate(scope)
        await response(scope, receive, send)

    async def refresh(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer `POST {hub}/refresh`, by which a connection gets its user's newer token."""
        await self._refreshing.answer(scope, receive, send)

    async def connect(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or carry a WebSocket, at the hub's path."""
        connection = HTTPConnection(scope)
        refusal = await self._settings.check(connection)
        if refusal is not None:
            if refusal.status_code == 403 and scope.get("method") == "GET":
                self._refreshing.end_refused(connection)
            await respond(refusal, scope, receive, send)
            return
        query = QueryValues(scope)
        method = "GET" if scope["type"] == "websocket" else scope["method"]
        if method == "GET":
            await self._get(connection, query, receive, send)
        elif method == "POST":
            await self._post(connection, query, receive, send)
        elif method == "DELETE":
            await self._delete(connection, query, receive, send)
        else:
            await empty_text(405)(scope, receive, send)

    async def _negotiate(self, scope: Scope) -> Response:
        connection = HTTPConnection(scope)
        refusal = await self._settings.check(connection)
        if refusal is not None:
            return refusal
        if scope["method"] != "POST":
            return empty_text(405)
        if self._manager.is_leaving:
            return leaving()
        query = QueryValues(scope)
        options = self._options
        try:
            version = parse_negotiate_version(query.get("negotiateVersion"), options.minimum_protocol_version)
        except NegotiateVersionError as error:
            return Response(NegotiateResponse.failure(str(error)).encode(), media_type="application/json")
        stateful = options.allow_stateful_reconnects and parse_stateful_reconnect(query.get("useStatefulReconnect"))
        token = self._openings.new_token(connection, stateful=stateful, negotiate_version=version)
        answer = NegotiateResponse.connection(
            version=version,
            connection_id=token.connection_id,
            connection_token=self._settings.tokens.issue(token),
            transports=options.transports,
            use_stateful_reconnect=stateful,
            token_lifetime=self._refreshing.lifetime(connection),
        )
        return Response(answer.encode(), media_type="application/json")

    async def _get(self, request: HTTPConnection, query: QueryValues, receive: Receive, send: Send) -> None:
        scope = request.scope
        if scope["type"] == "websocket":
            transport = TransportType.WEB_SOCKETS
        elif request.headers.get("upgrade", "").lower() == "websocket":
            await self._refuse_upgrade(scope, receive, send)
            return
        elif _accepts_event_stream(request):
            transport = TransportType.SERVER_SENT_EVENTS
        else:
            transport = TransportType.LONG_POLLING
        headers = NO_CACHE_HEADERS if transport is TransportType.LONG_POLLING else None
        if transport is TransportType.WEB_SOCKETS and not query.get("id"):
            opened = self._openings.open(request)
        else:
            found = await self._openings.find(request, query, receive, send, headers)
            if found is None:
                return
            opened = found if isinstance(found, Response) else self._openings.claim_for(transport, found, headers)
        if not isinstance(opened, Response) and not self._refreshing.adopt(opened, request):
            opened = text(403, OTHER_USER, headers)
        if isinstance(opened, Response):
            await respond(opened, scope, receive, send)
        elif transport is TransportType.LONG_POLLING:
            await self._poll(opened, request, receive, send)
        else:
            returns_to = opened if isinstance(opened, StatefulConnection) and opened.can_return else None
            if returns_to is None:
                opened.choose(transport, request)
            try:
                if transport is TransportType.WEB_SOCKETS:
                    await receive()
                    await self._carrier(opened, scope, receive, send, returns_to).run(
                        choose_subprotocol(self._options.websocket_subprotocol_selector, scope)
                    )
                else:
                    await ServerSentEventsTransport(opened, receive, send).run()
            finally:
                if not opened.is_kept:
                    self._forget(opened)

    def _carrier(
        self,
        connection: TransportConnection,
        scope: Scope,
        receive: Receive,
        send: Send,
        returns_to: StatefulConnection | None,
    ) -> DirectTransport | WebSocketTransport:
        """Return what carries a connection over a WebSocket: by plain calls if the host offers them."""
        close_timeout = self._options.websocket_close_timeout
        socket = direct_web_socket(scope)
        if socket is None:
            return WebSocketTransport(connection, receive, send, close_timeout=close_timeout, returns_to=returns_to)
        if self._turns is None or not self._turns.is_here:
            self._turns = TurnWriter()
        return DirectTransport(
            connection,
            send,
            socket=socket,
            turns=self._turns,
            finished=self._forget,
            close_timeout=close_timeout,
            may_outlive_request=self._manager.drains_at_end,
            returns_to=returns_to,
        )

    def _forget(self, connection: TransportConnection) -> None:
        connection.end_of_input()
        self._manager.remove(connection)

    async def _refuse_upgrade(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer an upgrade that the host hands over as a request; the token stays good for another transport."""
        if not self._has_warned:
            self._has_warned = True
            _log.warning(
                "A WebSocket upgrade of %s arrived as a plain HTTP request and is answered 404: the server has no "
                "WebSocket library (`pip install websockets` or `pip install wsproto`), or has WebSockets turned off. "
                "Further ones are not logged.",
                ascii(scope["path"]),
            )
        await text(404, "WebSockets transport not supported by this server")(scope, receive, send)

    async def _poll(
        self, connection: TransportConnection, request: HTTPConnection, receive: Receive, send: Send
    ) -> None:
        if connection.polls is None:
            connection.polls = LongPollingTransport(connection)
            connection.choose(TransportType.LONG_POLLING, request)
            await connection.polls.first()(request.scope, receive, send)
        elif await connection.polls.poll(request.scope, receive, send):
            self._manager.remove(connection)

    async def _post(self, request: HTTPConnection, query: QueryValues, receive: Receive, send: Send) -> None:
        scope = request.scope
        found = await self._openings.find(request, query, receive, send)
        if found is None:
            return
        if isinstance(found, ConnectionToken):
            found = self._openings.claim(found)
        if isinstance(found, Response):
            response = found
        elif found.chosen_transport is TransportType.WEB_SOCKETS:
            response = text(405, "POST requests are not allowed for WebSocket connections.")
        else:
            response = await self._take_body(found, Request(scope, receive))
        await response(scope, receive, send)

    async def _take_body(self, connection: TransportConnection, request: Request) -> Response:
        """Feed a body to the connection; posts of one connection wait for one another."""
        limit = self._options.application_max_buffer_size or _BODY_SLICE
        async with connection.posting:
            waiting = bytearray()
            try:
                async with connection.cut_at_end():
                    async for chunk in request.stream():
                        waiting += chunk
                        if len(waiting) >= limit:
                            if not await _is_fed(connection, bytes(waiting)):
                                return empty_text(404)
                            waiting.clear()
            except ClientDisconnect:
                return empty_text(400)
            except TimeoutError:
                return empty_text(404)
            return empty_text(200 if await _is_fed(connection, bytes(waiting)) else 404)

    async def _delete(self, request: HTTPConnection, query: QueryValues, receive: Receive, send: Send) -> None:
        found = await self._openings.find(request, query, receive, send)
        if found is None:
            return
        if isinstance(found, Response):
            response = found
        elif isinstance(found, ConnectionToken) or found.chosen_transport is not TransportType.LONG_POLLING:
            response = text(400, "Cannot terminate this connection using the DELETE endpoint.")
        else:
            self._manager.delete(found)
            response = empty_text(202)
        await response(request.scope, receive, send)


async def _is_fed(connection: TransportConnection, data: bytes) -> bool:
    """Feed bytes when there is room for some, and wait until there is for more; tell whether there was."""
    await connection.wait_readable()
    if not connection.takes_input:
        return False
    connection.feed(data)
    return await connection.wait_readable()


def _accepts_event_stream(request: HTTPConnection) -> bool:
    """Tell whether an entry of `Accept` is `text/event-stream`, in any case and without parameters."""
    return any(
        entry.strip().lower() == "text/event-stream"
        for accept in request.headers.getlist("accept")
        for entry in accept.split(",")
    )
