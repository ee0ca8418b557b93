"""Many clients in one process, each of which costs little more than its socket."""

from __future__ import annotations

import asyncio
import contextlib
import re
from typing import TYPE_CHECKING, Final

import httpx

from tests.support.raw_client import PATIENCE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

__all__ = ["PUBLISHED", "Listener", "listeners"]

PUBLISHED: Final = re.compile(rb'"target":"Published","arguments":\[(\d+),"x*"\]')
"""A message of the hub method `publish`, as it is on the wire, with its number."""

_AT_ONCE: Final = 50
_HANDSHAKE: Final = b'{"protocol":"json","version":1}\x1e'


class Listener(asyncio.Protocol):
    """A WebSocket that has finished its handshake and notes the numbers of what is published.

    Attributes:
        numbers: The numbers so far, in the order in which they came.
        is_over: Whether the server has ended the connection.
    """

    def __init__(self, url: httpx.URL) -> None:
        self.numbers: list[int] = []
        self.is_over = False
        self._url = url
        self._unread = b""
        self._changed = asyncio.Event()
        self._is_upgraded = False
        self._is_open = False
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(
            f"GET {self._url.path} HTTP/1.1\r\nHost: {self._url.host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        """Shake hands behind the upgrade; then note what whole messages say, and keep the rest."""
        self._unread += data
        if not self._is_upgraded and b"\r\n\r\n" in self._unread:
            self._is_upgraded = True
            self._transport.write(bytes((0x81, 0x80 | len(_HANDSHAKE), 0, 0, 0, 0)) + _HANDSHAKE)
        *messages, self._unread = self._unread.split(b"\x1e")
        for message in messages:
            if message.endswith(b"{}"):
                self._is_open = True
            elif (published := PUBLISHED.search(message)) is not None:
                self.numbers.append(int(published[1]))
        self._changed.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """Note the end."""
        self.is_over = True
        self._changed.set()

    async def opened(self) -> None:
        """Wait until the handshake is finished."""
        await self._until(lambda: self._is_open)

    async def has(self, count: int) -> None:
        """Wait until so many messages have come."""
        await self._until(lambda: len(self.numbers) >= count)

    def abort(self) -> None:
        """Be gone."""
        self._transport.abort()

    async def _until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not holds():
                assert not self.is_over
                self._changed.clear()
                await self._changed.wait()


@contextlib.asynccontextmanager
async def listeners(url: str, count: int) -> AsyncIterator[list[Listener]]:
    """Connect so many clients for as long as the block lasts."""
    address = httpx.URL(url)
    loop = asyncio.get_running_loop()
    found: list[Listener] = []
    with contextlib.ExitStack() as stack:

        async def connect() -> None:
            _, listener = await loop.create_connection(lambda: Listener(address), address.host, address.port or 80)
            stack.callback(listener.abort)
            found.append(listener)
            await listener.opened()

        for start in range(0, count, _AT_ONCE):
            await asyncio.gather(*(connect() for _ in range(min(_AT_ONCE, count - start))))
        yield found
