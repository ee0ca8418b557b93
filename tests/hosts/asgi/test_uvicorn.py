"""What uvicorn's own classes do: scopes, log lines, limits, pings, and an orderly end."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

import pytest
from starlette.responses import Response

from tests.hosts.asgi.echo import Echo
from tests.hosts.asgi.raw_socket import PING, PONG, TEXT, close, frame
from tests.hosts.asgi.serving import FAST, Inbox

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

    from tests.hosts.asgi.conftest import Serve
    from tests.hosts.asgi.raw_socket import RawSocket

OWN = "websockets-sansio"
LONG_TOKEN = "t" * 16_384
TARGETS = [
    "/",
    "/caf%C3%A9/a%2Fb?x=1&y=%20",
    "/a//b/../c?",
]


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [found for record in caplog.records if (found := record.message.partition(" - ")[2]).startswith('"')]


@pytest.mark.parametrize("target", TARGETS)
async def test_the_scope_is_that_of_uvicorn_s_own_class(serve: Serve, target: str) -> None:
    scopes: list[dict[str, Any]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scopes.append({**scope})
        await send({"type": "websocket.close"})

    for ws in (FAST, OWN):
        server = await serve(app, ws=ws, root_path="/outside")
        headers = [
            f"X-Port: {server.port}",
            "Cookie: a=1",
            "Cookie: b=2",
            "X-Latin: caf\xe9",
            "Sec-WebSocket-Protocol: a,b",
        ]
        assert (await server.refused(target, *headers)).response.status == 403
        scopes[-1]["server"] = (scopes[-1]["server"][0], scopes[-1]["server"][1] == server.port)
        scopes[-1]["client"] = scopes[-1]["client"][0]
        scopes[-1]["headers"] = [header for header in scopes[-1]["headers"] if header[0] != b"x-port"]
        scopes[-1]["extensions"] = {"websocket.http.response": scopes[-1]["extensions"]["websocket.http.response"]}
    assert scopes[0] == scopes[1]


async def test_large_headers_and_a_long_token_come_through(serve: Serve) -> None:
    seen: Inbox[tuple[int, int]] = Inbox()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        cookie = dict(scope["headers"])[b"cookie"]
        seen.put_nowait((len(scope["query_string"]), len(cookie)))
        await Echo()(scope, receive, send)

    server = await serve(app)
    client = await server.open(f"/?access_token={LONG_TOKEN}", f"Cookie: {'c' * 30_000}")
    assert await seen.get() == (len("access_token=") + len(LONG_TOKEN), 30_000)
    client.write(frame(TEXT, b"hello"))
    assert await client.message() == "hello"
    await client.leave()


async def test_state_of_the_lifespan_is_in_the_scope(serve: Serve) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["state"] == {}
        scope["state"]["mine"] = 1
        await send({"type": "websocket.close"})

    server = await serve(app)
    for _ in range(2):
        assert (await server.refused()).response.status == 403


@pytest.mark.parametrize("ws", [FAST, OWN])
async def test_every_outcome_is_a_line_of_the_log(serve: Serve, ws: str, caplog: pytest.LogCaptureFixture) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        match scope["path"]:
            case "/accepted":
                await Echo()(scope, receive, send)
            case "/closed":
                await send({"type": "websocket.close"})
            case _:
                response = Response(status_code=401)
                await response(scope, receive, send)

    caplog.set_level(logging.INFO, "uvicorn.error")
    server = await serve(app, ws=ws)
    client = await server.open("/accepted?x=1")
    client.write(close(1000))
    await client.expect_close()
    await server.refused("/closed?y=%20")
    await server.refused("/den%20ied")
    assert lines(caplog) == [
        '"WebSocket /accepted?x=1" [accepted]',
        '"WebSocket /closed?y=%20" 403',
        '"WebSocket /den%20ied" 401',
    ]


async def http_status(server_port: int) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", server_port)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    status = int((await reader.readline()).split()[1])
    await reader.read()
    writer.close()
    return status


async def test_open_websockets_count_for_the_limit_of_connections(serve: Serve) -> None:
    server = await serve(Echo(), limit_concurrency=3)
    clients = [await server.open() for _ in range(2)]
    assert len(server.connections) == len(server.tasks) == 2
    assert await http_status(server.port) == 503
    for client in clients:
        await client.leave()
    await server.idle()
    assert await http_status(server.port) == 200


async def test_no_connection_is_left_whatever_the_end(serve: Serve) -> None:
    server = await serve(Echo())
    clients: list[RawSocket] = [await server.open() for _ in range(20)]
    for number, client in enumerate(clients):
        match number % 5:
            case 0:
                client.abort()
            case 1:
                client.write(close(1000))
            case 2:
                client.write(frame(3))
            case 3:
                client.writer.write_eof()
            case _:
                client.write(frame(TEXT, b"x" * 100_000))
                client.writer.close()
    await server.idle()
    assert server.connections == set()


async def test_clients_are_pinged(serve: Serve) -> None:
    app = Echo()
    server = await serve(app, ws_ping_interval=0.02, ws_ping_timeout=60)
    client = await server.open()
    seen = set()
    for _ in range(3):
        ping = await client.frame()
        assert ping.opcode == PING
        seen.add(bytes(ping.data))
        client.write(frame(PONG, bytes(ping.data)))
    assert len(seen) == 3
    await client.leave()
    await server.idle()


async def test_a_client_that_answers_no_ping_is_1011(serve: Serve) -> None:
    app = Echo()
    server = await serve(app, ws_ping_interval=0.02, ws_ping_timeout=0.02)
    client = await server.open()
    assert (await client.frame()).opcode == PING
    client.write(frame(PONG, b"another"))
    assert await client.expect_closed() == (1011, "keepalive ping timeout")
    assert (await app.disconnects.get())["code"] == 1011
    await server.idle()


async def test_without_a_timeout_pings_need_no_answer(serve: Serve) -> None:
    server = await serve(Echo(), ws_ping_interval=0.02, ws_ping_timeout=None)
    client = await server.open()
    assert [(await client.frame()).opcode for _ in range(3)] == [PING] * 3
    client.abort()
    await server.idle()


async def test_shutdown_closes_with_1012_and_waits_for_the_application(serve: Serve) -> None:
    may_end = asyncio.Event()
    received: Inbox[Message] = Inbox()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        received.put_nowait(await receive())
        await may_end.wait()

    server = await serve(app)
    client = await server.open()
    (connection,) = server.connections
    connection.shutdown()
    assert (await client.expect_closed())[0] == 1012
    assert (await received.get())["code"] == 1012
    assert len(server.tasks) == 1
    may_end.set()
    await server.idle()


async def test_shutdown_before_the_answer_is_500(serve: Serve) -> None:
    received: Inbox[Message] = Inbox()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        received.put_nowait(await receive())

    server = await serve(app)
    client = await server.connect()
    client.ask()
    await server.has_call()
    (connection,) = server.connections
    connection.shutdown()
    await client.answered()
    assert client.response.status == 500
    assert (await received.get())["type"] == "websocket.disconnect"
    await client.expect_end()
    await server.idle()


async def test_shutdown_ends_a_close_that_the_client_has_not_answered(serve: Serve) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": 4000})

    server = await serve(app)
    client = await server.open()
    assert await client.expect_close() == (4000, "")
    (connection,) = server.connections
    connection.shutdown()
    await client.expect_end()
    await server.idle()


@pytest.mark.parametrize("http", ["h11", "httptools"])
async def test_either_http_parser_hands_over(serve: Serve, http: str) -> None:
    server = await serve(Echo(), http=http)
    client = await server.open()
    client.write(frame(TEXT, b"hello"))
    assert await client.message() == "hello"
    await client.leave()
    await server.idle()
