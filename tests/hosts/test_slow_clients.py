"""Clients that read too little, over every transport, on sockets that are really full."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import deque
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.hosts.application import AppOptions
from tests.hosts.listening import PUBLISHED, listeners
from tests.hosts.places import FAST, HOSTS_AND_LOOPS, UVICORN, Place
from tests.hosts.stalling import stalled_client
from tests.support.raw_client import PATIENCE, RS, connect

if TYPE_CHECKING:
    from tests.hosts.conftest import Servers
    from tests.hosts.stalling import StalledClient

pytestmark = pytest.mark.long

CARRIERS: Final = [(UVICORN, "WebSockets"), (UVICORN, "ServerSentEvents"), (FAST, "WebSockets")]
FULL: Final = 100_000
"""Bytes that wait at the server when the socket takes nothing more."""

FULL_ON_GRANIAN: Final = 16_000_000
"""The same on the one host that goes on taking for a while."""

PATIENT: Final = {"transport_send_timeout": 600, "maximum_send_buffer_size": 2**30}


def place(host: str, **http: Any) -> Place:
    return Place(HOSTS_AND_LOOPS[host], AppOptions(http={**PATIENT, **http}))


async def published(stalled: StalledClient, *, last: int = -1, count: int = sys.maxsize) -> list[int]:
    """Let a client read on until the last message has come, or so many have, and return their numbers."""
    numbers: list[int] = []
    unread = b""
    async with asyncio.timeout(PATIENCE):
        while last not in numbers[-1:] and len(numbers) < count:
            data = await stalled.reader.read(65_536)
            assert data
            unread += data
            *messages, unread = unread.split(RS.encode())
            numbers += [int(found[1]) for each in messages if (found := PUBLISHED.search(each)) is not None]
    return numbers


@pytest.mark.parametrize("transport", ["WebSockets", "ServerSentEvents"])
@pytest.mark.parametrize("host", list(HOSTS_AND_LOOPS))
async def test_a_client_that_reads_again_finds_the_newest_of_each_key(
    servers: Servers, host: str, transport: str
) -> None:
    server = place(host)
    url = server.url(servers(server))
    async with stalled_client(url, transport) as stalled, connect(url) as other:
        await other.invoke("Fill", stalled.connection_id, FULL_ON_GRANIAN if host == "granian" else FULL)
        before = await other.invoke("Statistics", stalled.connection_id)
        for number in range(200):
            await other.invoke("Publish", number, 1_000, None, f"key {number % 4}")
            assert (await other.expect("Published"))[0] == number
        statistics = await other.invoke("Statistics", stalled.connection_id)
        assert statistics["messages_replaced"] == 196
        assert statistics["messages_waiting"] <= before["messages_waiting"] + 4
        assert await published(stalled, last=199) == [196, 197, 198, 199]


async def test_a_client_that_polls_again_finds_the_newest_of_each_key(servers: Servers) -> None:
    server = place(UVICORN)
    url = server.url(servers(server))
    async with connect(url, "LongPolling") as absent, connect(url) as other:
        await absent.stop_reading()
        for number in range(200):
            await other.invoke("Publish", number, 1_000, None, f"key {number % 4}")
        statistics = await other.invoke("Statistics", absent.connection_id)
        assert 4 <= statistics["messages_waiting"] <= 5
        assert statistics["messages_replaced"] + statistics["messages_sent"] == 201
        numbers: deque[int] = deque(maxlen=4)
        while not numbers or numbers[-1] != 199:
            chunk = await absent.channel.receive()
            assert chunk is not None
            numbers += [json.loads(text)["arguments"][0] for text in chunk.split(RS)[:-1] if "Published" in text]
        assert list(numbers) == [196, 197, 198, 199]


@pytest.mark.parametrize(("host", "transport"), CARRIERS)
@pytest.mark.parametrize(
    ("policy", "counter"), [("drop_oldest", "messages_dropped_oldest"), ("drop_new", "messages_dropped_new")]
)
async def test_what_is_dropped_keeps_a_stalled_client_connected(
    servers: Servers, host: str, policy: str, counter: str, transport: str
) -> None:
    server = place(host, maximum_send_buffer_messages=200)
    url = server.url(servers(server))
    async with stalled_client(url, transport) as stalled, connect(url) as other:
        await other.invoke("Fill", stalled.connection_id, FULL)
        before = (await other.invoke("Statistics", stalled.connection_id))["messages_waiting"]
        for number in range(500):
            await other.invoke("Publish", number, 100, policy, None)
        statistics = await other.invoke("Statistics", stalled.connection_id)
        assert statistics["messages_waiting"] == 200
        assert statistics[counter] == before + 500 - 200
        kept = 200 - before
        first = 500 - kept if policy == "drop_oldest" else 0
        assert await published(stalled, last=first + kept - 1) == list(range(first, first + kept))
        assert await other.invoke("Echo", "still here") == "still here"


@pytest.mark.parametrize(("host", "transport"), CARRIERS)
@pytest.mark.parametrize("policy", ["drop_oldest", "drop_new"])
async def test_a_stalled_client_is_cut_off_in_time_although_nothing_is_too_much(
    servers: Servers, host: str, policy: str, transport: str
) -> None:
    server = place(host, transport_send_timeout=1, maximum_send_buffer_messages=200)
    url = server.url(servers(server))
    async with stalled_client(url, transport) as stalled, connect(url) as watcher:
        await watcher.invoke("Watch")
        await watcher.invoke("Fill", stalled.connection_id, FULL)
        await watcher.invoke("Publish", 0, 100, policy, None)
        assert (await watcher.expect("Left"))[0] == stalled.connection_id
        await stalled.read_to_the_end()


@pytest.mark.parametrize(("host", "transport"), CARRIERS)
async def test_who_waits_for_room_never_disconnects_a_client(servers: Servers, host: str, transport: str) -> None:
    server = place(host, maximum_send_buffer_messages=4)
    url = server.url(servers(server))
    pours = [list(range(start, start + 100)) for start in range(0, 500, 100)]
    async with stalled_client(url, transport) as stalled, AsyncExitStack() as stack:
        others = [await stack.enter_async_context(connect(url)) for _ in pours]
        calls = [
            await other.start("Pour", stalled.connection_id, numbers, 30_000)
            for other, numbers in zip(others, pours, strict=True)
        ]
        numbers = await published(stalled, count=500)
        for other, call in zip(others, calls, strict=True):
            assert await other.result(call) is None
        for poured in pours:
            assert [number for number in numbers if number in poured] == poured


@pytest.mark.parametrize("host", [UVICORN, FAST])
@pytest.mark.parametrize(
    ("policy", "key"), [("disconnect", None), ("latest", "the value")], ids=["disconnect", "latest"]
)
async def test_one_stalled_client_of_a_thousand_changes_nothing_for_the_others(
    servers: Servers, host: str, policy: str, key: str | None
) -> None:
    server = place(host, maximum_send_buffer_messages=50)
    url = server.url(servers(server))
    async with stalled_client(url, "WebSockets") as stalled, listeners(url, 999) as others, connect(url) as publisher:
        await publisher.invoke("Fill", stalled.connection_id, FULL)
        full = (await publisher.invoke("Statistics", stalled.connection_id))["bytes_waiting"]
        for number in range(120):
            await publisher.invoke("Publish", number, 100, policy, key)
            assert (await publisher.expect("Published"))[0] == number
            waiting = await publisher.invoke("Waiting", stalled.connection_id)
            assert (waiting or 0) <= full + 50 * 1_000
            if number % 20 == 19:
                await asyncio.gather(*(other.has(number + 1) for other in others))
        assert all(other.numbers == list(range(120)) for other in others)
        assert not any(other.is_over for other in others)
        if policy == "disconnect":
            assert await publisher.invoke("Waiting", stalled.connection_id) is None
        else:
            statistics = await publisher.invoke("Statistics", stalled.connection_id)
            assert statistics["messages_replaced"] == 119
