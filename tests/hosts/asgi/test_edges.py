"""Rare ways to a WebSocket and out of it."""

from __future__ import annotations

import asyncio
import gc
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from websockets.asyncio.client import unix_connect

from signalr_py.servers.uvicorn import protocol
from signalr_py.servers.websocket import connection as connections
from signalr_py.transports.direct_socket import direct_web_socket
from tests.hosts.asgi.echo import Echo
from tests.hosts.asgi.raw_socket import BINARY, PING, TEXT, close, frame
from tests.hosts.asgi.serving import Inbox, problems
from tests.hosts.asgi.test_flow import server_side, until

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from tests.hosts.asgi.conftest import Serve
    from tests.hosts.asgi.raw_socket import RawSocket
    from tests.hosts.asgi.serving import Serving


def later(app: ASGIApp, may_begin: asyncio.Event) -> ASGIApp:
    """Return an application that waits before it does anything."""

    async def waiting(scope: Scope, receive: Receive, send: Send) -> None:
        await may_begin.wait()
        await app(scope, receive, send)

    return waiting


async def accepted_late(server: Serving, may_accept: asyncio.Event, *early: bytes) -> RawSocket:
    """Return a client that is accepted only when the server reads nothing more behind what it sends first."""
    client = await server.connect()
    client.ask()
    await server.has_call()
    transport = server_side(server)
    client.write(*early)
    await until(lambda: not transport.is_reading())
    may_accept.set()
    await client.answered()
    assert client.response.status == 101
    return client


async def test_frames_that_come_before_the_accept_are_kept(serve: Serve) -> None:
    may_accept = asyncio.Event()
    server = await serve(later(Echo(), may_accept))
    early = b"x" * 300_000
    frames = (frame(TEXT, b"first"), frame(PING, b"p"), frame(TEXT, early[:10], fin=False), frame(0, early[10:]))
    client = await accepted_late(server, may_accept, *frames)
    received = [(last.opcode, bytes(last.data)) for last in [await client.frame() for _ in range(3)]]
    assert sorted(received, key=lambda answer: len(answer[1])) == [(0xA, b"p"), (TEXT, b"first"), (TEXT, early)]
    await client.leave()
    await server.idle()


async def test_a_broken_frame_before_the_accept_ends_the_connection_after_it(serve: Serve) -> None:
    may_accept = asyncio.Event()
    echo = Echo()
    server = await serve(later(echo, may_accept))
    client = await accepted_late(server, may_accept, frame(3, b"x"))
    assert (await client.expect_closed())[0] == 1002
    assert (await echo.disconnects.get())["code"] == 1002
    await server.idle()


async def test_frames_that_come_before_the_accept_count_for_an_application_that_is_slow(serve: Serve) -> None:
    may_accept, go_on = asyncio.Event(), asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await may_accept.wait()
        await send({"type": "websocket.accept"})
        await go_on.wait()
        while (await receive())["type"] == "websocket.receive":
            pass

    server = await serve(app)
    client = await accepted_late(server, may_accept, *(frame(BINARY) for _ in range(100)))
    transport = server_side(server)
    assert not transport.is_reading()
    go_on.set()
    await until(transport.is_reading)
    await client.leave()
    await server.idle()


def eager_task(loop: asyncio.AbstractEventLoop, coroutine: Any, **settings: Any) -> asyncio.Task[Any]:
    """Start a task at once where Python can; `asyncio.eager_task_factory` is not for uvloop."""
    settings |= {"eager_start": True} if sys.version_info >= (3, 12) else {}
    return asyncio.Task(coroutine, loop=loop, **settings)


async def test_the_tasks_of_the_event_loop_may_be_eager(serve: Serve) -> None:
    loop = asyncio.get_running_loop()
    server = await serve(Echo())
    before = loop.get_task_factory()
    loop.set_task_factory(eager_task)
    try:
        client = await server.open()
        client.write(frame(TEXT, b"hello"))
        assert await client.message() == "hello"
        await client.leave()
        await server.idle()
    finally:
        loop.set_task_factory(before)


async def test_an_application_that_is_cancelled_before_the_accept_leaves_no_connection(serve: Serve) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        raise asyncio.CancelledError

    server = await serve(app)
    assert (await server.refused()).response.status == 500
    await server.idle()


async def test_a_buffer_may_be_sent_again_with_other_contents(serve: Serve) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        buffer = bytearray(b"first")
        await send({"type": "websocket.send", "bytes": buffer})
        buffer[:] = b"second"
        await send({"type": "websocket.send", "bytes": buffer})

    server = await serve(app)
    client = await server.open()
    assert [await client.message() for _ in range(2)] == [b"first", b"second"]
    assert await client.expect_closed() == (1000, "")
    await server.idle()


async def test_a_connection_that_served_http_can_be_upgraded(serve: Serve) -> None:
    server = await serve(Echo())
    client = await server.connect()
    for _ in range(2):
        client.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await client.answered()
        assert (client.response.status, client.response.body) == (200, b"fine")
    await client.upgrade()
    assert client.response.status == 101
    client.write(frame(TEXT, b"hello"))
    assert await client.message() == "hello"
    await client.leave()
    await server.idle()


@pytest.mark.parametrize("code", [0, 999, 1004, 1006, 1015, 2999, 5000, 70_000, -1])
async def test_the_application_cannot_close_with_a_code_that_is_none(serve: Serve, code: int) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        with pytest.raises(ValueError, match=str(code)):
            await send({"type": "websocket.close", "code": code})
        await send({"type": "websocket.close", "code": 4000})

    server = await serve(app)
    client = await server.open()
    assert await client.expect_closed_by_both() == (4000, "")
    await server.idle()


async def test_an_empty_subprotocol_is_none(serve: Serve) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept", "subprotocol": "", "headers": []})

    server = await serve(app)
    client = await server.open()
    assert client.response.all("sec-websocket-protocol") == []
    assert await client.expect_closed_by_both() == (1000, "")
    await server.idle()


async def test_a_client_that_never_answers_the_close_is_dropped(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "_CLOSING_TIME", 0.01)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": 4000})

    server = await serve(app)
    client = await server.open()
    assert await client.expect_close() == (4000, "")
    await server.idle()


async def test_a_client_that_does_not_read_is_dropped_at_the_end(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "_CLOSING_TIME", 0.01)
    received: Inbox[Message] = Inbox()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        with suppress(OSError):
            while True:
                await send({"type": "websocket.send", "bytes": bytes(65_536)})
        received.put_nowait(await receive())

    server = await serve(app)
    client = await server.open()
    client.writer.transport.pause_reading()  # type: ignore[attr-defined]
    transport = server_side(server)
    await until(lambda: transport.get_write_buffer_size() > 0)
    (connection,) = server.connections
    connection.shutdown()
    assert (await received.get())["code"] == 1012
    await server.idle()


@pytest.mark.parametrize("interval", [None, 60])
async def test_nothing_is_kept_of_connections_that_are_over(serve: Serve, interval: int | None) -> None:
    server = await serve(Echo(), ws_ping_interval=interval)
    for number in range(10):
        client = await server.open()
        client.write(frame(BINARY, b"x"))
        assert await client.message() == b"x"
        if number % 2:
            client.abort()
        else:
            await client.leave()
    await server.refused("/", "Sec-WebSocket-Version: 1")
    await server.idle()
    await asyncio.sleep(0)
    gc.collect()
    kinds = (protocol.FastWebSocketProtocol, connections.WebSocketConnection)
    assert [thing for thing in gc.get_objects() if isinstance(thing, kinds)] == []


async def test_the_application_goes_on_after_the_end_of_the_websocket(serve: Serve) -> None:
    may_end = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await Echo()(scope, receive, send)
        await may_end.wait()

    server = await serve(app)
    client = await server.open()
    await client.leave()
    assert len(server.tasks) == 1
    may_end.set()
    await server.idle()


async def test_two_tasks_may_send_and_receive_at_once(serve: Serve) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})

        async def count() -> None:
            for number in range(100):
                await send({"type": "websocket.send", "text": str(number)})
                await asyncio.sleep(0)

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(count())
            while (message := await receive())["type"] == "websocket.receive":
                await send({"type": "websocket.send", "bytes": message["bytes"]})

    server = await serve(app)
    client = await server.open()
    client.write(*(frame(BINARY, b"%d" % number) for number in range(100)))
    received = [await client.message() for _ in range(200)]
    assert [text for text in received if isinstance(text, str)] == [str(number) for number in range(100)]
    assert [data for data in received if isinstance(data, bytes)] == [b"%d" % number for number in range(100)]
    client.write(close(1000))
    await client.expect_closed()
    await server.idle()


async def test_a_receiver_that_fails_ends_with_1011(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    ended: Inbox[int] = Inbox()

    class Failing:
        def message_received(self, data: bytes, *, is_last: bool) -> None:
            raise LookupError("a bug")

        def writing_paused(self) -> None: ...

        def writing_resumed(self) -> None: ...

        def disconnected(self, code: int) -> None:
            ended.put_nowait(code)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        socket = direct_web_socket(scope)
        assert socket is not None
        socket.start(Failing())
        assert await ended.get() == 1011

    server = await serve(app)
    client = await server.open()
    client.write(frame(TEXT, b"hello"), frame(TEXT, b"again"))
    assert (await client.expect_closed())[0] == 1011
    await server.idle()
    error = problems(caplog)[0].exc_info
    assert error is not None
    assert isinstance(error[1], LookupError)


async def test_unix_sockets_are_served(serve: Serve, tmp_path: Path) -> None:
    scopes: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scopes.append(scope)
        await Echo()(scope, receive, send)

    path = tmp_path / "server.sock"
    server = await serve(app, unix_path=str(path))
    async with unix_connect(str(path), "ws://localhost/", proxy=None) as socket:
        await socket.send("hello")
        assert await socket.recv() == "hello"
    assert scopes[0]["client"] is None
    await server.idle()
