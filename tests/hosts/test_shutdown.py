"""A server that is told to end sends its clients away first, and then ends by itself."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest
from websockets.exceptions import InvalidStatus

from tests.hosts.application import AppOptions, Shape
from tests.hosts.places import HOSTS, UVICORN, Place
from tests.hosts.stalling import stalled_client, start_post
from tests.support.raw_channels import http_client, open_websocket
from tests.support.raw_client import TRANSPORTS, connect

if TYPE_CHECKING:
    from tests.support.processes import ServerProcess
    from tests.support.raw_client import RawClient

pytestmark = pytest.mark.long

EXIT_LIMIT = 10
"""Seconds after which a server that still runs will never end."""

GOODBYE = {"type": 7, "allowReconnect": True}
CLEAN_END = {"WebSockets": "code 1000", "ServerSentEvents": "end of stream", "LongPolling": "status 204"}

UVICORNS = [host for host in HOSTS if host.startswith("uvicorn")]


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("host", UVICORNS)
async def test_clients_are_sent_away_and_running_calls_end_first(host: str, transport: str) -> None:
    place = Place(HOSTS[host], AppOptions(shutdown_timeout=600))
    with place.run() as server:
        url = place.url(server)
        async with connect(url, transport) as idle, connect(url, transport) as busy:
            call = await busy.start("WaitForRelease")
            await busy.expect("Working")
            os.kill(server.pid, signal.SIGTERM)
            await expect_goodbye(idle, transport)
            await release(server)
            await busy.expect("Released")
            assert not busy.has_ended
            await release(server)
            assert await busy.result(call) == "released"
            await expect_goodbye(busy, transport)
            assert busy.received[-2:] == [{"type": 3, "invocationId": call, "result": "released"}, GOODBYE]
        await expect_exit(server)
        for client in (idle, busy):
            server.wait_for_log(f"left {client.connection_id} None")
        assert "Traceback" not in server.log()


@pytest.mark.parametrize("shape", ["no-lifespan", "everything"])
async def test_it_is_the_same_in_other_applications(shape: Shape) -> None:
    place = Place(HOSTS[UVICORN], AppOptions(shape=shape))
    with place.run() as server:
        async with AsyncExitStack() as stack:
            clients = [await stack.enter_async_context(connect(place.url(server), name)) for name in TRANSPORTS]
            os.kill(server.pid, signal.SIGTERM)
            for client, transport in zip(clients, TRANSPORTS, strict=True):
                await expect_goodbye(client, transport)
        await expect_exit(server)
        assert "Traceback" not in server.log()


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_call_that_takes_too_long_does_not_hold_up_the_end(transport: str) -> None:
    place = Place(HOSTS[UVICORN], AppOptions(shutdown_timeout=0.5))
    with place.run() as server:
        async with connect(place.url(server), transport) as busy:
            await busy.start("Sleep", 3600)
            await busy.expect("Working")
            os.kill(server.pid, signal.SIGTERM)
            await expect_goodbye(busy, transport)
        await expect_exit(server)
        server.wait_for_log(f"left {busy.connection_id} None")


async def test_a_second_interrupt_ends_the_server_at_once() -> None:
    place = Place(HOSTS[UVICORN], AppOptions(shutdown_timeout=3600))
    with place.run() as server:
        url = place.url(server)
        async with AsyncExitStack() as stack:
            idle = await stack.enter_async_context(connect(url))
            for transport in TRANSPORTS:
                busy = await stack.enter_async_context(connect(url, transport))
                await busy.start("WaitForRelease")
                await busy.expect("Working")
            os.kill(server.pid, signal.SIGINT)
            await expect_goodbye(idle, "WebSockets")
            os.kill(server.pid, signal.SIGINT)
            await expect_exit(server)


async def test_one_interrupt_is_as_good_as_a_termination() -> None:
    place = Place(HOSTS[UVICORN])
    with place.run() as server:
        async with connect(place.url(server)) as client:
            os.kill(server.pid, signal.SIGINT)
            await expect_goodbye(client, "WebSockets")
        await expect_exit(server)


async def test_every_worker_process_sends_its_clients_away() -> None:
    place = Place((*HOSTS[UVICORN], "--workers", "2"))
    with place.run() as server:
        async with AsyncExitStack() as stack:
            clients = [
                await stack.enter_async_context(connect(place.url(server), skip_negotiation=True)) for _ in range(8)
            ]
            ids = [await client.invoke("ConnectionId") for client in clients]
            os.kill(server.pid, signal.SIGTERM)
            for client in clients:
                await expect_goodbye(client, "WebSockets")
        await expect_exit(server)
        for connection_id in ids:
            server.wait_for_log(f"left {connection_id} None")


async def test_nobody_new_is_taken_while_calls_end() -> None:
    place = Place(HOSTS[UVICORN], AppOptions(shutdown_timeout=600))
    with place.run() as server:
        url = place.url(server)
        async with connect(url) as idle, connect(url) as busy, http_client() as http:
            await busy.start("WaitForRelease")
            await busy.expect("Working")
            os.kill(server.pid, signal.SIGTERM)
            await expect_goodbye(idle, "WebSockets")
            response = await http.post(f"{url}/negotiate")
            assert (response.status_code, response.headers["retry-after"]) == (503, "1")
            with pytest.raises(InvalidStatus) as refusal:
                await open_websocket(url)
            assert refusal.value.response.status_code == 503
            await release(server)
            await release(server)
            await expect_goodbye(busy, "WebSockets")
        await expect_exit(server)


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_unfinished_handshakes_do_not_hold_up_the_end(transport: str) -> None:
    place = Place(HOSTS[UVICORN])
    with place.run() as server:
        async with connect(place.url(server), transport, handshake=False) as client:
            os.kill(server.pid, signal.SIGTERM)
            assert await client.wait_ended() == CLEAN_END[transport]
            assert client.received == []
        await expect_exit(server)
        assert "Traceback" not in server.log()


async def test_a_client_between_two_polls_still_gets_its_goodbye() -> None:
    place = Place(HOSTS[UVICORN])
    with place.run() as server:
        async with connect(place.url(server), "LongPolling") as client, connect(place.url(server)) as other:
            await client.stop_reading()
            os.kill(server.pid, signal.SIGTERM)
            await expect_goodbye(other, "WebSockets")
            chunks = [await client.channel.receive(), await client.channel.receive()]
            assert chunks == ['{"type":7,"allowReconnect":true}\x1e', None]
            assert client.channel.ending == CLEAN_END["LongPolling"]
        await expect_exit(server)


@pytest.mark.parametrize("transport", ["WebSockets", "ServerSentEvents"])
@pytest.mark.parametrize("host", UVICORNS)
async def test_a_client_that_does_not_read_does_not_hold_up_the_end(host: str, transport: str) -> None:
    place = Place(HOSTS[host], AppOptions(shutdown_timeout=0.5))
    with place.run() as server:
        url = place.url(server)
        async with stalled_client(url, transport) as stalled, connect(url) as other:
            await other.invoke("Fill", stalled.connection_id, 1)
            os.kill(server.pid, signal.SIGTERM)
            await expect_goodbye(other, "WebSockets")
            await expect_exit(server)


async def test_a_post_that_is_never_finished_does_not_hold_up_the_end() -> None:
    place = Place(HOSTS[UVICORN], AppOptions(shutdown_timeout=0.5))
    with place.run() as server:
        url = place.url(server)
        async with AsyncExitStack() as stack:
            client = await stack.enter_async_context(connect(url, "ServerSentEvents"))
            await stack.enter_async_context(start_post(url, client.channel.parameters, b"{", of=1000))
            other = await stack.enter_async_context(connect(url))
            await other.invoke("Echo", "what came before has been read")
            os.kill(server.pid, signal.SIGTERM)
            await expect_goodbye(client, "ServerSentEvents")
            await expect_goodbye(other, "WebSockets")
            await expect_exit(server)


async def expect_goodbye(client: RawClient, transport: str) -> None:
    assert await client.expect_close() == GOODBYE
    assert await client.wait_ended() == CLEAN_END[transport]


async def expect_exit(server: ServerProcess) -> None:
    await asyncio.to_thread(server.wait, EXIT_LIMIT)


async def release(server: ServerProcess) -> None:
    async with http_client() as http:
        assert (await http.post(f"{server.url}/release")).status_code == 200
