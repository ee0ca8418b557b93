"""Whole WebSocket messages out of the frames that a client sends."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MessageAssembler", "WebSocketError"]

_CONTINUATION: Final = 0
_TEXT: Final = 1
_BINARY: Final = 2

_PROTOCOL_ERROR: Final = 1002
_INVALID_DATA: Final = 1007
_TOO_BIG: Final = 1009

_utf8_decoder: Final = codecs.getincrementaldecoder("utf-8")


class WebSocketError(Exception):
    """The client broke the WebSocket protocol or a limit, which ends its connection.

    Attributes:
        code: Close code to send.
        reason: What was wrong, in words that fit into a close frame.
    """

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code} {reason}")
        self.code = code
        self.reason = reason


class MessageAssembler:
    """Joins the data frames of one connection to messages, and checks them.

    Attributes:
        in_progress: Whether a message has begun and its last frame has not come. While it is False, a final frame
            without reserved bits is a whole message, which needs no assembler.
        binary: Whether the message that began last is binary: the one in progress, or the one returned last.
    """

    __slots__ = ("_buffer", "_compressed", "_inflate", "_maximum_size", "_utf8", "binary", "in_progress")

    def __init__(self, *, maximum_size: int, inflate: Callable[[bytes], bytes] | None = None) -> None:
        """Begin with no message.

        Args:
            maximum_size: Most bytes of a message as it was sent. `inflate` limits the message as it is meant.
            inflate: Inflates a compressed message and raises `WebSocketError` when it cannot; None when compression
                was not negotiated.
        """
        self.in_progress: bool = False
        self.binary: bool = False
        self._maximum_size = maximum_size
        self._inflate = inflate
        self._buffer = bytearray()
        self._compressed = False
        self._utf8: codecs.IncrementalDecoder | None = None

    def take(self, *, opcode: int, fin: bool, rsv1: bool, rsv2: bool, rsv3: bool, data: bytes) -> bytes | None:
        """Return the message that this frame completes, or None while more frames have to come.

        Args:
            opcode: Kind of the frame: text, binary or continuation. Control frames are not for the assembler.
            fin: Whether the frame is the last one of its message.
            rsv1: First reserved bit: set on the first frame of a compressed message.
            rsv2: Second reserved bit.
            rsv3: Third reserved bit.
            data: Payload, unmasked.

        Raises:
            WebSocketError: The frame breaks the protocol (1002), the message is not UTF-8 (1007) or too big (1009).
        """
        if rsv2 or rsv3 or (rsv1 and (self._inflate is None or opcode == _CONTINUATION)):
            raise WebSocketError(_PROTOCOL_ERROR, "A reserved bit is set that was not negotiated.")
        if opcode == _CONTINUATION:
            if not self.in_progress:
                raise WebSocketError(_PROTOCOL_ERROR, "A continuation frame came without a message to continue.")
        elif opcode not in (_TEXT, _BINARY):
            raise WebSocketError(_PROTOCOL_ERROR, "The opcode of a frame is reserved.")
        elif self.in_progress:
            raise WebSocketError(_PROTOCOL_ERROR, "A message began before the last frame of the one before it.")
        if len(self._buffer) + len(data) > self._maximum_size:
            raise WebSocketError(_TOO_BIG, f"A message is larger than {self._maximum_size} bytes.")
        if opcode == _CONTINUATION:
            return self._continue(data, fin=fin)
        return self._begin(data, fin=fin, binary=opcode == _BINARY, compressed=rsv1)

    def _begin(self, data: bytes, *, fin: bool, binary: bool, compressed: bool) -> bytes | None:
        self.binary = binary
        if fin:
            if compressed:
                data = self._inflated(data)
            if not binary:
                _check_text(data)
            return data
        self.in_progress = True
        self._compressed = compressed
        self._utf8 = None if binary or compressed else _utf8_decoder()
        self._add(data, fin=False)
        return None

    def _continue(self, data: bytes, *, fin: bool) -> bytes | None:
        self._add(data, fin=fin)
        if not fin:
            return None
        message = bytes(self._buffer)
        self._buffer = bytearray()
        self.in_progress = False
        self._utf8 = None
        if self._compressed:
            message = self._inflated(message)
            if not self.binary:
                _check_text(message)
        return message

    def _add(self, data: bytes, *, fin: bool) -> None:
        if self._utf8 is not None:
            try:
                self._utf8.decode(data, fin)
            except UnicodeDecodeError:
                raise _not_utf8() from None
        self._buffer += data

    def _inflated(self, data: bytes) -> bytes:
        assert self._inflate is not None
        return self._inflate(data)


def _check_text(data: bytes) -> None:
    if not data.isascii():
        try:
            data.decode()
        except UnicodeDecodeError:
            raise _not_utf8() from None


def _not_utf8() -> WebSocketError:
    return WebSocketError(_INVALID_DATA, "A text message is not valid UTF-8.")
