"""permessage-deflate for ordinary applications, where uvicorn's setting allows it."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import pytest
from websockets.asyncio.client import connect
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

from tests.hosts.asgi.echo import Echo
from tests.hosts.asgi.raw_socket import BINARY, CONTINUATION, PING, TEXT, frame

if TYPE_CHECKING:
    from tests.hosts.asgi.conftest import Serve

OFFER = "Sec-WebSocket-Extensions: permessage-deflate"
COMPRESSED = 4


def deflated(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return (compressor.compress(data) + compressor.flush(zlib.Z_SYNC_FLUSH)).removesuffix(b"\x00\x00\xff\xff")


@pytest.mark.parametrize("server_bits", [None, 9, 12, 15])
@pytest.mark.parametrize("client_bits", [None, 9, 15])
async def test_another_client_library_is_content(
    serve: Serve, server_bits: int | None, client_bits: int | None
) -> None:
    server = await serve(Echo())
    extension = ClientPerMessageDeflateFactory(
        server_max_window_bits=server_bits, client_max_window_bits=client_bits or True
    )
    url = f"ws://127.0.0.1:{server.port}"
    async with connect(url, extensions=[extension], compression=None, proxy=None) as socket:
        assert [found.name for found in socket.protocol.extensions] == ["permessage-deflate"]
        for message in ("", "short", "long " * 10_000, b"\x00" * 100_000, "€" * 5000, bytes(range(256)) * 100):
            for _ in range(2):
                await socket.send(message)
                assert await socket.recv() == message
        await socket.send([b"a" * 5000, b"b" * 5000])
        assert await socket.recv() == b"a" * 5000 + b"b" * 5000
    await server.idle()


async def test_nothing_is_compressed_that_was_not_agreed_on(serve: Serve) -> None:
    for server, header in ((await serve(Echo(), ws_per_message_deflate=False), OFFER), (await serve(Echo()), "X: y")):
        client = await server.open("/", header)
        assert client.response.all("sec-websocket-extensions") == []
        client.write(frame(TEXT, b"x" * 10_000))
        assert await client.message() == "x" * 10_000
        client.write(frame(TEXT, deflated(b"x"), rsv=COMPRESSED))
        assert (await client.expect_closed())[0] == 1002
        await server.idle()


async def test_a_bomb_ends_its_own_connection_alone(serve: Serve) -> None:
    app = Echo()
    server = await serve(app, ws_max_size=1_000_000)
    other = await server.open()
    client = await server.open("/", OFFER)
    client.write(frame(BINARY, deflated(bytes(100_000_000)), rsv=COMPRESSED))
    assert (await client.expect_closed())[0] == 1009
    assert (await app.disconnects.get())["code"] == 1009
    other.write(frame(TEXT, b"unimpressed"))
    assert await other.message() == "unimpressed"
    await other.leave()
    await server.idle()


async def test_a_message_at_the_limit_is_fine_compressed(serve: Serve) -> None:
    server = await serve(Echo(), ws_max_size=100_000)
    client = await server.open("/", OFFER)
    client.write(frame(BINARY, deflated(bytes(100_000)), rsv=COMPRESSED))
    answer = await client.raw_frame()
    assert zlib.decompressobj(wbits=-15).decompress(answer[4:] + b"\x00\x00\xff\xff") == bytes(100_000)
    client.write(frame(BINARY, deflated(bytes(100_001)), rsv=COMPRESSED))
    assert (await client.expect_closed())[0] == 1009
    await server.idle()


@pytest.mark.parametrize(
    ("data", "codes"),
    [
        (frame(TEXT, b"\xff\xff\xff", rsv=COMPRESSED), (1002, 1007)),
        (frame(TEXT, deflated(b"\xff"), rsv=COMPRESSED), (1007,)),
        (frame(PING, b"x", rsv=COMPRESSED), (1002,)),
        (frame(TEXT, b"x", rsv=COMPRESSED | 2), (1002,)),
        (frame(TEXT, b"x", fin=False) + frame(CONTINUATION, b"x", rsv=COMPRESSED), (1002,)),
    ],
    ids=["garbage", "not-utf8", "ping", "other-bit", "continuation"],
)
async def test_what_is_not_in_order_ends_the_connection(serve: Serve, data: bytes, codes: tuple[int, ...]) -> None:
    server = await serve(Echo())
    client = await server.open("/", OFFER)
    client.write(data)
    assert (await client.expect_closed())[0] in codes
    await server.idle()


async def test_fragments_of_a_compressed_message_are_joined(serve: Serve) -> None:
    server = await serve(Echo())
    client = await server.open("/", OFFER)
    data = deflated("✓ in pieces".encode())
    client.write(frame(TEXT, data[:1], fin=False, rsv=COMPRESSED), frame(PING, b"p"), frame(CONTINUATION, data[1:]))
    assert bytes((await client.frame()).data) == b"p"
    assert await client.message() == "✓ in pieces"
    await client.leave()
    await server.idle()
