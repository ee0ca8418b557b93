"""A transport connection with all that it stands between: a recording handler above, a transport below."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.requests import HTTPConnection

from signalr_py.options import HttpConnectionOptions
from signalr_py.transports.connection import TransportConnection
from signalr_py.transports.direct import DirectTransport
from signalr_py.transports.turns import TurnWriter
from signalr_py.transports.websocket import WebSocketTransport
from signalr_py.types import TransportType
from tests.support.clock import ManualClock
from tests.support.direct import DirectExchange
from tests.support.exchanges import WebSocketExchange, http_scope, websocket_scope
from tests.support.handlers import Handlers, RecordingHandler

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import Receive, Scope, Send

    from signalr_py.types import ConnectionId

__all__ = ["WALL", "Attached", "ConnectionSite", "DirectSite", "HostError", "OutlivingSite", "WebSocketSite"]

WALL = 1_700_000_000.0
"""The Unix time of every tick."""


class HostError(Exception):
    """What a host raises for a client that is gone."""


class Attached:
    """A transport that takes what it may take at once, and records what it is told."""

    def __init__(self, *, is_free: bool = False) -> None:
        self.is_free = is_free
        self.sent: list[bytes] = []
        self.finished = 0
        self.aborted = 0

    def send_now(self, data: bytes) -> bool:
        """Take a write if it is free."""
        if self.is_free:
            self.sent.append(data)
        return self.is_free

    def finish(self) -> None:
        """Learn that nothing more will be written."""
        self.finished += 1

    def abort(self) -> None:
        """Learn that it must end."""
        self.aborted += 1


class ConnectionSite:
    """A connection under test, at second 100 of its clock."""

    def __init__(self, options: HttpConnectionOptions | None = None) -> None:
        self.clock = ManualClock(100.0)
        self.handlers = Handlers()
        self.established: list[ConnectionId] = []
        self.connection = TransportConnection(
            "the id",
            b"the fingerprint.",
            options=options or HttpConnectionOptions(),
            clock=self.clock,
            create_handler=self.handlers,
            established=self.established.append,
        )

    @property
    def handler(self) -> RecordingHandler:
        """The handler of the connection, which has one as soon as its transport is chosen."""
        return self.handlers.latest

    def choose(self, transport: TransportType = TransportType.WEB_SOCKETS) -> HTTPConnection:
        """Choose a transport with a plain request."""
        request = HTTPConnection(http_scope())
        self.connection.choose(transport, request)
        return request

    def attach(self, *, is_free: bool = False) -> Attached:
        """Let a recording transport carry the connection."""
        attached = Attached(is_free=is_free)
        self.connection.attach(attached)
        return attached

    def write(self, data: bytes) -> bool:
        """Write as a hub does."""
        return self.connection.write(data)

    def advance(self, seconds: float) -> None:
        """Let time pass, and the heartbeat notice."""
        self.clock.now += seconds
        self.connection.tick(self.clock.now, WALL)


class WebSocketSite(ConnectionSite):
    """A connection over one WebSocket; `early` bytes come before the upgrade."""

    def __init__(self, options: HttpConnectionOptions | None = None, *, close_timeout: float = 60) -> None:
        super().__init__(options)
        self.early = b""
        self.subprotocol: str | None = None
        self.socket: WebSocketExchange = self._new_socket()
        self._close_timeout = close_timeout

    async def application(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Carry the connection, as the endpoint does."""
        await receive()
        if self.early:
            self.connection.feed(self.early)
        self.connection.choose(TransportType.WEB_SOCKETS, HTTPConnection(scope))
        await self._new_transport(receive, send).run(self.subprotocol)

    async def connected(self) -> None:
        """Wait until the socket is accepted and read."""
        await self.socket.until(lambda: self.socket.is_receiving and self.connection.is_attached)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[WebSocketExchange]:
        """Let a client connect, and yield the socket once it is accepted and read."""
        async with self.socket as socket:
            await self.connected()
            yield socket

    def _new_socket(self) -> WebSocketExchange:
        return WebSocketExchange(self.application, websocket_scope())

    def _new_transport(self, receive: Receive, send: Send) -> DirectTransport | WebSocketTransport:
        return WebSocketTransport(self.connection, receive, send, close_timeout=self._close_timeout)


class DirectSite(WebSocketSite):
    """The same over a WebSocket that the host offers for plain calls.

    Attributes:
        direct: The socket.
        turns: What writes to it once per turn of the event loop.
        finished: The connections that have finished after their requests.
    """

    outlives = False
    direct: DirectExchange

    def __init__(self, options: HttpConnectionOptions | None = None, *, close_timeout: float = 60) -> None:
        super().__init__(options, close_timeout=close_timeout)
        self.turns = TurnWriter()
        self.finished: list[TransportConnection] = []

    async def stall(self, data: bytes) -> None:
        """Let the client read nothing more, and fill its socket with a write."""
        self.socket.hold()
        self.write(data)
        await asyncio.sleep(0)

    def _new_socket(self) -> WebSocketExchange:
        self.direct = DirectExchange(self.application, websocket_scope(), outlives=self.outlives)
        return self.direct

    def _new_transport(self, receive: Receive, send: Send) -> DirectTransport | WebSocketTransport:
        return DirectTransport(
            self.connection,
            send,
            socket=self.direct,
            turns=self.turns,
            finished=self.finished.append,
            close_timeout=self._close_timeout,
            may_outlive_request=True,
        )


class OutlivingSite(DirectSite):
    """The same over a WebSocket that stays open when the request has ended."""

    outlives = True
