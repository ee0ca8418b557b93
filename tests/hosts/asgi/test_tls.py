"""The same over TLS, where the event loop decrypts before frames are read."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from websockets.asyncio.client import connect

from tests.hosts.asgi.certificates import contexts
from tests.hosts.asgi.echo import Echo, Flood
from tests.hosts.asgi.raw_socket import BINARY, CONTINUATION, PING, TEXT, close, frame

if TYPE_CHECKING:
    import ssl

    from starlette.types import Receive, Scope, Send

    from tests.hosts.asgi.conftest import Serve

MESSAGES = 100


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    return contexts(tmp_path_factory.mktemp("tls"))


async def test_messages_of_every_size_are_echoed(serve: Serve, tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    app = Echo()
    server = await serve(app, tls=tls[0])
    client = await server.open(tls=tls[1])
    for size in (0, 1, 126, 16_383, 16_384, 65_536, 3_000_000):
        client.write(frame(BINARY, b"x" * size))
        assert await client.message() == b"x" * size
    client.write(frame(TEXT, b"a", fin=False), frame(PING, b"p"), frame(CONTINUATION, "✓".encode()))
    assert bytes((await client.frame()).data) == b"p"
    assert await client.message() == "a✓"
    client.write(close(1001, b"enough"))
    assert (await client.expect_close())[0] == 1001
    client.writer.close()
    assert await app.disconnects.get() == {"type": "websocket.disconnect", "code": 1001, "reason": "enough"}
    await server.idle()


async def test_the_scheme_is_wss(serve: Serve, tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": scope["scheme"]})

    server = await serve(app, tls=tls[0])
    client = await server.open(tls=tls[1])
    assert await client.message() == "wss"
    assert await client.expect_close() == (1000, "")
    client.writer.close()
    await server.idle()


@pytest.mark.parametrize("data", [frame(TEXT, b"\xff"), frame(3), frame(TEXT, b"x" * 2000)])
async def test_what_is_not_in_order_ends_the_connection(
    serve: Serve, tls: tuple[ssl.SSLContext, ssl.SSLContext], data: bytes
) -> None:
    app = Echo()
    server = await serve(app, tls=tls[0], ws_max_size=1000)
    client = await server.open(tls=tls[1])
    client.write(frame(TEXT, b"first"), data)
    received = await client.frames_until_end()
    assert received[-1][0] == "close"
    assert received[-1][1] == (await app.disconnects.get())["code"]
    assert [message["text"] for message in app.received] == ["first"]
    await server.idle()


async def test_a_client_that_vanishes_is_1006(serve: Serve, tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    app = Echo()
    server = await serve(app, tls=tls[0])
    client = await server.open(tls=tls[1])
    client.abort()
    assert (await app.disconnects.get())["code"] == 1006
    await server.idle()


async def test_a_client_that_does_not_read_is_waited_for(
    serve: Serve, tls: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    flood = Flood(MESSAGES)
    server = await serve(flood, tls=tls[0])
    client = await server.open(tls=tls[1])
    client.writer.transport.pause_reading()  # type: ignore[attr-defined]
    for _ in range(500):
        await asyncio.sleep(0)
    client.writer.transport.resume_reading()  # type: ignore[attr-defined]
    await flood.reaches(client)
    assert await client.expect_close() == (1000, "")
    client.write(close(1000))
    client.writer.close()
    await server.idle()


async def test_another_client_library_is_content(serve: Serve, tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    server = await serve(Echo(), tls=tls[0])
    async with connect(f"wss://127.0.0.1:{server.port}", ssl=tls[1], server_hostname="localhost", proxy=None) as socket:
        for message in ("text", b"bytes", "x" * 100_000):
            await socket.send(message)
            assert await socket.recv() == message
        await (await socket.ping())
    assert socket.close_code == 1000
    await server.idle()
