"""The fast WebSocket class as it is started, and what of it an application can see."""

from __future__ import annotations

import asyncio
import sys
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocketDisconnect
from websockets.asyncio.client import unix_connect

from signalr_py import Hub, SignalR
from signalr_py.servers.uvicorn.choosing import FAST_WEB_SOCKET_CLASS
from tests.hosts.asgi.raw_socket import PING, PONG, TEXT, frame
from tests.hosts.asgi.serving import serving
from tests.support.interop import ROOT
from tests.support.processes import server_process
from tests.support.raw_channels import open_websocket
from tests.support.raw_client import RS, connect

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.types import ASGIApp, Message, Receive, Scope, Send
    from starlette.websockets import WebSocket

APPLICATION = ROOT / "tests/unit/servers/uvicorn/served_application.py"
HANDSHAKE = '{"protocol":"json","version":1}' + RS
CALL = '{"type":1,"invocationId":"1","target":"Echo","arguments":["hello"]}' + RS
ANSWER = '{"type":3,"invocationId":"1","result":"hello"}' + RS


class EchoHub(Hub):
    async def echo(self, text: str) -> str:
        return text


def command(*settings: str) -> list[str]:
    name = f"{APPLICATION.stem}:app"
    folder = str(APPLICATION.parent)
    words = ["--ws", FAST_WEB_SOCKET_CLASS, "--app-dir", folder, *settings]
    return [sys.executable, "-m", "uvicorn", *words, name]


async def test_it_is_a_setting_of_the_command_line() -> None:
    with server_process(command("--port", "{port}")) as server:
        socket = await open_websocket(server.url + "/extensions")
        assert '"signalr_py.websocket"' in str(await socket.recv())
        await socket.close()
        async with connect(server.url + "/hub") as client:
            assert await client.invoke("Echo", "hello") == "hello"
    assert "WARNING" not in server.log()


async def test_a_socket_of_the_file_system_serves(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with server_process(command("--uds", str(path)), ready="Uvicorn running on unix socket"):
        async with asyncio.timeout(10), unix_connect(str(path), "ws://localhost/hub", proxy=None) as socket:
            await socket.send(HANDSHAKE)
            assert await socket.recv() == "{}" + RS
            await socket.send(CALL)
            assert await socket.recv() == ANSWER


async def echo(socket: WebSocket) -> None:
    await socket.accept()
    with suppress(WebSocketDisconnect):
        while True:
            await socket.send_text(await socket.receive_text())


async def test_hubs_are_not_pinged_and_others_are() -> None:
    signalr = SignalR()
    app = Starlette(routes=[signalr.map_hub("/hub", EchoHub), WebSocketRoute("/echo", echo)])
    async with signalr.lifespan(), serving(app, ws_ping_interval=0.02, ws_ping_timeout=60) as running:
        hub, other = await running.open("/hub"), await running.open("/echo")
        hub.write(frame(TEXT, HANDSHAKE.encode()))
        assert await hub.message() == "{}" + RS
        for _ in range(3):
            ping = await other.frame()
            assert ping.opcode == PING
            other.write(frame(PONG, bytes(ping.data)))
        hub.write(frame(TEXT, CALL.encode()))
        assert await hub.message() == ANSWER
        for client in (hub, other):
            await client.leave()
        await running.idle()


@pytest.mark.parametrize("requests", [0, 1], ids=["with the lifespan", "without the lifespan"])
async def test_who_waits_for_a_hub_that_is_told_of_a_disconnect(requests: int) -> None:
    is_told, may_end, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    class SlowHub(EchoHub):
        async def on_disconnected(self, error: Exception | None) -> None:
            is_told.set()
            await may_end.wait()
            ended.set()

    signalr = SignalR()
    app = Starlette(routes=[signalr.map_hub("/hub", SlowHub)])
    async with AsyncExitStack() as stack:
        if not requests:
            await stack.enter_async_context(signalr.lifespan())
        stack.push_async_callback(signalr.shutdown)
        running = await stack.enter_async_context(serving(app))
        client = await running.open("/hub")
        client.write(frame(TEXT, HANDSHAKE.encode()))
        assert await client.message() == "{}" + RS
        client.abort()
        async with asyncio.timeout(10):
            await is_told.wait()
        assert len(running.tasks) == requests
        may_end.set()
        await running.idle()
    assert ended.is_set()


class Watching:
    """A middleware that sees the messages of WebSockets."""

    def __init__(self, app: ASGIApp, seen: list[str]) -> None:
        self._app = app
        self._seen = seen

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def watched_receive() -> Message:
            message = await receive()
            self._seen.append(message["type"])
            return message

        async def watched_send(message: Message) -> None:
            self._seen.append(message["type"])
            await send(message)

        await self._app(scope, watched_receive, watched_send)
        self._seen.append("end of request")


WATCHED = {
    "/echo": ["websocket.connect", "websocket.accept", "websocket.receive", "websocket.send", "websocket.disconnect"],
    "/hub": ["websocket.connect", "websocket.accept"],
}


@pytest.mark.parametrize(("path", "watched"), WATCHED.items(), ids=WATCHED)
async def test_middleware_sees_of_a_hub_that_it_was_connected_and_ended(path: str, watched: list[str]) -> None:
    seen: list[str] = []
    signalr = SignalR()
    app = Starlette(
        routes=[signalr.map_hub("/hub", EchoHub), WebSocketRoute("/echo", echo)],
        middleware=[Middleware(Watching, seen=seen)],
    )
    async with signalr.lifespan(), serving(app) as running:
        socket = await open_websocket(f"http://127.0.0.1:{running.port}{path}")
        await socket.send(HANDSHAKE)
        await socket.recv()
        assert "end of request" not in seen
        await socket.close()
        await running.idle()
    assert seen == [*watched, "end of request"]
