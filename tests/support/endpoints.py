"""A hub's HTTP surface with recording handlers on top, and requests to it."""

from __future__ import annotations

import json
from itertools import cycle
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias, final
from urllib.parse import urlencode

from starlette.routing import Router

from signalr_py.options import HttpConnectionOptions
from signalr_py.transports.endpoint import EndpointSettings, HubEndpoint
from signalr_py.transports.forwarding import NoForwarding
from signalr_py.transports.manager import ConnectionManager
from signalr_py.transports.route import HubRoute
from signalr_py.transports.tokens import ConnectionToken, ConnectionTokens, fingerprint, new_connection_id
from tests.support.clock import ManualClock
from tests.support.direct import DirectExchange
from tests.support.exchanges import Answer, HttpExchange, WebSocketExchange, http_scope, request, websocket_scope
from tests.support.handlers import Handlers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import HTTPConnection
    from starlette.responses import Response
    from starlette.types import ASGIApp

    from signalr_py.transports.connection import TransportConnection
    from signalr_py.transports.endpoint import RequestCheck
    from signalr_py.transports.forwarding import Forwarder

__all__ = [
    "KEY",
    "KINDS",
    "NODE",
    "NO_CACHE",
    "REQUESTS",
    "TRANSPORTS",
    "Kind",
    "Negotiated",
    "ServedHub",
    "SocketKind",
    "ask",
    "plain",
    "token_of",
    "unknown",
]

Kind: TypeAlias = Literal["WebSockets", "ServerSentEvents", "LongPolling", "POST", "DELETE"]
"""A request at the hub's own path: a GET by the transport that it is for, or a method."""

SocketKind: TypeAlias = Literal["ASGI", "direct", "outliving"]
"""How a host offers a WebSocket: for `receive` and `send`, for plain calls, or for such that outlive the request."""

KINDS: tuple[Kind, ...] = ("WebSockets", "ServerSentEvents", "LongPolling", "POST", "DELETE")
TRANSPORTS = KINDS[:3]
REQUESTS = KINDS[1:]
NO_CACHE = {
    "cache-control": "no-cache, no-store",
    "pragma": "no-cache",
    "expires": "Thu, 01 Jan 1970 00:00:00 GMT",
}
KEY = "a key for connection tokens"
NODE = b"node one"


class Negotiated(NamedTuple):
    """The public id of a connection, and its secret token."""

    id: str
    token: str


@final
class ServedHub:
    """An endpoint at `/hub`, with everything that it is made of."""

    def __init__(
        self,
        options: HttpConnectionOptions | None = None,
        *,
        node: bytes = NODE,
        forwarder: Forwarder | None = None,
        name: str = "Hub",
        sockets: Sequence[SocketKind] = ("ASGI",),
    ) -> None:
        self.clock = ManualClock(1000.0)
        self.wall_clock = ManualClock(1_700_000_000.5)
        self.handlers = Handlers()
        self.refusal: Response | None = None
        self.checked: list[HTTPConnection] = []
        self.on_check: RequestCheck | None = None
        self._sockets = cycle(sockets)
        options = options or HttpConnectionOptions()
        self.manager = ConnectionManager(options, self.handlers, clock=self.clock, wall_clock=self.wall_clock)
        self.manager.drains_at_end = True
        self.tokens = ConnectionTokens([KEY], name)
        self.endpoint = HubEndpoint(
            EndpointSettings(
                options=options,
                manager=self.manager,
                tokens=self.tokens,
                node=node,
                check=self._check,
                forwarder=forwarder or NoForwarding(),
            )
        )
        self.app: ASGIApp = Router([HubRoute("/hub", self.endpoint, name=name)])

    async def _check(self, connection: HTTPConnection) -> Response | None:
        self.checked.append(connection)
        return self.refusal if self.on_check is None else await self.on_check(connection)

    def advance(self, seconds: float) -> None:
        """Let time pass, and the heartbeat notice."""
        self.clock.now += seconds
        self.wall_clock.now += seconds
        list(self.manager.tick(self.clock.now))

    async def negotiate(self, *, user: object = None, stateful: bool = False) -> Negotiated:
        """Return a new connection's id and token."""
        query = "negotiateVersion=1&useStatefulReconnect=true" if stateful else "negotiateVersion=1"
        answer = await self.request("POST", "/hub/negotiate", query=query, user=user)
        body = json.loads(answer.body)
        return Negotiated(body["connectionId"], body["connectionToken"])

    def connection(self, negotiated: Negotiated) -> TransportConnection:
        """Return a connection that was claimed."""
        connection = self.manager.find(negotiated.id)
        assert connection is not None
        return connection

    def open(
        self,
        method: str = "GET",
        path: str = "/hub",
        *,
        id: str | None = None,  # noqa: A002 - the name in the query
        query: str = "",
        headers: Mapping[str, str] | None = None,
        user: object = None,
        body: bytes | None = b"",
    ) -> HttpExchange:
        """Return a request to be entered."""
        scope = http_scope(method, path, query=_query(id, query), headers=headers, user=user)
        return HttpExchange(self.app, scope, body=body)

    def event_stream(self, negotiated: Negotiated, *, user: object = None) -> HttpExchange:
        """Return a request for server-sent events."""
        return self.open(id=negotiated.token, headers={"Accept": "text/event-stream"}, user=user)

    async def request(
        self,
        method: str = "GET",
        path: str = "/hub",
        *,
        id: str | None = None,  # noqa: A002 - the name in the query
        query: str = "",
        headers: Mapping[str, str] | None = None,
        user: object = None,
        body: bytes = b"",
    ) -> Answer:
        """Make a whole request."""
        scope = http_scope(method, path, query=_query(id, query), headers=headers, user=user)
        return await request(self.app, scope, body=body)

    def websocket(
        self,
        *,
        id: str | None = None,  # noqa: A002 - the name in the query
        query: str = "",
        user: object = None,
        can_deny: bool = True,
    ) -> WebSocketExchange:
        """Return a WebSocket to be entered, of the kind that is next."""
        scope = websocket_scope("/hub", query=_query(id, query), user=user, can_deny=can_deny)
        kind = next(self._sockets)
        if kind == "ASGI":
            return WebSocketExchange(self.app, scope)
        return DirectExchange(self.app, scope, outlives=kind == "outliving")


def _query(token: str | None, query: str) -> str:
    if token is None:
        return query
    return "&".join(filter(None, [urlencode({"id": token}), query]))


async def ask(hub: ServedHub, kind: Kind, token: str | None, *, query: str = "", user: object = None) -> Answer:
    """Make a request that is refused, or answered at once."""
    if kind == "WebSockets":
        async with hub.websocket(id=token, query=query, user=user) as socket:
            return await socket.denied()
    method = "GET" if kind in TRANSPORTS else kind
    headers = {"Accept": "text/event-stream"} if kind == "ServerSentEvents" else None
    return await hub.request(method, id=token, query=query, headers=headers, user=user)


def plain(kind: Kind, status: int, body: str = "", **headers: str) -> Answer:
    """Return the answer that the reference gives, whose type is missing for sockets with an unknown id only."""
    expected = {"content-length": str(len(body)), "content-type": "text/plain", **headers}
    if kind == "LongPolling":
        expected |= NO_CACHE
    return Answer(status=status, headers=expected, body=body.encode())


def unknown(kind: Kind) -> Answer:
    """Return the answer for an id that leads nowhere."""
    answer = plain(kind, 404, "No Connection with that ID")
    if kind == "WebSockets":
        return Answer(status=404, headers={"content-length": "26"}, body=answer.body)
    return answer


def token_of(hub: ServedHub, *, home: bytes = NODE, connection_id: str | None = None) -> str:
    """Return a token that the hub accepts."""
    return hub.tokens.issue(
        ConnectionToken(connection_id or new_connection_id(), home, fingerprint(""), False, int(hub.wall_clock()) + 15)
    )
