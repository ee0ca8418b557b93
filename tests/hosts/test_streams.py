"""Streams and uploads over real sockets: slow ends, cut ends, and a server that leaves."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterable, AsyncIterator  # noqa: TC003 - annotations of hubs are read at start-up
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from starlette.applications import Starlette

from signalr_py import ClientDisconnectedError, HttpConnectionOptions, Hub, HubOptions, SignalR
from signalr_py.servers.uvicorn.choosing import FAST_WEB_SOCKET_CLASS
from tests.support.raw_client import TRANSPORTS, RawClient, connect
from tests.support.tasks import no_task_left
from tests.support.waiting import Changes

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.parametrize("ws", ["websockets-sansio", FAST_WEB_SOCKET_CLASS], ids=["plain", "fast"])

PATIENCE = 60
LARGE = "x" * 30_000
ITEMS = 1_000
"""Of the large ones: together more than all buffers between a client and a server."""


class Board:
    """What the hubs of one server write down."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.may_read = asyncio.Event()
        self._changes = Changes()

    def note(self, name: str) -> None:
        self.counts[name] += 1
        self._changes.note()

    async def until(self, name: str, count: int = 1) -> None:
        await self._changes.until(lambda: self.counts[name] >= count)


def streaming_hub(board: Board) -> type[Hub]:
    class StreamingHub(Hub):
        async def on_connected(self) -> None:
            board.note("connected")

        async def on_disconnected(self, error: Exception | None) -> None:
            board.note("disconnected")

        async def echo(self, text: str) -> str:
            return text

        async def large(self, count: int) -> AsyncIterator[str]:
            try:
                for _ in range(count):
                    board.note("made")
                    yield LARGE
                    await asyncio.sleep(0)
            finally:
                board.note("closed")

        async def wait(self) -> AsyncIterator[str]:
            try:
                yield "first"
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                board.note("cancelled")
                raise
            finally:
                board.note("closed")

        async def collect(self, texts: AsyncIterable[str]) -> list[int]:
            await board.may_read.wait()
            count = size = 0
            try:
                async for text in texts:
                    count += 1
                    size += len(text)
            except ClientDisconnectedError:
                board.note("cut")
                raise
            return [count, size]

        async def upper(self, texts: AsyncIterable[str]) -> AsyncIterator[str]:
            async for text in texts:
                yield text.upper()

    return StreamingHub


@asynccontextmanager
async def served(
    ws: str, board: Board, http: HttpConnectionOptions | None = None
) -> AsyncIterator[tuple[str, SignalR]]:
    """Serve the hub on uvicorn inside the block; nothing may be left of it."""
    signalr = SignalR(HubOptions(enable_detailed_errors=True))
    app = Starlette(routes=[signalr.map_hub("/hub", streaming_hub(board), http=http)], lifespan=signalr.lifespan)
    server = uvicorn.Server(uvicorn.Config(app, ws=ws, log_config=None, lifespan="on"))
    async with asyncio.timeout(PATIENCE), no_task_left():
        with socket.create_server(("127.0.0.1", 0)) as listener:
            serving = asyncio.ensure_future(server.serve(sockets=[listener]))
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/hub", signalr
            server.should_exit = True
            await serving
    assert board.counts["connected"] == board.counts["disconnected"]


async def test_a_stream_waits_for_a_slow_client_however_little_may_be_kept_for_it(ws: str) -> None:
    board = Board()
    http = HttpConnectionOptions(maximum_send_buffer_messages=4, transport_max_buffer_size=0)
    async with served(ws, board, http) as (url, _), connect(url) as client:
        await client.send({"type": 4, "invocationId": "a", "target": "Large", "arguments": [ITEMS]})
        assert len(await items(client, "a")) == ITEMS


async def stands_still(client: RawClient, count: Callable[[], int]) -> int:
    """Wait until a number stays the same while the server answers many calls, and return it."""
    last, same = -1, 0
    while same < 50:
        await client.invoke("Echo", "x")
        same = same + 1 if count() == last else 0
        last = count()
    return last


async def items(client: RawClient, call: str) -> list[Any]:
    """Wait for the good end of a stream, and return its items."""
    end = await client.take(lambda m: m.get("type") == 3 and m["invocationId"] == call)
    assert end == {"type": 3, "invocationId": call}
    return [m["item"] for m in client.received if m.get("type") == 2 and m["invocationId"] == call]


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_streams_in_both_directions_over_every_transport(ws: str, transport: str) -> None:
    board = Board()
    board.may_read.set()
    async with served(ws, board) as (url, _), connect(url, transport) as client:
        await client.send({"type": 4, "invocationId": "a", "target": "Upper", "arguments": [], "streamIds": ["s"]})
        for text in ("one", "two"):
            await client.send({"type": 2, "invocationId": "s", "item": text})
            wanted = {"type": 2, "invocationId": "a", "item": text.upper()}
            await client.take(lambda m: m == wanted)  # noqa: B023 - it is asked at once
        await client.send({"type": 3, "invocationId": "s"})
        assert await items(client, "a") == ["ONE", "TWO"]

        await client.send({"type": 1, "invocationId": "b", "target": "Collect", "arguments": [], "streamIds": ["s"]})
        await client.send(*({"type": 2, "invocationId": "s", "item": "x"} for _ in range(100)))
        await client.send({"type": 3, "invocationId": "s"})
        assert await client.result("b") == [100, 100]

        await client.send({"type": 4, "invocationId": "c", "target": "Wait", "arguments": []})
        await client.take(lambda m: m.get("item") == "first")
        await client.send({"type": 5, "invocationId": "c"})
        assert await items(client, "c") == ["first"]
        assert board.counts["cancelled"] == board.counts["closed"] == 1


@pytest.mark.parametrize("is_cut", [False, True])
async def test_a_client_that_does_not_read_makes_its_stream_wait_and_nobody_else(ws: str, is_cut: object) -> None:
    board = Board()
    async with served(ws, board) as (url, _), connect(url) as other:
        async with connect(url) as slow:
            await slow.stop_reading()
            websocket = vars(slow.channel)["websocket"]
            websocket.transport.pause_reading()
            await slow.send({"type": 4, "invocationId": "a", "target": "Large", "arguments": [ITEMS]})
            made = await stands_still(other, lambda: board.counts["made"])
            assert 1 < made < ITEMS
            assert board.counts["closed"] == 0
            await other.send({"type": 4, "invocationId": "b", "target": "Large", "arguments": [50]})
            assert len(await items(other, "b")) == 50
            if is_cut:
                websocket.transport.abort()
                await board.until("closed", 2)
                assert board.counts["made"] < ITEMS + 50
            else:
                websocket.transport.resume_reading()
                received = 0
                while received < ITEMS:
                    received += (await websocket.recv()).count(LARGE)
        await board.until("disconnected")


async def test_an_upload_that_nobody_reads_stops_its_client_and_loses_nothing(ws: str) -> None:
    board = Board()
    sent = 0

    async def upload(client: RawClient) -> None:
        nonlocal sent
        for _ in range(ITEMS):
            await client.send({"type": 2, "invocationId": "s", "item": LARGE})
            sent += 1
        await client.send({"type": 3, "invocationId": "s"})

    async with served(ws, board) as (url, _), connect(url) as other, connect(url) as client:
        await client.send({"type": 1, "invocationId": "a", "target": "Collect", "arguments": [], "streamIds": ["s"]})
        uploading = asyncio.ensure_future(upload(client))
        assert 1 < await stands_still(other, lambda: sent) < ITEMS
        board.may_read.set()
        assert await client.result("a") == [ITEMS, ITEMS * len(LARGE)]
        await uploading


@pytest.mark.parametrize("is_full", [False, True])
async def test_an_upload_that_is_cut_off_raises(ws: str, is_full: object) -> None:
    board = Board()
    async with served(ws, board) as (url, _):
        async with connect(url) as client:
            await client.send({"type": 1, "target": "Collect", "arguments": [], "streamIds": ["s"]})
            await client.send(*({"type": 2, "invocationId": "s", "item": "x"} for _ in range(30 if is_full else 3)))
            assert await client.invoke("Echo", "x") == "x" if not is_full else True
            vars(client.channel)["websocket"].transport.abort()
        board.may_read.set()
        await board.until("cut")
        await board.until("disconnected")


async def test_a_server_that_leaves_closes_its_streams_and_lets_uploads_finish(ws: str) -> None:
    board = Board()
    async with served(ws, board) as (url, signalr), connect(url) as streaming, connect(url) as uploading:
        await streaming.send({"type": 4, "invocationId": "a", "target": "Wait", "arguments": []})
        await streaming.take(lambda m: m.get("item") == "first")
        await uploading.send({"type": 1, "invocationId": "b", "target": "Collect", "arguments": [], "streamIds": ["s"]})
        await uploading.send({"type": 2, "invocationId": "s", "item": "x"})
        await uploading.invoke("Echo", "x")
        leaving = asyncio.ensure_future(signalr.shutdown())
        assert await streaming.expect_close() == {"type": 7, "allowReconnect": True}
        assert board.counts["closed"] == 1
        board.may_read.set()
        await uploading.send({"type": 2, "invocationId": "s", "item": "y"}, {"type": 3, "invocationId": "s"})
        assert await uploading.result("b") == [2, 2]
        assert await uploading.expect_close() == {"type": 7, "allowReconnect": True}
        await leaving
