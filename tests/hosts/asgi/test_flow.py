"""Nothing piles up: neither for an application that is slow, nor for a client that does not read."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tests.hosts.asgi.echo import Echo, Flood
from tests.hosts.asgi.raw_socket import BINARY, PING, PONG, TEXT, frame
from tests.hosts.asgi.serving import Inbox

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Receive, Scope, Send

    from tests.hosts.asgi.conftest import Serve
    from tests.hosts.asgi.serving import Serving

SIZE = 65_536
MESSAGES = 400
MOST_BUFFERED = 1_000_000
TURNS = 200
"""How many turns of the event loop are enough to see that something stands still."""


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that only the sockets know."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - sockets tell nobody
            await asyncio.sleep(0)


def server_side(server: Serving) -> asyncio.Transport:
    (connection,) = server.connections
    transport: asyncio.Transport = connection.transport
    return transport


async def test_a_slow_application_stops_the_client(serve: Serve) -> None:
    go_on = asyncio.Event()
    received: Inbox[bytes] = Inbox()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await go_on.wait()
        while (message := await receive())["type"] == "websocket.receive":
            received.put_nowait(message["bytes"])

    server = await serve(app)
    client = await server.open()
    for number in range(MESSAGES):
        client.write(frame(BINARY, number.to_bytes(4, "big") + bytes(SIZE)))
    transport = server_side(server)
    await until(lambda: not transport.is_reading())
    for _ in range(TURNS):
        await asyncio.sleep(0)
    assert client.writer.transport.get_write_buffer_size() > 0
    go_on.set()
    for number in range(MESSAGES):
        assert (await received.get())[:4] == number.to_bytes(4, "big")
    await client.leave()
    await server.idle()


async def test_small_messages_stop_the_client_as_well(serve: Serve) -> None:
    go_on = asyncio.Event()
    received: Inbox[str] = Inbox()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await go_on.wait()
        while (message := await receive())["type"] == "websocket.receive":
            received.put_nowait(message["text"])

    server = await serve(app)
    client = await server.open()
    client.write(*(frame(TEXT) for _ in range(1000)))
    transport = server_side(server)
    await until(lambda: not transport.is_reading())
    go_on.set()
    assert [await received.get() for _ in range(1000)] == [""] * 1000
    await until(transport.is_reading)
    await client.leave()
    await server.idle()


async def test_send_waits_for_a_client_that_does_not_read(serve: Serve) -> None:
    flood = Flood(MESSAGES)
    server = await serve(flood)
    client = await server.open()
    client.writer.transport.pause_reading()  # type: ignore[attr-defined]
    transport = server_side(server)
    await until(lambda: transport.get_write_buffer_size() > 0)
    stopped_at = -1
    while stopped_at != flood.sent:
        stopped_at = flood.sent
        for _ in range(TURNS):
            await asyncio.sleep(0)
    assert stopped_at < MESSAGES
    assert transport.get_write_buffer_size() < MOST_BUFFERED
    client.writer.transport.resume_reading()  # type: ignore[attr-defined]
    await flood.reaches(client)
    assert await client.expect_closed_by_both() == (1000, "")
    await server.idle()


async def test_send_ends_when_the_client_that_it_waits_for_vanishes(serve: Serve) -> None:
    failed: Inbox[BaseException] = Inbox()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        try:
            while True:
                await send({"type": "websocket.send", "bytes": bytes(SIZE)})
        except OSError as error:
            failed.put_nowait(error)

    server = await serve(app)
    client = await server.open()
    client.writer.transport.pause_reading()  # type: ignore[attr-defined]
    transport = server_side(server)
    await until(lambda: transport.get_write_buffer_size() > 0)
    client.abort()
    await failed.get()
    await server.idle()


async def test_answers_to_pings_do_not_pile_up(serve: Serve) -> None:
    server = await serve(Echo())
    client = await server.open()
    client.writer.transport.pause_reading()  # type: ignore[attr-defined]
    transport = server_side(server)
    ping = frame(PING, b"x" * 125)
    most = 0
    for _ in range(60):
        client.write(ping * 1000)
        for _ in range(10):
            await asyncio.sleep(0)
        most = max(most, transport.get_write_buffer_size())
    client.write(frame(PING, b"last"))
    assert most < MOST_BUFFERED
    client.writer.transport.resume_reading()  # type: ignore[attr-defined]
    while bytes((answer := await client.frame()).data) != b"last":
        assert answer.opcode == PONG
    await client.leave()
    await server.idle()
