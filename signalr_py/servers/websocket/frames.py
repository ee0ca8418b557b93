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

    All connections that want the same bytes share one encoder.

    Attributes:
        message: The last message; those who have it may take `frames` without a call.
        frames: Its frame.
    """

    __slots__ = ("_compress", "_compressed_head", "_head", "frames", "message")

    def __init__(self, *, binary: bool, compress: Callable[[bytes], bytes | None] | None = None) -> None:
        """Prepare the encoder of one kind of connection.

        Args:
            binary: Whether messages are binary, not text.
            compress: Compresses a payload, or returns None for one that is better sent as it is. None when compression
                was not negotiated.
        """
        self._head = _BINARY if binary else _TEXT
        self._compressed_head = self._head | _COMPRESSED
        self._compress = compress
        self.message: bytes | None = None
        self.frames: bytes = b""

    def encode(self, data: bytes) -> bytes:
        """Return the frame of a message; the same object as before for the message object of the call before."""
        if data is not self.message:
            compressed = None if self._compress is None else self._compress(data)
            self.frames = _frame(self._head, data) if compressed is None else _frame(self._compressed_head, compressed)
            self.message = data
        return self.frames


def _frame(head: int, data: bytes) -> bytes:
    length = len(data)
    if length < 126:
        return _SHORT[head][length] + data
    if length < 65536:
        return _LENGTH_16(head, 126, length) + data
    return _LENGTH_64(head, 127, length) + data
