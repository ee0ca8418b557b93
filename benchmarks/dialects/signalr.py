"""The two hub protocols of SignalR, written without the package that is measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from benchmarks.dialects.messages import DialectError, Message

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["JsonDialect", "MessagePackDialect"]

_SEPARATOR: Final = b"\x1e"
_WELCOME: Final = b"{}\x1e"


class _Envelope(Struct):
    type: int
    invocationId: str = ""
    target: str = ""
    arguments: list[object] = []
    item: object = None
    result: object = None
    error: str | None = None


class _Handshake:
    """What both protocols share: the first message each way."""

    has_handshake = True
    protocol: str

    def opening(self) -> bytes:
        """Ask for the protocol."""
        return msgspec.json.encode({"protocol": self.protocol, "version": 1}) + _SEPARATOR

    def is_welcome(self, payload: bytes) -> bool:
        """Accept the empty object alone."""
        if payload != _WELCOME:
            raise DialectError(f"the handshake was answered with {payload[:200]!r}")
        return True

    def reply(self, payload: bytes) -> bytes | None:
        """Answer nothing: the client speaks first, and pings want no answer."""
        return None


class JsonDialect(_Handshake):
    """The hub protocol `json`."""

    protocol = "json"
    is_binary = False

    def __init__(self) -> None:
        self._decoder = msgspec.json.Decoder(_Envelope)

    def call(self, call_id: str, method: str, *arguments: object) -> bytes:
        """Write an invocation."""
        return _json({"type": 1, "invocationId": call_id, "target": method, "arguments": arguments})

    def stream(self, call_id: str, count: int) -> bytes:
        """Write a stream invocation of `Counter`."""
        return _json({"type": 4, "invocationId": call_id, "target": "Counter", "arguments": [count, 0]})

    def shout(self, text: str) -> bytes:
        """Write an invocation of `Broadcast` that wants no answer."""
        return _json({"type": 1, "target": "Broadcast", "arguments": [text]})

    def push(self, text: str) -> bytes:
        """Write what a server sends to each connection for a broadcast."""
        return _json({"type": 1, "target": "Receive", "arguments": [text]})

    def read(self, payload: bytes) -> list[Message]:
        """Read every message of a frame."""
        if not payload.endswith(_SEPARATOR):
            raise DialectError(f"a message without its end: {payload[:200]!r}")
        return [self._message(part) for part in payload[:-1].split(_SEPARATOR)]

    def _message(self, part: bytes) -> Message:
        try:
            envelope = self._decoder.decode(part)
        except msgspec.MsgspecError as error:
            raise DialectError(f"{part[:200]!r} cannot be read: {error}") from error
        match envelope:
            case _Envelope(error=str(text)):
                raise DialectError(f"the server reports an error: {text}")
            case _Envelope(type=1, arguments=[value]):
                return Message("push", envelope.invocationId, value)
            case _Envelope(type=2):
                return Message("item", envelope.invocationId, envelope.item)
            case _Envelope(type=3):
                ends_stream = b'"result"' not in part
                return Message("end" if ends_stream else "result", envelope.invocationId, envelope.result)
            case _Envelope(type=6):
                return Message("ping")
        raise DialectError(f"an unexpected message: {part[:200]!r}")


class MessagePackDialect(_Handshake):
    """The hub protocol `messagepack`."""

    protocol = "messagepack"
    is_binary = True

    def call(self, call_id: str, method: str, *arguments: object) -> bytes:
        """Write an invocation."""
        return _pack([1, {}, call_id, method, arguments, []])

    def stream(self, call_id: str, count: int) -> bytes:
        """Write a stream invocation of `Counter`."""
        return _pack([4, {}, call_id, "Counter", [count, 0], []])

    def shout(self, text: str) -> bytes:
        """Write an invocation of `Broadcast` that wants no answer."""
        return _pack([1, {}, None, "Broadcast", [text], []])

    def push(self, text: str) -> bytes:
        """Write what a server sends to each connection for a broadcast."""
        return _pack([1, {}, None, "Receive", [text], []])

    def read(self, payload: bytes) -> list[Message]:
        """Read every message of a frame."""
        return [_unpack(part) for part in _parts(payload)]


def _json(message: object) -> bytes:
    return msgspec.json.encode(message) + _SEPARATOR


def _pack(message: object) -> bytes:
    body = msgspec.msgpack.encode(message)
    length = len(body)
    prefix = bytearray()
    while length > 0x7F:
        prefix.append(length & 0x7F | 0x80)
        length >>= 7
    prefix.append(length)
    return bytes(prefix) + body


def _parts(payload: bytes) -> Iterator[bytes]:
    position = 0
    while position < len(payload):
        length = shift = 0
        more = True
        while more and position < len(payload):
            byte = payload[position]
            length |= (byte & 0x7F) << shift
            shift += 7
            position += 1
            more = bool(byte & 0x80)
        if more or position + length > len(payload):
            raise DialectError(f"a message without its end: {payload[:200]!r}")
        yield payload[position : position + length]
        position += length


def _unpack(part: bytes) -> Message:
    try:
        message = msgspec.msgpack.decode(part)
    except msgspec.MsgspecError as error:
        raise DialectError(f"{part[:200]!r} cannot be read: {error}") from error
    match message:
        case [1, _, str() | None as call_id, str(), [value], *_]:
            return Message("push", call_id or "", value)
        case [2, _, str(call_id), item]:
            return Message("item", call_id, item)
        case [3, _, str(call_id), 2]:
            return Message("end", call_id)
        case [3, _, str(call_id), 3, value]:
            return Message("result", call_id, value)
        case [6]:
            return Message("ping")
    raise DialectError(f"an unexpected message: {message!r}"[:300])
