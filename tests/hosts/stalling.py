"""Clients that stop in the middle: of reading what they are sent, or of sending a request."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import httpx

from tests.support.raw_channels import http_client
from tests.support.raw_client import PATIENCE, RS, negotiate

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

__all__ = ["StalledClient", "raw_connection", "stalled_client", "start_post"]

_RECEIVE_BUFFER: Final = 4096
_HANDSHAKE: Final = f'{{"protocol":"json","version":1}}{RS}'.encode()
_UPGRADE: Final = (
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


@dataclass(frozen=True)
class StalledClient:
    """A client that has finished its handshake and reads nothing more.

    Attributes:
        connection_id: Its public id.
        reader: What it would read from.
        writer: What it can still write to.
    """

    connection_id: str
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def read_to_the_end(self) -> int:
        """Read until the server drops the connection, and return how many bytes came."""
        count = 0
        async with asyncio.timeout(PATIENCE):
            with contextlib.suppress(ConnectionError):
                while data := await self.reader.read(65536):
                    count += len(data)
        return count


@contextlib.asynccontextmanager
async def raw_connection(url: str) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Open a TCP connection to the server of an address; it takes little that it does not read."""
    address = httpx.URL(url)
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
    sock.setblocking(False)
    await asyncio.get_running_loop().sock_connect(sock, (address.host, address.port))
    reader, writer = await asyncio.open_connection(sock=sock, limit=1024)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


@contextlib.asynccontextmanager
async def stalled_client(url: str, transport: str) -> AsyncIterator[StalledClient]:
    """Open a connection over WebSockets or Server-Sent Events that stops reading after its handshake."""
    async with http_client() as http, raw_connection(url) as (reader, writer):
        negotiated = await negotiate(http, url)
        parameters = {"id": negotiated.connection_token}
        async with asyncio.timeout(PATIENCE):
            if transport == "WebSockets":
                writer.write(_request("GET", url, parameters, _UPGRADE))
                await reader.readuntil(b"\r\n\r\n")
                writer.write(bytes((0x81, 0x80 | len(_HANDSHAKE), 0, 0, 0, 0)) + _HANDSHAKE)
            else:
                (await http.post(url, params=parameters, content=_HANDSHAKE)).raise_for_status()
                writer.write(_request("GET", url, parameters, "Accept: text/event-stream\r\n"))
            await reader.readuntil(b"{}" + RS.encode())
        yield StalledClient(negotiated.connection_id, reader, writer)


@contextlib.asynccontextmanager
async def start_post(url: str, parameters: dict[str, str], body: bytes, *, of: int) -> AsyncIterator[None]:
    """Send the first bytes of a POST request's body that is announced to be longer."""
    async with raw_connection(url) as (_, writer):
        writer.write(_request("POST", url, parameters, f"Content-Length: {of}\r\n") + body)
        await writer.drain()
        yield


def _request(method: str, url: str, parameters: dict[str, str], headers: str) -> bytes:
    address = httpx.URL(url, params=parameters)
    target = address.raw_path.decode()
    return f"{method} {target} HTTP/1.1\r\nHost: {address.host}\r\n{headers}\r\n".encode()
