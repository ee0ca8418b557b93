"""permessage-deflate on the fast WebSocket class, with clients of other makes and a recording of the wire."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.frames import Frame, Opcode

from signalr_py.servers.uvicorn.choosing import FAST_WEB_SOCKET_CLASS
from tests.interop.peers import DriverName, make_driver
from tests.support.processes import server_process
from tests.support.raw_client import PATIENCE, RS
from tests.support.recording_proxy import RecordedFrame, RecordedLink, RecordingProxy, recording_proxy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from contextlib import AbstractContextManager

    from tests.clients.base import ProtocolName
    from tests.support.processes import ServerProcess

APPLICATION = "tests.interop.application:create_app_from_environment"
HANDSHAKE = f'{{"protocol":"json","version":1}}{RS}'
TEXT = " ".join(f"message {number} of a thousand;" for number in range(900))
AGREED = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
COMPRESSED = 0x40
TAIL = b"\x00\x00\xff\xff"


def serve(*options: str) -> AbstractContextManager[ServerProcess]:
    """Return a running server on the fast class, started as people start it."""
    uvicorn = [sys.executable, "-m", "uvicorn", "--ws", FAST_WEB_SOCKET_CLASS, *options]
    return server_process([*uvicorn, "--port", "{port}", "--factory", APPLICATION])


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    with serve() as server:
        yield server


@pytest.fixture
async def proxy(server: ServerProcess) -> AsyncIterator[RecordingProxy]:
    async with recording_proxy(server.url) as proxy:
        yield proxy


def call(target: str, *arguments: Any) -> str:
    return json.dumps({"type": 1, "invocationId": "1", "target": target, "arguments": list(arguments)}) + RS


@contextlib.asynccontextmanager
async def hub_socket(url: str, offer: ClientPerMessageDeflateFactory | None = None) -> AsyncIterator[ClientConnection]:
    """Open a WebSocket past the handshake of the hub."""
    async with connect(
        url.replace("http", "ws", 1) + "/interop",
        extensions=[offer or ClientPerMessageDeflateFactory()],
        compression=None,
        proxy=None,
        ping_interval=None,
    ) as socket:
        await socket.send(HANDSHAKE)
        assert await receive(socket) == {}
        yield socket


async def receive(socket: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(PATIENCE):
        text = await socket.recv()
    assert isinstance(text, str)
    message: dict[str, Any] = json.loads(text.removesuffix(RS))
    return message


async def echo(socket: ClientConnection, text: str) -> None:
    await socket.send(call("Echo", text))
    assert await receive(socket) == {"type": 3, "invocationId": "1", "result": text}


def compressed_frames(frames: list[RecordedFrame]) -> list[bytes]:
    return [frame.payload for frame in frames if frame.rsv1]


def inflated(payload: bytes) -> bytes:
    return zlib.decompressobj(-15).decompress(payload + TAIL)


@pytest.mark.parametrize(
    ("client", "protocol"),
    [
        ("typescript", "json"),
        ("typescript", "messagepack"),
        ("chromium", "json"),
        ("chromium", "messagepack"),
        ("java", "json"),
    ],
)
async def test_a_large_broadcast_reaches_official_clients_compressed(
    proxy: RecordingProxy, client: DriverName, protocol: ProtocolName
) -> None:
    async with make_driver(client, timeout=30) as driver:
        connections = [await driver.connect(proxy.url + "/interop", protocol=protocol) for _ in range(3)]
        for connection in connections:
            await connection.on("Receive")
        for text in (TEXT, "short"):
            await connections[0].invoke_void("Broadcast", text)
            for connection in connections:
                assert (await connection.wait_event("Receive")).arguments == (text,)
        assert await connections[1].invoke("Echo", TEXT) == TEXT
        await driver.stop_all()
    assert [link.header("Sec-WebSocket-Extensions") for link in proxy.websockets] == [AGREED] * 3
    large = [compressed_frames(link.frames_of_server()) for link in proxy.websockets]
    assert [len(frames) for frames in large] == [1, 2, 1]
    ((broadcast,),) = {(frames[0],) for frames in large}
    assert TEXT.encode() in inflated(broadcast)
    assert len(broadcast) < len(TEXT) / 4
    assert all(was_sent_plain(link, "short") for link in proxy.websockets)
    assert any(TEXT.encode() in inflated(data) for data in compressed_frames(proxy.websockets[0].frames_of_client()))


def was_sent_plain(link: RecordedLink, text: str) -> bool:
    return any(text.encode() in frame.payload and not frame.rsv1 for frame in link.frames_of_server())


@pytest.mark.parametrize(
    ("offer", "response"),
    [
        (ClientPerMessageDeflateFactory(), AGREED),
        (ClientPerMessageDeflateFactory(client_max_window_bits=None), AGREED),
        (ClientPerMessageDeflateFactory(client_max_window_bits=9, client_no_context_takeover=True), AGREED),
        (
            ClientPerMessageDeflateFactory(server_max_window_bits=10, server_no_context_takeover=True),
            "permessage-deflate; server_no_context_takeover; server_max_window_bits=10; client_no_context_takeover",
        ),
        (ClientPerMessageDeflateFactory(server_max_window_bits=8), ""),
    ],
)
async def test_what_a_client_offers_is_kept(
    proxy: RecordingProxy, offer: ClientPerMessageDeflateFactory, response: str
) -> None:
    async with hub_socket(proxy.url, offer) as socket:
        for text in (TEXT, "short", "", TEXT, "x" * 10_000):
            await echo(socket, text)
    (link,) = proxy.websockets
    assert link.header("Sec-WebSocket-Extensions") == response
    assert len(compressed_frames(link.frames_of_server())) == (3 if response else 0)


async def test_without_an_offer_nothing_is_compressed(proxy: RecordingProxy) -> None:
    address = proxy.url.replace("http", "ws", 1) + "/interop"
    async with connect(address, compression=None, proxy=None, ping_interval=None) as socket:
        await socket.send(HANDSHAKE)
        assert await receive(socket) == {}
        await echo(socket, TEXT)
    (link,) = proxy.websockets
    assert link.header("Sec-WebSocket-Extensions") == ""
    assert compressed_frames(link.frames_of_server()) == []


async def test_it_can_be_turned_off() -> None:
    with serve("--ws-per-message-deflate", "false") as server:
        async with recording_proxy(server.url) as proxy, hub_socket(proxy.url) as socket:
            await echo(socket, TEXT)
            assert socket.protocol.extensions == []
            assert compressed_frames(proxy.websockets[0].frames_of_server()) == []


def send_frame(socket: ClientConnection, payload: bytes, *, pieces: int = 1) -> None:
    """Send a payload as a compressed message, whatever it is, in one frame or several."""
    size = -(-len(payload) // pieces)
    for number in range(pieces):
        opcode = Opcode.CONT if number else Opcode.TEXT
        part = payload[number * size : (number + 1) * size]
        data = bytearray(Frame(opcode, part, fin=number == pieces - 1).serialize(mask=True))
        data[0] |= 0 if number else COMPRESSED
        socket.transport.write(data)


def bomb(megabytes: int) -> bytes:
    """Return a compressed message that inflates to that many megabytes."""
    deflate = zlib.compressobj(9, wbits=-15)
    block = bytes(1 << 20)
    pieces = [deflate.compress(block) for _ in range(megabytes)]
    return b"".join([*pieces, deflate.flush(zlib.Z_SYNC_FLUSH)]).removesuffix(TAIL)


def peak_memory(pid: int) -> int:
    """Return the most bytes that a process has held."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM:"))


@pytest.mark.parametrize("pieces", [1, 3])
async def test_a_bomb_ends_its_own_connection_and_takes_no_memory(pieces: int) -> None:
    with serve() as server:
        async with hub_socket(server.url) as victim, hub_socket(server.url) as other:
            await echo(victim, TEXT)
            before = peak_memory(server.pid)
            send_frame(victim, bomb(256), pieces=pieces)
            with pytest.raises(ConnectionClosed) as caught:
                await receive(victim)
            assert caught.value.rcvd is not None
            assert caught.value.rcvd.code == 1009
            await echo(other, TEXT)
            assert peak_memory(server.pid) - before < 64 << 20


@pytest.mark.parametrize("payload", [b"\xff" * 10, b"\x07", b"\xf2\x48"])
async def test_what_does_not_inflate_ends_its_own_connection(server: ServerProcess, payload: bytes) -> None:
    async with hub_socket(server.url) as victim, hub_socket(server.url) as other:
        send_frame(victim, payload)
        with pytest.raises(ConnectionClosed) as caught:
            await receive(victim)
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 1007
        await echo(other, TEXT)
