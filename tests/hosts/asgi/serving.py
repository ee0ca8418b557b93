"""uvicorn's protocol classes in the event loop of the test, for applications that tests make."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

import uvicorn
from uvicorn.server import ServerState

from signalr_py.servers.uvicorn.choosing import FAST_WEB_SOCKET_CLASS, fast_web_socket_class
from signalr_py.servers.uvicorn.protocol import FastWebSocketProtocol
from tests.hosts.asgi.raw_socket import RawSocket
from tests.support.waiting import Changes

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator
    from types import TracebackType

    import pytest
    from starlette.types import ASGIApp

__all__ = ["FAST", "Inbox", "Serving", "problems", "serving"]

FAST: Final = FAST_WEB_SOCKET_CLASS
assert fast_web_socket_class() is FastWebSocketProtocol

T = TypeVar("T")

_SECONDS: Final = 3.0
DEFAULT_HEADERS: Final = [(b"date", b"Tue, 01 Jul 2025 00:00:00 GMT"), (b"server", b"uvicorn")]


class Inbox(asyncio.Queue[T]):
    """What an application tells its test; the time limit is there for broken code only."""

    async def get(self) -> T:
        """Wait for the next thing."""
        async with asyncio.timeout(_SECONDS):
            return await super().get()


def problems(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """Return what was logged as worse than a piece of news."""
    return [record for record in caplog.records if record.levelno >= logging.WARNING]


class _Watched(set[Any]):
    """A set that tells when it has changed."""

    def __init__(self) -> None:
        super().__init__()
        self.changes = Changes()

    def add(self, element: object) -> None:
        super().add(element)
        self.changes.note()

    def discard(self, element: object) -> None:
        super().discard(element)
        self.changes.note()

    def remove(self, element: object) -> None:
        super().remove(element)
        self.changes.note()


class Serving:
    """A server that runs."""

    def __init__(self, config: uvicorn.Config, port: int, connections: _Watched, tasks: _Watched) -> None:
        self.config = config
        self.port = port
        self._connections = connections
        self._tasks = tasks
        self._clients: list[RawSocket] = []

    @property
    def connections(self) -> set[Any]:
        """The connections that uvicorn counts."""
        return self._connections

    @property
    def tasks(self) -> set[Any]:
        """The running calls of the application."""
        return self._tasks

    async def open(
        self, path: str = "/", *headers: str, tls: ssl.SSLContext | None = None, pipelined: bytes = b""
    ) -> RawSocket:
        """Return a client whose WebSocket is open."""
        socket = await self.connect(tls=tls)
        await socket.upgrade(path, *headers, pipelined=pipelined)
        assert socket.response.status == 101, socket.response
        return socket

    async def refused(self, path: str = "/", *headers: str) -> RawSocket:
        """Return a client whose WebSocket was refused, with the whole response, and the connection over."""
        socket = await self.connect()
        await socket.upgrade(path, *headers)
        assert socket.response.status != 101
        await socket.expect_end()
        return socket

    async def connect(self, *, tls: ssl.SSLContext | None = None) -> RawSocket:
        """Return a client that has sent nothing."""
        socket = await RawSocket.connect(self.port, tls)
        self._clients.append(socket)
        return socket

    async def idle(self) -> None:
        """Wait until no connection and no call is left."""
        await self._connections.changes.until(lambda: not self._connections)
        await self._tasks.changes.until(lambda: not self._tasks)

    async def has_call(self) -> None:
        """Wait until the application was called."""
        await self._tasks.changes.until(lambda: bool(self._tasks))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for connection in list(self._connections):
            connection.shutdown()
        if kind is None:
            await self.idle()
        for client in self._clients:
            client.abort()
        for connection in list(self._connections):
            connection.transport.abort()
        for task in list(self._tasks):
            task.cancel()


@asynccontextmanager
async def serving(
    app: ASGIApp, *, ws: str = FAST, tls: ssl.SSLContext | None = None, unix_path: str | None = None, **options: Any
) -> AsyncIterator[Serving]:
    """Serve an application for as long as the block lasts; nothing may be left of its connections afterwards.

    Args:
        app: The application.
        ws: uvicorn's WebSocket class.
        tls: For a server of `wss`.
        unix_path: Where to listen, instead of a port.
        options: What else `uvicorn.Config` takes.
    """
    settings = {"lifespan": "off", "log_config": None, "ws_ping_interval": None, **options}
    config = uvicorn.Config(app, ws=ws, **settings)
    config.load()
    state = ServerState()
    connections, tasks = _Watched(), _Watched()
    state.connections, state.tasks, state.default_headers = connections, tasks, list(DEFAULT_HEADERS)
    loop = asyncio.get_running_loop()

    def protocol() -> asyncio.Protocol:
        return config.http_protocol_class(config=config, server_state=state, app_state={})  # type: ignore[call-arg]

    if unix_path is None:
        server = await loop.create_server(protocol, "127.0.0.1", 0, ssl=tls)
        port = server.sockets[0].getsockname()[1]
    else:
        server, port = await loop.create_unix_server(protocol, unix_path), 0
    try:
        async with Serving(config, port, connections, tasks) as running:
            yield running
    finally:
        server.close()
