"""A TCP proxy on loopback, for those that do something with what they forward."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

__all__ = ["Ends", "ForwardingProxy", "reset", "running"]

_CHUNK_SIZE = 65_536
_AT_ONCE = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Ends:
    """The connection of a client, and the one to the server that it is forwarded over."""

    from_client: asyncio.StreamReader
    to_client: asyncio.StreamWriter
    from_server: asyncio.StreamReader
    to_server: asyncio.StreamWriter

    async def forward(self, client_sent: Callable[[bytes], None], server_sent: Callable[[bytes], None]) -> None:
        """Forward both ways until one side ends.

        Args:
            client_sent: Called with what comes from the client, just before it is forwarded.
            server_sent: The same for the server.
        """
        pumps = [
            asyncio.ensure_future(_pump(self.from_client, self.to_server, client_sent)),
            asyncio.ensure_future(_pump(self.from_server, self.to_client, server_sent)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.wait(pumps)


class ForwardingProxy(ABC):
    """Opens a connection to one server for each that it takes; a server that is not there resets the client.

    Attributes:
        url: Its address, to be used in place of the server's.

    Args:
        target: Address of the server, of which host and port count.
    """

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self._target = (parts.hostname or "", parts.port or 80)
        self._tasks: set[asyncio.Task[None]] = set()
        self.url = ""

    @abstractmethod
    async def carry(self, ends: Ends) -> None:
        """Forward one connection; both its ends are closed afterwards."""

    async def take(self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        """Take one connection."""
        try:
            from_server, to_server = await asyncio.open_connection(*self._target)
        except OSError:
            reset(to_client)
            return
        task = asyncio.ensure_future(self._carry_and_close(Ends(from_client, to_client, from_server, to_server)))
        self._tasks.add(task)
        try:
            await asyncio.wait([task])
        finally:
            task.cancel()
            self._tasks.discard(task)

    async def aclose(self) -> None:
        """Drop every connection."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _carry_and_close(self, ends: Ends) -> None:
        try:
            await self.carry(ends)
        finally:
            ends.to_client.close()
            ends.to_server.close()


ProxyT = TypeVar("ProxyT", bound=ForwardingProxy)


@contextlib.asynccontextmanager
async def running(proxy: ProxyT) -> AsyncIterator[ProxyT]:
    """Let a proxy listen for as long as the block lasts."""
    server = await asyncio.start_server(proxy.take, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    proxy.url = f"http://{host}:{port}"
    try:
        yield proxy
    finally:
        server.close()
        await proxy.aclose()


def reset(writer: asyncio.StreamWriter) -> None:
    """Close a connection by a reset, so that the other side learns of it at once and never takes it for an end."""
    connection: socket.socket | None = writer.get_extra_info("socket")
    if connection is not None and connection.fileno() >= 0:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
    writer.transport.abort()


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter, sent: Callable[[bytes], None]) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(_CHUNK_SIZE):
            sent(data)
            sink.write(data)
            await sink.drain()
