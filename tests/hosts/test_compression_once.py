"""A broadcast is compressed once for all connections that agreed on the same window, however many there are."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import AsyncExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from starlette.applications import Starlette
from websockets.asyncio.client import ClientConnection, connect
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

from signalr_py import Hub, SignalR
from signalr_py.servers.websocket import deflate
from tests.support.fast_server import serve_fast
from tests.support.raw_client import PATIENCE, RS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

WIDE = ClientPerMessageDeflateFactory()
NARROW = ClientPerMessageDeflateFactory(server_max_window_bits=10)
TEXTS = [" ".join(f"{kind} {number}" for number in range(1000)) for kind in ("first", "second")]


class QuietHub(Hub):
    pass


@contextmanager
def counted_compressions() -> Iterator[list[int]]:
    """Note the size of every message that is compressed in this thread."""
    sizes: list[int] = []

    def note(frame: FrameType, event: str, result: Any) -> None:
        code = frame.f_code
        if event == "return" and code.co_name == "compress" and code.co_filename == deflate.__file__:
            assert isinstance(result, bytes)
            sizes.append(len(frame.f_locals["data"]))

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield sizes
    finally:
        sys.setprofile(before)


async def receive(client: ClientConnection) -> str:
    text = await client.recv()
    assert isinstance(text, str)
    return text.removesuffix(RS)


@pytest.mark.parametrize("count", [1, 40])
async def test_a_broadcast_is_compressed_once_for_each_window(count: int) -> None:
    signalr = SignalR()
    app = Starlette(routes=[signalr.map_hub("/hub", QuietHub)], lifespan=signalr.lifespan)
    async with asyncio.timeout(PATIENCE), serve_fast(app) as url, AsyncExitStack() as stack:
        address = url.replace("http", "ws", 1) + "/hub"
        clients = []
        for extensions in [[WIDE], [NARROW], []] * count:
            client = await stack.enter_async_context(
                connect(address, extensions=extensions, compression=None, proxy=None, ping_interval=None)
            )
            await client.send(f'{{"protocol":"json","version":1}}{RS}')
            assert await receive(client) == "{}"
            clients.append(client)
        with counted_compressions() as sizes:
            for text in TEXTS:
                await signalr.hub_context(QuietHub).clients.all.send("Receive", text)
                for client in clients:
                    assert json.loads(await receive(client)) == {"type": 1, "target": "Receive", "arguments": [text]}
    messages = [
        len(json.dumps({"type": 1, "target": "Receive", "arguments": [text]}, separators=(",", ":"))) + 1
        for text in TEXTS
    ]
    assert sorted(sizes) == sorted(messages * 2)
