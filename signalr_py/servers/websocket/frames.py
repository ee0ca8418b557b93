"""WebSocket data frames as a server sends them: whole messages, unmasked."""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["FrameEncoder", "control_frame", "frame"]

_CONTROL_SIZE: Final = 125
_FINAL: Final = 0x80
_TEXT: Final = 0x81
_BINARY: Final = 0x82
_COMPRESSED: Final = 0x40
_MOST_KEPT: Final = 16
_LARGEST_KEPT: Final = 65_536
_SHORT: Final = {head: tuple(bytes((head, length)) for length in range(126)) for head in (0x81, 0x82, 0xC1, 0xC2)}
_LENGTH_16: Final = Struct("!BBH").pack
_LENGTH_64: Final = Struct("!BBQ").pack


def frame(data: bytes, *, binary: bool, compressed: bool = False) -> bytes:
    """Return one message as one frame.

    Args:
        data: Payload.
        binary: Whether the message is binary, not text.
        compressed: Whether the payload is compressed, as RFC 7692 has it.
    """
    head = _BINARY if binary else _TEXT
    return _frame(head | _COMPRESSED if compressed else head, data)


def control_frame(opcode: int, data: bytes) -> bytes:
    """Return a close frame, a ping or a pong.

    Args:
        opcode: Which of them.
        data: Payload of at most 125 bytes; what is more is cut off.
    """
    data = data[:_CONTROL_SIZE]
    return bytes((_FINAL | opcode, len(data))) + data


class FrameEncoder:
    """Frames messages, each one once however many connections it goes to; satisfies `MessageEncoder`.

    All connections that want the same bytes share one encoder. Messages that are written together become one, since
    they end where they say so, unless they are compressed: then each keeps its frame, which others may get as well.

    Attributes:
        message: The last message; those who have it may take `frames` without a call.
        frames: Its frame.
    """

    __slots__ = ("_compress", "_compressed", "_head", "_joined", "_messages", "_short_heads", "frames", "message")

    def __init__(self, *, binary: bool, compress: Callable[[bytes], bytes | None] | None = None) -> None:
        """Prepare the encoder of one kind of connection.

        Args:
            binary: Whether messages are binary, not text.
            compress: Compresses a payload, or returns None for one that is better sent as it is. None when compression
                was not negotiated.
        """
        self._head = _BINARY if binary else _TEXT
        self._short_heads = _SHORT[self._head]
        self._compress = compress
        self._compressed: dict[bytes, bytes] = {}
        self._messages: list[bytes] = []
        self._joined = b""
        self.message: bytes | None = None
        self.frames: bytes = b""

    def encode(self, data: bytes | list[bytes]) -> bytes:
        """Return the frames of one message, or of several.

        Args:
            data: A message, or several in a list, which is not changed any more.
        """
        if data is self.message:
            return self.frames
        if isinstance(data, list):
            return self._encode_several(data)
        if self._compress is not None:
            self.frames = self._encode_compressed(data, self._compress)
        elif len(data) < 126:
            self.frames = self._short_heads[len(data)] + data
        else:
            self.frames = _frame(self._head, data)
        self.message = data
        return self.frames

    def _encode_several(self, messages: list[bytes]) -> bytes:
        if messages != self._messages:
            if self._compress is None:
                self._joined = _frame(self._head, b"".join(messages))
            else:
                self._joined = b"".join([self._encode_compressed(message, self._compress) for message in messages])
            self._messages = messages
        return self._joined

    def _encode_compressed(self, data: bytes, compress: Callable[[bytes], bytes | None]) -> bytes:
        """Return the frame of a message, compressed if that is worth it, which is done once for the last few."""
        known = self._compressed.get(data)
        if known is not None:
            return known
        compressed = compress(data)
        if compressed is None:
            return _frame(self._head, data)
        frames = _frame(self._head | _COMPRESSED, compressed)
        if len(data) <= _LARGEST_KEPT:
            if len(self._compressed) == _MOST_KEPT:
                del self._compressed[next(iter(self._compressed))]
            self._compressed[data] = frames
        return frames


def _frame(head: int, data: bytes) -> bytes:
    length = len(data)
    if length < 126:
        return _SHORT[head][length] + data
    if length < 65536:
        return _LENGTH_16(head, 126, length) + data
    return _LENGTH_64(head, 127, length) + data
