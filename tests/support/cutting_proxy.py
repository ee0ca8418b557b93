"""A TCP proxy on loopback that breaks connections on command, as networks do without being asked."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from typing import TYPE_CHECKING, final
from urllib.parse import urlsplit

from tests.support.waiting import Changes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

__all__ = ["CuttingProxy", "cutting_proxy"]

_CHUNK_SIZE = 65_536
_AT_ONCE = struct.pack("ii", 1, 0)


class _Link:
    """One connection of a client, and the one to the server that it is forwarded over."""

    def __init__(
        self, client: asyncio.StreamWriter, server: asyncio.StreamWriter, answered: Callable[[], None]
    ) -> None:
        self._client = client
        self._server = server
        self._answered = answered
        self.is_stranded = False

    def cut(self) -> None:
        _reset(self._client)
        _reset(self._server)

    def strand(self) -> None:
        self.is_stranded = True
        _reset(self._client)

    async def forward(self, from_client: asyncio.StreamReader, from_server: asyncio.StreamReader) -> None:
        pumps = [
            asyncio.ensure_future(_pump(from_client, self._server)),
            asyncio.ensure_future(_pump(from_server, self._client, self._answered)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            if self.is_stranded:
                await asyncio.get_running_loop().create_future()
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.wait(pumps)
            self._client.close()
            self._server.close()


@final
class CuttingProxy:
    """Forwards every connection to one server until it is told otherwise.

    Attributes:
        url: Its address, to be used in place of the server's.
    """

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self._target = (parts.hostname or "", parts.port or 80)
        self._links: set[_Link] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._answered = 0
        self._changes = Changes()
        self.url = ""

    @property
    def answered(self) -> int:
        """On how many connections the server has answered so far."""
        return self._answered

    def cut(self) -> None:
        """Break every connection at once, on both sides, by a reset: what is on its way is lost."""
        for link in list(self._links):
            link.cut()

    def strand(self) -> None:
        """Break every connection on the client's side only; the server learns nothing, and nobody reads from it."""
        for link in list(self._links):
            link.strand()

    async def answers(self, count: int) -> None:
        """Wait until the server has answered on so many connections."""
        await self._changes.until(lambda: self._answered >= count)

    async def take(self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        """Forward one connection."""
        try:
            from_server, to_server = await asyncio.open_connection(*self._target)
        except OSError:
            _reset(to_client)
            return
        link = _Link(to_client, to_server, self._note_answer)
        self._links.add(link)
        task = asyncio.ensure_future(link.forward(from_client, from_server))
        self._tasks.add(task)
        try:
            await asyncio.wait([task])
        finally:
            to_client.close()
            to_server.close()
            self._links.discard(link)
            self._tasks.discard(task)

    def _note_answer(self) -> None:
        self._answered += 1
        self._changes.note()

    async def aclose(self) -> None:
        """Drop every connection."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)


@contextlib.asynccontextmanager
async def cutting_proxy(target: str) -> AsyncIterator[CuttingProxy]:
    """Run a proxy in front of a server.

    Args:
        target: Address of the server, of which host and port count.
    """
    proxy = CuttingProxy(target)
    server = await asyncio.start_server(proxy.take, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    proxy.url = f"http://{host}:{port}"
    try:
        yield proxy
    finally:
        server.close()
        await proxy.aclose()


async def _pump(
    source: asyncio.StreamReader, sink: asyncio.StreamWriter, has_begun: Callable[[], None] = lambda: None
) -> None:
    """Forward what comes, and say when the first of it has been forwarded."""
    with contextlib.suppress(OSError):
        is_first = True
        while data := await source.read(_CHUNK_SIZE):
            sink.write(data)
            if is_first:
                is_first = False
                has_begun()
            await sink.drain()


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close a connection by a reset, so that the other side learns of it at once and never takes it for an end."""
    connection: socket.socket | None = writer.get_extra_info("socket")
    if connection is not None and connection.fileno() >= 0:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
    writer.transport.abort()
