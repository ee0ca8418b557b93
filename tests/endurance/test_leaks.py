"""Two thousand clients that connect, call, stream, upload and leave in every way; nothing may be left of them."""

from __future__ import annotations

import asyncio
from random import Random
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.endurance.conversations import LOST, life

if TYPE_CHECKING:
    from tests.support.processes import ServerProcess

CLIENTS = 1_000
"""In each of two rounds, of which the second may not add anything to what the first has left."""

WARM_UP = 200
AT_ONCE = 40
SECONDS = 240
MOST_NEW_OBJECTS = 100
MOST_NEW_KILOBYTES = 6_000


async def play(server: ServerProcess, clients: int, seed: int) -> dict[str, Any]:
    """Let clients live their lives, some at a time, and return what the server counts afterwards."""
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(timeout=SECONDS, trust_env=False, limits=limits) as http:
        seeds = iter(range(clients))

        async def one_after_another() -> None:
            for number in seeds:
                try:
                    await life(http, f"{server.url}/hub", Random(f"{seed}/{number}"), steps=4)
                except LOST as error:
                    raise AssertionError(f"client {seed}/{number} was cut off") from error

        async with asyncio.timeout(SECONDS), asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(one_after_another())
        census: dict[str, Any] = (await http.get(f"{server.url}/census")).json()
        return census


# The clients' libraries leave sockets open when a request is cancelled while it connects.
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
@pytest.mark.timeout(2 * SECONDS)
async def test_nothing_is_left_of_two_thousand_clients(server: ServerProcess) -> None:
    await play(server, WARM_UP, 0)
    first = await play(server, CLIENTS, 1)
    second = await play(server, CLIENTS, 2)
    for census, clients in ((first, WARM_UP + CLIENTS), (second, WARM_UP + 2 * CLIENTS)):
        assert census["connected"] == census["disconnected"] == clients
        assert census["more than once"] == []
        assert census["sessions"] == census["streams"] == 0
        assert census["held"] == {}
        assert census["tasks"] == []
        assert census["problems"] == []
    assert second["objects"] - first["objects"] < MOST_NEW_OBJECTS
    assert second["memory"] - first["memory"] < MOST_NEW_KILOBYTES
