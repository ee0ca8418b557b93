"""Stateful reconnect on every host: each tells a lost socket from a goodbye in its own way."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import httpx
from websockets.exceptions import InvalidStatus

from tests.interop.peers import HOSTS, REFERENCE, HostName
from tests.support.cutting_proxy import cutting_proxy
from tests.support.raw_channels import WebSocketChannel, http_client
from tests.support.raw_client import PATIENCE, RawClient, negotiate

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import pytest

    from tests.interop.conftest import Servers

SPEECHLESS: tuple[HostName, ...] = ("hypercorn",)
"""Hosts that report a goodbye as they report a loss."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    is_reference = metafunc.config.getoption("--against-reference", default=False)
    if "host" in metafunc.fixturenames:
        metafunc.parametrize("host", [REFERENCE] if is_reference else list(HOSTS))
    else:
        metafunc.parametrize("own_host", list(HOSTS))


@asynccontextmanager
async def stateful(url: str) -> AsyncIterator[tuple[RawClient, str]]:
    """Yield a connection that may come back, and its token."""
    async with http_client() as http:
        negotiated = await negotiate(http, url, {"useStatefulReconnect": "true"})
    token = negotiated.connection_token
    client = RawClient(await WebSocketChannel.open(url, {"id": token}), negotiated.connection_id)
    try:
        assert await client.shake_hands(version=2) == {}
        yield client, token
    finally:
        await client.aclose()


@asynccontextmanager
async def returned(url: str, token: str) -> AsyncIterator[RawClient]:
    """Yield a connection that has come back, and has yet to say with which message it goes on."""
    client = RawClient(await WebSocketChannel.open(url, {"id": token}), "")
    try:
        yield client
    finally:
        await client.aclose()


async def status_of_return(url: str, token: str) -> int:
    try:
        async with returned(url, token):
            return 101
    except InvalidStatus as refusal:
        return refusal.response.status_code


async def test_a_client_that_is_cut_off_comes_back(servers: Servers, host: HostName) -> None:
    server = servers(host)
    async with cutting_proxy(server.url) as proxy, stateful(proxy.url + "/interop") as (client, token):
        assert await client.invoke("Add", 1, 2) == 3
        proxy.cut()
        await client.wait_ended()
        async with httpx.AsyncClient(trust_env=False) as http:
            await http.post(f"{server.url}/publish", params={"connection": client.connection_id, "text": "missed"})
        async with returned(proxy.url + "/interop", token) as back:
            await back.send({"type": 9, "sequenceId": 2})
            sequence = await back.take(lambda message: message["type"] == 9)
            assert sequence == {"type": 9, "sequenceId": 1}
            assert await back.expect("Receive") == ["missed"]
            await back.send({"type": 1, "invocationId": "2", "target": "ConnectionId", "arguments": []})
            assert await back.result("2") == client.connection_id


async def test_a_client_that_says_goodbye_does_not(servers: Servers, host: HostName) -> None:
    url = servers(host).url + "/interop"
    async with stateful(url) as (client, token):
        await client.aclose()
        expected = 101 if host in SPEECHLESS else 404
        async with asyncio.timeout(PATIENCE):
            while (status := await status_of_return(url, token)) != expected:
                assert status in (101, 204, 409), "the server may not have heard the goodbye yet"
                await asyncio.sleep(0.01)


async def test_a_client_that_returns_before_its_old_socket_is_closed_has_one_connection(
    servers: Servers, own_host: HostName
) -> None:
    """ASP.NET Core may refuse it meanwhile."""
    url = servers(own_host).url + "/interop"
    async with stateful(url) as (client, token), returned(url, token) as second:
        assert await client.wait_ended() == "code 1000"
        await second.send({"type": 9, "sequenceId": 1})
        await second.send({"type": 1, "invocationId": "1", "target": "ConnectionId", "arguments": []})
        assert await second.result("1") == client.connection_id
