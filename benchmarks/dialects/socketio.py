"""Socket.IO over Engine.IO 4, as far as the load needs it."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from benchmarks.dialects.messages import DialectError, Message

__all__ = ["SocketIoDialect"]

_PACKET: Final = re.compile(rb"(4[23])(\d*)(\[.*\])", re.DOTALL)
_PING: Final = b"2"
_PONG: Final = b"3"
_CONNECT: Final = b"40"


class SocketIoDialect:
    """Events with acknowledgements on the default namespace."""

    is_binary = False
    has_handshake = True

    def opening(self) -> bytes | None:
        """Say nothing, since the server speaks first."""
        return None

    def is_welcome(self, payload: bytes) -> bool:
        """Accept the confirmation of the namespace."""
        if payload.startswith(_CONNECT):
            return True
        if payload.startswith((b"0", _PING)):
            return False
        raise DialectError(f"the handshake was answered with {payload[:200]!r}")

    def reply(self, payload: bytes) -> bytes | None:
        """Ask for the namespace once the server is open, and answer pings."""
        if payload.startswith(b"0"):
            return _CONNECT
        return _PONG if payload == _PING else None

    def call(self, call_id: str, method: str, *arguments: object) -> bytes:
        """Write an event that is acknowledged with its answer; ids are numbers."""
        return b"42" + call_id.encode() + msgspec.json.encode([method, *arguments])

    def stream(self, call_id: str, count: int) -> bytes:
        """Refuse: the protocol has no streams."""
        raise DialectError("Socket.IO has no streams")

    def shout(self, text: str) -> bytes:
        """Write an event that the server sends on to all."""
        return b"42" + msgspec.json.encode(["Broadcast", text])

    def read(self, payload: bytes) -> list[Message]:
        """Read an event, an acknowledgement or a ping."""
        if payload == _PING:
            return [Message("ping")]
        packet = _PACKET.fullmatch(payload)
        if packet is None:
            raise DialectError(f"an unexpected packet: {payload[:200]!r}")
        try:
            values = msgspec.json.decode(packet[3], type=list[object])
        except msgspec.MsgspecError as error:
            raise DialectError(f"{payload[:200]!r} cannot be read: {error}") from error
        match packet[1], values:
            case b"43", [value]:
                return [Message("result", packet[2].decode(), value)]
            case b"42", ["Receive", value]:
                return [Message("push", value=value)]
        raise DialectError(f"an unexpected packet: {payload[:200]!r}")
