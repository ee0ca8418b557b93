"""Clients behind a network that splits, delays and cuts, with every feature in use."""

from __future__ import annotations

import asyncio
from random import Random
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.clients.base import ClientError
from tests.endurance.chaos_proxy import chaos_proxy
from tests.endurance.conversations import LOST, life
from tests.interop.peers import DriverName, make_driver
from tests.support.raw_client import connect

if TYPE_CHECKING:
    from tests.support.processes import ServerProcess

CLIENTS = 150
AT_ONCE = 25
SECONDS = 120

# The clients' libraries leave sockets open when a request is cancelled while it connects.
pytestmark = [pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"), pytest.mark.long]


@pytest.mark.timeout(SECONDS + 30)
@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_a_bad_network_harms_only_the_connections_that_it_cuts(server: ServerProcess, seed: int) -> None:
    random = Random(seed)
    hub = f"{server.url}/hub"
    seeds = iter(range(CLIENTS))
    lost = 0

    async with (
        httpx.AsyncClient(timeout=SECONDS, trust_env=False) as direct,
        connect(hub) as witness,
        chaos_proxy(server.port, random) as url,
    ):

        async def one_after_another() -> None:
            nonlocal lost
            for number in seeds:
                async with httpx.AsyncClient(timeout=SECONDS, trust_env=False, verify=False) as http:
                    try:
                        await life(http, f"{url}/hub", Random(f"{seed}/{number}"), steps=8)
                    except LOST:
                        lost += 1
                assert await witness.invoke("Echo", number) == number

        async with asyncio.timeout(SECONDS), asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(one_after_another())
        assert CLIENTS // 10 < lost < CLIENTS
        await witness.send({"type": 7})
        await witness.expect_close()
        census = (await direct.get(f"{server.url}/census")).json()
    assert census["connected"] == census["disconnected"]
    assert census["more than once"] == []
    assert census["sessions"] == census["streams"] == 0
    assert census["held"] == {}
    assert census["tasks"] == []
    assert census["problems"] == []


@pytest.mark.timeout(SECONDS + 30)
async def test_a_slow_network_that_splits_everything_loses_nothing(server: ServerProcess) -> None:
    async with (
        httpx.AsyncClient(timeout=SECONDS, trust_env=False) as http,
        chaos_proxy(server.port, Random(4), cuts=False) as url,
    ):
        async with asyncio.timeout(SECONDS), asyncio.TaskGroup() as group:
            for number in range(20):
                group.create_task(life(http, f"{url}/hub", Random(f"4/{number}"), steps=10))
        census = (await http.get(f"{server.url}/census")).json()
    assert census["connected"] == census["disconnected"] == 20
    assert census["held"] == {}
    assert census["problems"] == []


@pytest.mark.timeout(SECONDS + 30)
@pytest.mark.parametrize("client", ["typescript", "dotnet"])
async def test_official_clients_come_back_and_never_hang(server: ServerProcess, client: DriverName) -> None:
    wanted, answers, failures = 200, 0, 0
    async with chaos_proxy(server.port, Random(5)) as url, make_driver(client, timeout=SECONDS) as driver:
        connection = None
        async with asyncio.timeout(SECONDS):
            while answers < wanted:
                try:
                    if connection is None:
                        connection = await driver.connect(f"{url}/hub", stateful=True)
                    assert await connection.invoke("Echo", "x" * 500) == "x" * 500
                    answers += 1
                except ClientError:
                    failures += 1
                    connection = None
    async with httpx.AsyncClient(timeout=SECONDS, trust_env=False) as http:
        census = (await http.get(f"{server.url}/census")).json()
    assert failures < wanted
    assert census["connected"] == census["disconnected"] > 0
    assert census["more than once"] == []
    assert census["held"] == {}
    assert census["problems"] == []
