"""Behind a proxy that holds back responses, events and polls arrive all the same."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.hosts.places import PLACES, UVICORN
from tests.hosts.proxy import buffering_proxy
from tests.support.raw_channels import http_client
from tests.support.raw_client import TRANSPORTS, connect

if TYPE_CHECKING:
    from tests.hosts.conftest import Servers


@pytest.mark.parametrize("shape", [UVICORN, "everything"])
@pytest.mark.parametrize("transport", TRANSPORTS[1:])
async def test_messages_arrive_through_a_buffering_proxy(servers: Servers, transport: str, shape: str) -> None:
    place = PLACES[shape]
    server = servers(place)
    direct = place.url(server)
    async with buffering_proxy(server.url) as proxy:
        url = proxy + direct.removeprefix(server.url)
        async with connect(url, transport) as client, connect(direct) as other:
            assert await client.invoke("Add", 40, 2) == 42
            await other.invoke("Broadcast", "through the proxy")
            assert await client.expect("Receive") == ["through the proxy"]
            assert len(await client.invoke("Large", 1024)) == 1024 * 1024
            await client.start("SayAndAbort", "bye")
            assert await client.expect("Receive") == ["bye"]
            assert await client.expect_close() == {"type": 7}
            await client.wait_ended()


@pytest.mark.parametrize("transport", TRANSPORTS[1:])
async def test_the_hub_learns_through_the_proxy_that_a_client_has_left(servers: Servers, transport: str) -> None:
    place = PLACES[UVICORN]
    server = servers(place)
    async with buffering_proxy(server.url) as proxy, connect(place.url(server)) as watcher:
        await watcher.invoke("Watch")
        async with connect(f"{proxy}/hub", transport) as client:
            await client.invoke("Add", 1, 1)
        assert await watcher.expect("Left") == [client.connection_id, None]


async def test_the_proxy_holds_back_what_does_not_ask_for_more() -> None:
    released = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nfirst ")
        await writer.drain()
        await released.wait()
        writer.write(b"second")
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        async with buffering_proxy(f"http://{host}:{port}") as proxy, http_client() as http:
            request = asyncio.create_task(http.get(proxy))
            done, _ = await asyncio.wait([request], timeout=0.2)
            assert not done
            released.set()
            assert (await request).text == "first second"
