"""Clients that take too much: connections without a handshake, and messages that nobody reads."""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import pytest
from websockets.exceptions import InvalidStatus

from tests.hosts.application import AppOptions
from tests.hosts.places import HOSTS, UVICORN, Place
from tests.hosts.stalling import stalled_client
from tests.hosts.witnesses import nobody_notices, written_so_far
from tests.support.raw_channels import http_client, open_websocket
from tests.support.raw_client import TRANSPORTS, connect, negotiate

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.hosts.conftest import Servers
    from tests.support.raw_client import RawClient

pytestmark = pytest.mark.long

PENDING = 20
FLOOD = 1000
AT_ONCE = 50

BUFFER = 100_000
MESSAGE = 65_536
MESSAGES = 400
"""Together more than all the buffers between a server and a client that does not read."""


def limited(host: str = UVICORN, **http: Any) -> Place:
    return Place(HOSTS[host], AppOptions(http=http))


async def test_unfinished_handshakes_are_limited(servers: Servers) -> None:
    place = limited(maximum_pending_handshakes=PENDING)
    server = servers(place)
    url = place.url(server)
    refused = 0

    async def upgrade(stack: AsyncExitStack) -> tuple[int, str | None, bytes]:
        try:
            await stack.enter_async_context(await open_websocket(url))
        except InvalidStatus as refusal:
            response = refusal.response
            return response.status_code, response.headers.get("Retry-After"), bytes(response.body or b"")
        return 101, None, b""

    async with nobody_notices(server, url), AsyncExitStack() as stack:
        for _ in range(0, FLOOD, AT_ONCE):
            answers = await asyncio.gather(*(upgrade(stack) for _ in range(AT_ONCE)))
            refused += answers.count((503, "5", b"The server is at its limit of connections."))
        assert refused == FLOOD - PENDING
        async with http_client() as http:
            token = (await negotiate(http, url)).connection_token
            for request in (
                http.build_request("POST", url, params={"id": token}, content=b"{"),
                http.build_request("GET", url, params={"id": token}),
                http.build_request("GET", url, params={"id": token}, headers={"Accept": "text/event-stream"}),
            ):
                assert (await http.send(request)).status_code == 503
    async with http_client() as http:
        assert (await http.get(f"{server.url}/silence")).status_code == 200
    async with connect(url, skip_negotiation=True) as client:
        assert await client.invoke("Add", 1, 1) == 2


@pytest.mark.parametrize("transport", ["WebSockets", "ServerSentEvents"])
@pytest.mark.parametrize("host", list(HOSTS))
async def test_a_client_that_does_not_read_is_disconnected_and_nobody_waits_for_it(
    servers: Servers, host: str, transport: str
) -> None:
    place = limited(host, maximum_send_buffer_size=BUFFER, transport_send_timeout=2)
    server = servers(place)
    url = place.url(server)
    async with stalled_client(url, transport) as stalled, others(url) as (watcher, clients):
        for number in range(MESSAGES):
            await clients[number % len(clients)].invoke("Flood", number, MESSAGE)
            for client in clients:
                assert (await client.expect("Flood"))[0] == number
            waiting = await watcher.invoke("Waiting", stalled.connection_id)
            assert waiting is None or waiting <= BUFFER + 2 * MESSAGE
        assert (await watcher.expect("Left"))[0] == stalled.connection_id
        await written_so_far(server, watcher)
        log = server.log()
        assert log.count(f"WARNING signalr_py.transports: Connection {stalled.connection_id}") == 1
        assert "Traceback" not in log


@contextlib.asynccontextmanager
async def others(url: str) -> AsyncIterator[tuple[RawClient, list[RawClient]]]:
    """Connect one client that watches, and one by each transport."""
    async with AsyncExitStack() as stack:
        watcher = await stack.enter_async_context(connect(url))
        await watcher.invoke("Watch")
        yield watcher, [await stack.enter_async_context(connect(url, transport)) for transport in TRANSPORTS]


@pytest.mark.parametrize("transport", ["WebSockets", "ServerSentEvents"])
@pytest.mark.parametrize("host", list(HOSTS))
async def test_a_client_that_does_not_take_a_message_in_time_is_disconnected(
    servers: Servers, host: str, transport: str
) -> None:
    place = limited(host, transport_send_timeout=0.2, maximum_send_buffer_size=2**30)
    server = servers(place)
    url = place.url(server)
    async with stalled_client(url, transport) as stalled, connect(url) as watcher:
        await watcher.invoke("Watch")
        await watcher.invoke("Fill", stalled.connection_id, 16_000_000)
        assert (await watcher.expect("Left"))[0] == stalled.connection_id
        assert await watcher.invoke("Waiting", stalled.connection_id) is None
        await written_so_far(server, watcher)
        assert server.log().count(f"WARNING signalr_py.transports: Connection {stalled.connection_id}") == 1


async def test_a_client_that_does_not_poll_is_disconnected(servers: Servers) -> None:
    place = limited(maximum_send_buffer_size=BUFFER)
    url = place.url(servers(place))
    async with connect(url, "LongPolling") as absent, connect(url) as watcher:
        await watcher.invoke("Watch")
        await absent.stop_reading()
        for number in range(4):
            await watcher.invoke("Flood", number, MESSAGE)
            assert (await watcher.expect("Flood"))[0] == number
        assert (await watcher.expect("Left"))[0] == absent.connection_id
        assert await absent.channel.receive() is None
        assert absent.channel.ending == "status 204"
