"""A TCP proxy on loopback that keeps what it forwards, and shows the WebSocket frames in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, final

from tests.support.forwarding import Ends, ForwardingProxy, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractAsyncContextManager

__all__ = ["RecordedFrame", "RecordedLink", "RecordingProxy", "recording_proxy"]

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
class RecordingProxy(ForwardingProxy):
    """Forwards every connection to one server.

    Attributes:
        links: The connections so far.
    """

    def __init__(self, target: str) -> None:
        super().__init__(target)
        self.links: list[RecordedLink] = []

    @property
    def websockets(self) -> list[RecordedLink]:
        """The connections that have become WebSockets."""
        return [link for link in self.links if link.is_websocket]

    async def carry(self, ends: Ends) -> None:
        """Forward one connection."""
        link = RecordedLink()
        self.links.append(link)
        await ends.forward(link.from_client.extend, link.from_server.extend)


def recording_proxy(target: str) -> AbstractAsyncContextManager[RecordingProxy]:
    """Run a proxy in front of a server.

    Args:
        target: Address of the server, of which host and port count.
    """
    return running(RecordingProxy(target))


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
