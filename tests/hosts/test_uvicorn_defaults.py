"""uvicorn as it is started without any settings: it compresses and pings, and the log says what to use instead."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from websockets.asyncio.client import connect

from tests.hosts.places import HOSTS, Place
from tests.support.raw_client import RS

if TYPE_CHECKING:
    from tests.hosts.conftest import Servers

UVICORNS = [host for host in HOSTS if host.startswith("uvicorn")]
WARNING = "WARNING signalr_py.servers.uvicorn: uvicorn works more than SignalR needs for each WebSocket."


@pytest.mark.parametrize("host", UVICORNS)
async def test_compressed_messages_are_understood(servers: Servers, host: str) -> None:
    place = Place((*HOSTS[host], "--defaults"))
    server = servers(place)
    text = "x" * 10_000
    async with connect(place.url(server).replace("http", "ws", 1), compression="deflate", proxy=None) as socket:
        assert [extension.name for extension in socket.protocol.extensions] == ["permessage-deflate"]
        call = json.dumps({"type": 1, "invocationId": "1", "target": "Echo", "arguments": [text]})
        await socket.send(f'{{"protocol":"json","version":1}}{RS}{call}{RS}')
        received = ""
        while received.count(RS) < 2:
            frame = await socket.recv()
            assert isinstance(frame, str)
            received += frame
        assert json.loads(received.split(RS)[1]) == {"type": 3, "invocationId": "1", "result": text}
        await (await socket.ping())
    warnings = 0 if host.startswith("uvicorn-fast") else 1
    if warnings:
        server.wait_for_log(WARNING)
    assert server.log().count(WARNING) == warnings


async def test_nothing_is_said_when_both_are_off(servers: Servers) -> None:
    place = Place(HOSTS[UVICORNS[0]])
    server = servers(place)
    assert WARNING not in server.log()
