"""A WebSocket client without any manners: it sends what it is told to, and reads what a client reads."""

from __future__ import annotations

import asyncio
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from websockets.frames import Close, Frame, Opcode
from websockets.streams import StreamReader as FrameReader

if TYPE_CHECKING:
    import ssl

__all__ = ["BINARY", "CLOSE", "CONTINUATION", "PING", "PONG", "TEXT", "RawResponse", "RawSocket", "close", "frame"]

CONTINUATION: Final = 0x0
TEXT: Final = 0x1
BINARY: Final = 0x2
CLOSE: Final = 0x8
PING: Final = 0x9
PONG: Final = 0xA

_SECONDS: Final = 3.0
_KEY: Final = "dGhlIHNhbXBsZSBub25jZQ=="
_MASK: Final = b"\x11\x22\x33\x44"


def frame(
    opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0, masked: bool = True, length: int | None = None
) -> bytes:
    """Return a frame as a client sends it.

    Args:
        opcode: Its kind.
        payload: What it carries.
        fin: Whether it is the last one of its message.
        rsv: The reserved bits, as a number from 0 to 7.
        masked: Whether it is masked, as it should be.
        length: Bits of the length field, 7, 16 or 64; without it as few as will do.
    """
    size = len(payload)
    bits = length or (7 if size < 126 else 16 if size < 65536 else 64)
    flag = 0x80 if masked else 0
    head = bytes((fin << 7 | rsv << 4 | opcode,))
    match bits:
        case 7:
            head += bytes((flag | size,))
        case 16:
            head += struct.pack("!BH", flag | 126, size)
        case _:
            head += struct.pack("!BQ", flag | 127, size)
    if not masked:
        return head + payload
    mask = (_MASK * (size // 4 + 1))[:size]
    return head + _MASK + (int.from_bytes(payload, "big") ^ int.from_bytes(mask, "big")).to_bytes(size, "big")


def close(code: int | None = None, reason: bytes = b"") -> bytes:
    """Return a close frame as a client sends it."""
    return frame(CLOSE, b"" if code is None else struct.pack("!H", code) + reason)


@dataclass(frozen=True)
class RawResponse:
    """The answer to an upgrade request.

    Attributes:
        status: Its status.
        reason: The words behind the status.
        headers: Its headers in their order, names in lower case.
        body: Its body; empty for the answer that opens a WebSocket.
    """

    status: int
    reason: str
    headers: list[tuple[str, str]]
    body: bytes

    def all(self, name: str) -> list[str]:
        """Return the values of a header."""
        return [value for header, value in self.headers if header == name]


class RawSocket:
    """One connection of such a client."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.response = RawResponse(0, "", [], b"")

    @classmethod
    async def connect(cls, port: int, tls: ssl.SSLContext | None = None) -> RawSocket:
        """Connect, and send nothing yet."""
        hostname = None if tls is None else "localhost"
        return cls(*await asyncio.open_connection("127.0.0.1", port, ssl=tls, server_hostname=hostname))

    async def upgrade(self, path: str = "/", *headers: str, pipelined: bytes = b"") -> None:
        """Ask for a WebSocket, and read the response.

        Args:
            path: The target of the request.
            headers: Headers besides those of every upgrade.
            pipelined: What to send right behind the request.
        """
        self.ask(path, *headers, pipelined=pipelined)
        await self.answered()

    def ask(self, path: str = "/", *headers: str, pipelined: bytes = b"") -> None:
        """Ask for a WebSocket, and do not wait for the response."""
        lines = [
            f"GET {path} HTTP/1.1",
            "Host: 127.0.0.1",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {_KEY}",
            *headers,
        ]
        self.write("".join(f"{line}\r\n" for line in [*lines, ""]).encode("latin-1") + pipelined)

    async def answered(self) -> None:
        """Read the response."""
        async with asyncio.timeout(_SECONDS):
            head = await self.reader.readuntil(b"\r\n\r\n")
            status_line, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
            _, status, reason = status_line.split(" ", 2)
            pairs = [line.split(": ", 1) for line in lines]
            headers = [(name.lower(), value) for name, value in pairs]
            length = next((int(value) for name, value in headers if name == "content-length"), 0)
            body = await self.reader.readexactly(length) if status != "101" else b""
        self.response = RawResponse(int(status), reason, headers, body)

    def write(self, *data: bytes) -> None:
        """Send bytes, all at once."""
        self.writer.write(b"".join(data))

    async def frame(self) -> Frame:
        """Return the next frame, which must be one that a server may send."""
        data = await self.raw_frame()
        reader = FrameReader()
        reader.feed_data(data)
        try:
            next(Frame.parse(reader.read_exact, mask=False))
        except StopIteration as ended:
            parsed: Frame = ended.value
            return parsed
        raise AssertionError(data)

    async def raw_frame(self) -> bytes:
        """Return the bytes of the next frame, whatever its header says."""
        async with asyncio.timeout(_SECONDS):
            head = await self.reader.readexactly(2)
            size = head[1] & 0x7F
            extended = await self.reader.readexactly({126: 2, 127: 8}.get(size, 0))
            payload = await self.reader.readexactly(int.from_bytes(extended, "big") if extended else size)
            return head + extended + payload

    async def message(self) -> str | bytes:
        """Return the next message, which must come in one frame."""
        received = await self.frame()
        assert received.fin
        assert received.opcode in (TEXT, BINARY), received
        data = bytes(received.data)
        return data.decode() if received.opcode == Opcode.TEXT else data

    async def frames_until_end(self) -> list[tuple[str, object]]:
        """Return everything up to the end of the connection: kinds of frames with text, bytes or the close code."""
        received: list[tuple[str, object]] = []
        while True:
            try:
                last = await self.frame()
            except (asyncio.IncompleteReadError, ConnectionError):
                return received
            data = bytes(last.data)
            code = Close.parse(data).code if last.opcode == Opcode.CLOSE else None
            received.append((last.opcode.name.lower(), data if code is None else code))

    async def expect_close(self) -> tuple[int, str]:
        """Return code and reason of the close frame that comes next; 1005 for one without a code."""
        received = await self.frame()
        assert received.opcode == Opcode.CLOSE, received
        closing = Close.parse(bytes(received.data))
        return closing.code, closing.reason

    async def expect_end(self) -> None:
        """Wait until the server ends the connection, before which nothing more may come."""
        async with asyncio.timeout(_SECONDS):
            assert await self.reader.read() == b""
        self.writer.close()

    async def expect_closed(self) -> tuple[int, str]:
        """Return code and reason of the close frame that comes next, after which the server ends the connection."""
        closed = await self.expect_close()
        await self.expect_end()
        return closed

    async def expect_closed_by_both(self) -> tuple[int, str]:
        """Return code and reason of the close frame that comes next; answer it, and see the connection end."""
        closed = await self.expect_close()
        self.write(close(closed[0]))
        await self.expect_end()
        return closed

    async def leave(self, code: int = 1000) -> None:
        """Close as a client does: say it, hear it, and see the connection end."""
        self.write(close(code))
        assert (await self.expect_close())[0] == code
        await self.expect_end()

    def abort(self) -> None:
        """Be gone, without a goodbye."""
        self.writer.transport.abort()
