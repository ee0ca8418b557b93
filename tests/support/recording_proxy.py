"""A TCP proxy on loopback that keeps what it forwards, and shows the WebSocket frames in it."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

__all__ = ["RecordedFrame", "RecordedLink", "RecordingProxy", "recording_proxy"]

_CHUNK_SIZE = 65_536
_UPGRADED = b"HTTP/1.1 101 "


@dataclass(frozen=True)
class RecordedFrame:
    """A WebSocket frame as it was on the wire, without its mask."""

    opcode: int
    rsv1: bool
    payload: bytes


@dataclass(frozen=True)
class RecordedLink:
    """What one connection has carried.

    Attributes:
        from_client: All bytes of the client.
        from_server: All bytes of the server.
    """

    from_client: bytearray = field(default_factory=bytearray)
    from_server: bytearray = field(default_factory=bytearray)

    @property
    def is_websocket(self) -> bool:
        """Whether the server has agreed to an upgrade."""
        return self.from_server.startswith(_UPGRADED)

    def header(self, name: str) -> str:
        """Return a header of the server's first response; empty without it."""
        head = bytes(self.from_server).partition(b"\r\n\r\n")[0].decode("latin-1")
        values = (line.partition(":") for line in head.split("\r\n")[1:])
        return next((value.strip() for each, _, value in values if each.lower() == name.lower()), "")

    def frames_of_client(self) -> list[RecordedFrame]:
        """Return the whole frames of a WebSocket's client so far."""
        return list(_frames(bytes(self.from_client)))

    def frames_of_server(self) -> list[RecordedFrame]:
        """Return the whole frames of a WebSocket's server so far."""
        return list(_frames(bytes(self.from_server)))


@final
class RecordingProxy:
    """Forwards every connection to one server.

    Attributes:
        url: Its address, to be used in place of the server's.
        links: The connections so far.
    """

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self._target = (parts.hostname or "", parts.port or 80)
        self._tasks: set[asyncio.Task[None]] = set()
        self.url = ""
        self.links: list[RecordedLink] = []

    @property
    def websockets(self) -> list[RecordedLink]:
        """The connections that have become WebSockets."""
        return [link for link in self.links if link.is_websocket]

    async def take(self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        """Forward one connection."""
        from_server, to_server = await asyncio.open_connection(*self._target)
        link = RecordedLink()
        self.links.append(link)
        task = asyncio.ensure_future(_forward(link, from_client, to_client, from_server, to_server))
        self._tasks.add(task)
        try:
            await asyncio.wait([task])
        finally:
            task.cancel()
            to_client.close()
            to_server.close()
            self._tasks.discard(task)

    async def aclose(self) -> None:
        """Drop every connection."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)


@contextlib.asynccontextmanager
async def recording_proxy(target: str) -> AsyncIterator[RecordingProxy]:
    """Run a proxy in front of a server.

    Args:
        target: Address of the server, of which host and port count.
    """
    proxy = RecordingProxy(target)
    server = await asyncio.start_server(proxy.take, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    proxy.url = f"http://{host}:{port}"
    try:
        yield proxy
    finally:
        server.close()
        await proxy.aclose()


async def _forward(
    link: RecordedLink,
    from_client: asyncio.StreamReader,
    to_client: asyncio.StreamWriter,
    from_server: asyncio.StreamReader,
    to_server: asyncio.StreamWriter,
) -> None:
    """Forward both ways until one side ends."""
    pumps = [
        asyncio.ensure_future(_pump(from_client, to_server, link.from_client)),
        asyncio.ensure_future(_pump(from_server, to_client, link.from_server)),
    ]
    try:
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for pump in pumps:
            pump.cancel()
        await asyncio.wait(pumps)


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter, record: bytearray) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(_CHUNK_SIZE):
            record += data
            sink.write(data)
            await sink.drain()


def _frames(data: bytes) -> Iterator[RecordedFrame]:
    """Read the frames behind the head of the upgrade, as far as they are whole."""
    position = data.find(b"\r\n\r\n") + 4
    while len(data) >= position + 2:
        first, second = data[position], data[position + 1]
        length, position = second & 0x7F, position + 2
        if length > 125:
            size = 2 if length == 126 else 8
            length, position = int.from_bytes(data[position : position + size], "big"), position + size
        mask = b"\0\0\0\0"
        if second & 0x80:
            mask, position = data[position : position + 4], position + 4
        payload = data[position : position + length]
        if len(payload) < length:
            return
        position += length
        repeated = (mask * (length // 4 + 1))[:length]
        unmasked = (int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")).to_bytes(length, "big")
        yield RecordedFrame(opcode=first & 0x0F, rsv1=bool(first & 0x40), payload=unmasked)
