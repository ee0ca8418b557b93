"""One connection of the load, made with picows."""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING, Final

from picows import WSError, WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from benchmarks.dialects import Dialect, DialectError
from benchmarks.load.checking import LoadError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Client", "connect"]

_READ_BUFFER: Final = 2048
_TIMEOUT: Final = 60
_CLOSE: Final = WSMsgType.CLOSE
_CONTINUATION: Final = WSMsgType.CONTINUATION
_SOURCES: Final = itertools.cycle([f"127.0.0.{number}" for number in range(2, 34)])
"""Addresses that connections come from, since each has only so many ports."""


class Client(WSListener):
    """A WebSocket connection that hands each message to whoever uses it at the moment.

    Args:
        dialect: What the server speaks.
        failed: Told when the connection ends without being asked to, or when a message is not right.
    """

    def __init__(self, dialect: Dialect, failed: Callable[[LoadError], None]) -> None:
        self.transport: WSTransport
        self.receive: Callable[[bytes], None] = self._shake if dialect.has_handshake else self._expect_nothing
        self._welcomed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._dialect = dialect
        self._failed = failed
        self._is_closing = False
        self._fragments: list[bytes] = []
        self._kind = WSMsgType.BINARY if dialect.is_binary else WSMsgType.TEXT

    def rest(self) -> None:
        """Expect nothing but pings from now on."""
        self.receive = self._expect_nothing

    def send(self, message: bytes) -> None:
        """Send a message."""
        self.transport.send(self._kind, message)

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Remember the transport."""
        self.transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Hand a message over."""
        kind = frame.msg_type
        if kind == _CLOSE:
            transport.disconnect()
            return
        payload = frame.get_payload_as_bytes()
        if kind == _CONTINUATION or not frame.fin:
            self._fragments.append(payload)
            if not frame.fin:
                return
            payload = b"".join(self._fragments)
            self._fragments.clear()
        try:
            self.receive(payload)
        except LoadError as error:
            self._failed(error)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Report an end that nobody asked for."""
        if not self._is_closing:
            self._failed(LoadError(f"the server ended a connection {_reason(transport)}"))

    async def handshake(self) -> None:
        """Wait for the messages that open a connection.

        Raises:
            LoadError: The server refused.
        """
        if (opening := self._dialect.opening()) is not None:
            self.send(opening)
        await self._welcomed

    async def close(self) -> None:
        """Close the connection and wait until it is gone."""
        self._is_closing = True
        self.transport.send_close()
        await self.transport.wait_disconnected()

    def abandon(self) -> None:
        """Drop the connection at once."""
        self._is_closing = True
        self.transport.disconnect(graceful=False)

    def _shake(self, payload: bytes) -> None:
        """The server may speak first, before the load knows that the connection is open."""
        try:
            if self._dialect.is_welcome(payload):
                self.rest()
                self._welcomed.set_result(None)
            elif (reply := self._dialect.reply(payload)) is not None:
                self.send(reply)
        except DialectError as error:
            raise LoadError(str(error)) from error

    def _expect_nothing(self, payload: bytes) -> None:
        try:
            is_quiet = all(message.kind == "ping" for message in self._dialect.read(payload))
        except DialectError as error:
            raise LoadError(str(error)) from error
        if not is_quiet:
            raise LoadError(f"nothing is left to come, but this came: {payload[:200]!r}")


def _reason(transport: WSTransport) -> str:
    received = getattr(transport.close_handshake, "recv", None)
    return "without a close frame" if received is None else f"with {received.code} {received.reason}".rstrip()


async def connect(url: str, dialect: Dialect, failed: Callable[[LoadError], None]) -> Client:
    """Open a connection with everything that belongs to it.

    Args:
        url: The address.
        dialect: What the server speaks.
        failed: Told when the connection ends without being asked to, or when a message is not right.

    Raises:
        LoadError: The server refused.
    """
    client = Client(dialect, failed)
    try:
        await ws_connect(
            lambda: client,
            url,
            websocket_handshake_timeout=_TIMEOUT,
            read_buffer_init_size=_READ_BUFFER,
            max_redirects=0,
            local_addr=(next(_SOURCES), 0),
        )
    except (OSError, WSError) as error:
        raise LoadError(f"a connection was refused: {error!r}") from error
    if dialect.has_handshake:
        await client.handshake()
    return client
