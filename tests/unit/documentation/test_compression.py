"""The page on compression does what it says."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING

import pytest
import uvicorn
from websockets.asyncio.client import connect

from signalr_py.servers.uvicorn.choosing import FAST_WEB_SOCKET_CLASS
from tests.support.documents import blocks_in, pasted
from tests.support.fast_server import serve_fast
from tests.support.processes import server_process
from tests.support.raw_client import PATIENCE, RS
from tests.support.recording_proxy import RecordedFrame, recording_proxy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

PAGE = "docs/how-to/compression.md"


@pytest.fixture
def page() -> Iterator[ModuleType]:
    with pasted(PAGE) as module:
        yield module


async def frames_of(url: str, *calls: tuple[str, ...]) -> list[RecordedFrame]:
    """Return what a client that offers compression is sent for some calls, behind the handshake."""
    async with asyncio.timeout(PATIENCE), recording_proxy(url) as proxy:
        async with connect(proxy.url.replace("http", "ws", 1) + "/catalog", proxy=None, ping_interval=None) as client:
            await client.send(f'{{"protocol":"json","version":1}}{RS}')
            await client.recv()
            for target, *arguments in calls:
                call = {"type": 1, "invocationId": "1", "target": target, "arguments": arguments}
                await client.send(json.dumps(call) + RS)
                while '{"type":3' not in str(await client.recv()):
                    pass
        (link,) = proxy.websockets
        return [frame for frame in link.frames_of_server() if frame.opcode == 1][1:]


async def test_what_is_large_goes_out_compressed(page: ModuleType) -> None:
    async with serve_fast(page.app) as url:
        catalog, completion = await frames_of(url, ("Load",))
    assert catalog.rsv1
    assert not completion.rsv1


async def test_it_can_be_turned_off() -> None:
    code = f"with pasted({PAGE!r}) as page: page.run_without_compression({{port}})"
    command = [sys.executable, "-c", f"from tests.support.documents import pasted\n{code}"]
    with server_process(command, ready="Uvicorn running on") as server:
        (catalog,) = await frames_of(server.url, ("Load",))
    assert not catalog.rsv1
    assert b"product 499" in catalog.payload


async def test_the_command_line_is_that_of_uvicorn() -> None:
    (command,) = blocks_in(PAGE, "bash")
    _, *arguments = command.split()
    parsed = uvicorn.main.make_context("uvicorn", arguments).params
    assert parsed["app"] == "app:app"
    assert parsed["ws"] == FAST_WEB_SOCKET_CLASS
    assert parsed["ws_per_message_deflate"] is False


async def test_a_secret_and_the_text_of_a_client_never_meet(page: ModuleType) -> None:
    text = page.DOWNLOAD_KEY[:4] * 500
    async with serve_fast(page.app) as url:
        found, key, _ = await frames_of(url, ("Search", text))
    assert found.rsv1
    assert not key.rsv1
    assert page.DOWNLOAD_KEY.encode() in key.payload
