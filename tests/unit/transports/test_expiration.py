"""Connections end with the credentials of their user, over every transport, and later requests move the end."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from starlette.authentication import SimpleUser

from signalr_py.options import HttpConnectionOptions
from signalr_py.transports.stateful import StatefulConnection
from tests.support.endpoints import TRANSPORTS, Kind, Negotiated, ServedHub

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from tests.support.endpoints import SocketKind
    from tests.support.exchanges import HttpExchange, WebSocketExchange
    from tests.support.handlers import RecordingHandler

REFRESHING = HttpConnectionOptions(
    close_on_authentication_expiration=True,
    enable_authentication_refresh=True,
    allow_stateful_reconnects=True,
    disconnect_timeout=600,
)
CLOSING = HttpConnectionOptions(close_on_authentication_expiration=True, disconnect_timeout=600)
STATEFUL = HttpConnectionOptions(
    close_on_authentication_expiration=True, allow_stateful_reconnects=True, disconnect_timeout=600
)


class User(SimpleUser):
    """A user whose credentials run out."""

    def __init__(self, hub: ServedHub, seconds: float) -> None:
        super().__init__("alice")
        self.expires_at = hub.wall_clock() + seconds


def carrier(hub: ServedHub, kind: Kind, negotiated: Negotiated, user: User) -> HttpExchange | WebSocketExchange:
    """Return the request that carries a connection, or the socket."""
    if kind == "WebSockets":
        return hub.websocket(id=negotiated.token, user=user)
    if kind == "ServerSentEvents":
        return hub.event_stream(negotiated, user=user)
    return hub.open(id=negotiated.token, user=user)


@asynccontextmanager
async def opened(hub: ServedHub, kind: Kind, seconds: float) -> AsyncIterator[tuple[Negotiated, RecordingHandler]]:
    """Open a connection whose credentials run out after some seconds."""
    user = User(hub, seconds)
    negotiated = await hub.negotiate(user=user)
    async with carrier(hub, kind, negotiated, user):
        yield negotiated, await hub.handlers.next()


@pytest.mark.parametrize("kind", TRANSPORTS)
@pytest.mark.parametrize(("options", "expirations"), [(CLOSING, 1), (HttpConnectionOptions(), 0)])
async def test_a_connection_ends_with_its_credentials_if_the_option_says_so(
    kind: Kind, options: HttpConnectionOptions, expirations: int
) -> None:
    hub = ServedHub(options)
    async with opened(hub, kind, 10) as (_, handler):
        hub.advance(9.75)
        assert handler.expirations == 0
        hub.advance(0.25)
        assert handler.expirations == expirations


@pytest.mark.parametrize("kind", TRANSPORTS)
async def test_what_is_posted_does_not_move_the_end(kind: Kind) -> None:
    hub = ServedHub(CLOSING)
    async with opened(hub, kind, 10) as (negotiated, handler):
        await hub.request("POST", id=negotiated.token, user=User(hub, 100), body=b"news")
        hub.advance(10)
        assert handler.expirations == 1


async def test_each_poll_moves_the_end() -> None:
    hub = ServedHub(CLOSING)
    async with opened(hub, "LongPolling", 10) as (negotiated, handler):
        for _ in range(5):
            hub.advance(9)
            handler.duplex.write(b"news")
            await hub.request(id=negotiated.token, user=User(hub, 10))
        assert handler.expirations == 0
        hub.advance(10)
        assert handler.expirations == 1


async def test_a_poll_whose_token_ends_earlier_brings_the_end_forward() -> None:
    hub = ServedHub(CLOSING)
    async with opened(hub, "LongPolling", 100) as (negotiated, handler):
        handler.duplex.write(b"news")
        await hub.request(id=negotiated.token, user=User(hub, 10))
        hub.advance(10)
        assert handler.expirations == 1


async def test_a_poll_without_an_expiry_takes_the_end_away() -> None:
    hub = ServedHub(CLOSING)
    async with opened(hub, "LongPolling", 10) as (negotiated, handler):
        handler.duplex.write(b"news")
        await hub.request(id=negotiated.token, user=SimpleUser("alice"))
        hub.advance(500)
        assert handler.expirations == 0


async def test_credentials_that_run_out_between_two_polls_end_the_connection() -> None:
    hub = ServedHub(CLOSING)
    async with opened(hub, "LongPolling", 10) as (_, handler):
        pass
    hub.advance(10)
    assert handler.expirations == 1


async def negotiate_stateful(hub: ServedHub, user: User) -> Negotiated:
    query = "negotiateVersion=1&useStatefulReconnect=true"
    body = json.loads((await hub.request("POST", "/hub/negotiate", query=query, user=user)).body)
    assert body["useStatefulReconnect"]
    return Negotiated(body["connectionId"], body["connectionToken"])


async def test_coming_back_with_another_socket_moves_the_end(sockets: Sequence[SocketKind]) -> None:
    hub = ServedHub(STATEFUL, sockets=sockets)
    user = User(hub, 10)
    negotiated = await negotiate_stateful(hub, user)
    async with hub.websocket(id=negotiated.token, user=user) as socket:
        await socket.accepted()
        handler = hub.handlers.latest
        connection = hub.connection(negotiated)
        assert isinstance(connection, StatefulConnection)
        assert connection.enable_reconnect()
    hub.advance(9)
    later = User(hub, 10)
    async with hub.websocket(id=negotiated.token, user=later) as socket:
        await socket.accepted()
        assert hub.connection(negotiated) is connection
        assert connection.request.user is later
        hub.advance(9)
        assert handler.expirations == 0
        hub.advance(1)
        assert handler.expirations == 1


async def test_credentials_that_run_out_while_the_socket_is_lost_end_the_connection(
    sockets: Sequence[SocketKind],
) -> None:
    hub = ServedHub(STATEFUL, sockets=sockets)
    user = User(hub, 10)
    negotiated = await negotiate_stateful(hub, user)
    async with hub.websocket(id=negotiated.token, user=user) as socket:
        await socket.accepted()
        connection = hub.connection(negotiated)
        assert isinstance(connection, StatefulConnection)
        assert connection.enable_reconnect()
    assert connection.is_suspended
    hub.advance(10)
    assert hub.handlers.latest.expirations == 1


async def test_a_refresh_while_the_socket_is_lost_moves_the_end(sockets: Sequence[SocketKind]) -> None:
    hub = ServedHub(REFRESHING, sockets=sockets)
    user = User(hub, 10)
    negotiated = await negotiate_stateful(hub, user)
    async with hub.websocket(id=negotiated.token, user=user) as socket:
        await socket.accepted()
        connection = hub.connection(negotiated)
        assert isinstance(connection, StatefulConnection)
        assert connection.enable_reconnect()
    assert connection.is_suspended
    later = User(hub, 100)
    assert (await hub.request("POST", "/hub/refresh", id=negotiated.token, user=later)).status == 200
    assert hub.handlers.latest.refreshes == [later]
    hub.advance(99)
    assert hub.handlers.latest.expirations == 0
    hub.advance(1)
    assert hub.handlers.latest.expirations == 1


async def test_coming_back_with_another_token_is_told_as_a_refresh(sockets: Sequence[SocketKind]) -> None:
    hub = ServedHub(REFRESHING, sockets=sockets)
    user = User(hub, 10)
    negotiated = await negotiate_stateful(hub, user)
    async with hub.websocket(id=negotiated.token, query="access_token=old", user=user) as socket:
        await socket.accepted()
        connection = hub.connection(negotiated)
        assert isinstance(connection, StatefulConnection)
        assert connection.enable_reconnect()
    handler = hub.handlers.latest
    for query, later, refreshes in (("old", User(hub, 20), 0), ("new", User(hub, 30), 1), ("new", User(hub, 40), 1)):
        async with hub.websocket(id=negotiated.token, query=f"access_token={query}", user=later) as socket:
            await socket.accepted()
            assert connection.request.user is later
            assert len(handler.refreshes) == refreshes
    handler.is_same_user = False
    async with hub.websocket(id=negotiated.token, query="access_token=odd", user=User(hub, 50)) as socket:
        assert (await socket.denied()).status == 403
    assert connection.request.user is later
    assert handler.expirations == 1


async def test_another_user_does_not_come_back_to_a_connection(sockets: Sequence[SocketKind]) -> None:
    hub = ServedHub(STATEFUL, sockets=sockets)
    user = User(hub, 10)
    negotiated = await negotiate_stateful(hub, user)
    async with hub.websocket(id=negotiated.token, user=user) as socket:
        await socket.accepted()
        connection = hub.connection(negotiated)
        assert isinstance(connection, StatefulConnection)
        assert connection.enable_reconnect()
        async with hub.websocket(id=negotiated.token, user=SimpleUser("bob")) as other:
            assert (await other.denied()).status == 403
        assert connection.is_attached
        assert connection.request.user is user
    assert connection.is_suspended
