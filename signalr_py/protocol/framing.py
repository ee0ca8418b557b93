"""Cutting a stream of bytes into messages: by a separator in text, by a length in front in binary."""

from __future__ import annotations

import sys
from typing import Final

from signalr_py.exceptions import RemoteProtocolError

__all__ = ["RECORD_SEPARATOR", "LengthPrefixedFrameReader", "TextFrameReader", "length_prefixed"]

RECORD_SEPARATOR: Final = b"\x1e"
"""Ends every JSON message; it cannot occur inside one, since JSON escapes control characters."""

_LONGEST_PREFIX: Final = 5
_SHORT_PREFIXES: Final = tuple(bytes((length,)) for length in range(0x80))


def _too_large(maximum: int) -> RemoteProtocolError:
    return RemoteProtocolError(
        f"The maximum message size of {maximum}B was exceeded. "
        "The message size can be configured with HubOptions(maximum_receive_message_size=...)."
    )


class TextFrameReader:
    """Messages that end with the record separator; the separator counts towards the size.

    Whole messages are cut out of a chunk at once, and wait in reverse order; what is left of it waits for its rest.

    Attributes:
        is_exhausted: Whether it is clear by now that `next_frame` would return None.
    """

    __slots__ = ("_frames", "_maximum", "_rest", "is_exhausted")

    def __init__(self, maximum_size: int | None = None) -> None:
        self._maximum = sys.maxsize if maximum_size is None else maximum_size
        self.is_exhausted: bool = True
        self._frames: list[bytes] | None = None
        self._rest: bytes | bytearray = b""

    @property
    def buffered(self) -> int:
        """How many bytes wait for the rest of their message, or to be handed on."""
        return sum([len(frame) + 1 for frame in self._frames or ()]) + len(self._rest)

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the connection."""
        self.is_exhausted = False
        frames = data.split(RECORD_SEPARATOR)
        rest = frames.pop()
        if self._rest:
            self._rest += frames[0] if frames else rest
            if not frames:
                return
            frames[0] = bytes(self._rest)
            self._rest = b""
        if rest:
            self._rest = bytearray(rest)
        frames.reverse()
        self._frames = frames + self._frames if self._frames else frames

    def next_frame(self, data: bytes = b"") -> bytes | None:
        """Return the next whole message without its separator, or None when more bytes are needed.

        Args:
            data: The next bytes of the connection, if any have come.

        Raises:
            RemoteProtocolError: The message is larger than allowed.
        """
        if data:
            if self.is_exhausted and not self._rest:
                length = data.find(RECORD_SEPARATOR)
                if length == len(data) - 1 and length < self._maximum:
                    return data[:length]
            self.feed(data)
        frames = self._frames
        if frames:
            frame = frames.pop()
            if len(frame) >= self._maximum:
                frames.append(frame)
                raise _too_large(self._maximum)
            if not frames and not self._rest:
                self._frames = None
                self.is_exhausted = True
            return frame
        if len(self._rest) > self._maximum:
            raise _too_large(self._maximum)
        self._frames = None
        self.is_exhausted = True
        return None


class LengthPrefixedFrameReader:
    """Messages with their length in front, as a VarInt of up to five bytes; the length counts towards the size.

    A chunk is kept as it came while it is the only one, joined with others only when a message spans several of them,
    and released when its last message was taken.

    Attributes:
        is_exhausted: Whether it is clear by now that `next_frame` would return None.
    """

    __slots__ = ("_data", "_maximum", "_start", "is_exhausted")

    def __init__(self, maximum_size: int | None = None) -> None:
        self._maximum = sys.maxsize if maximum_size is None else maximum_size
        self.is_exhausted: bool = True
        self._data: bytes | bytearray = b""
        self._start = 0

    @property
    def buffered(self) -> int:
        """How many bytes wait for the rest of their message, or to be handed on."""
        return len(self._data) - self._start

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the connection."""
        self.is_exhausted = False
        if not self._data:
            self._data = data
        elif isinstance(self._data, bytearray):
            del self._data[: self._start]
            self._data += data
            self._start = 0
        else:
            self._data = bytearray(self._data[self._start :])
            self._data += data
            self._start = 0

    def next_frame(self, data: bytes = b"") -> bytes | None:
        """Return the next whole message without its length, or None when more bytes are needed.

        Args:
            data: The next bytes of the connection, if any have come.

        Raises:
            RemoteProtocolError: The message is larger than allowed, which its length tells before it is there, or the
                length is no VarInt of 31 bits.
        """
        if data:
            if not self._data and data[0] == len(data) - 1 < 0x80 and len(data) <= self._maximum:
                return data[1:]
            self.feed(data)
        waiting = self._data
        if not waiting:
            self.is_exhausted = True
            return None
        start = self._start
        length = waiting[start]
        position = start + 1
        if length >= 0x80:
            length, position = _long_length(waiting, start)
        end = position + length
        if end - start > self._maximum:
            raise _too_large(self._maximum)
        if end > len(waiting):
            self.is_exhausted = True
            return None
        if end == len(waiting):
            self.is_exhausted = True
            self._data = b""
            self._start = 0
        else:
            self._start = end
        frame = waiting[position:end]
        return frame if type(frame) is bytes else bytes(frame)


def _long_length(data: bytes | bytearray, position: int) -> tuple[int, int]:
    """Return the length that is written at a position, and where it ends; the whole data while it is incomplete."""
    length = shift = 0
    for place in range(position, len(data)):
        byte = data[place]
        length |= (byte & 0x7F) << shift
        shift += 7
        if shift == 7 * _LONGEST_PREFIX and byte > 7:
            raise RemoteProtocolError("Messages over 2GB in size are not supported.")
        if byte < 0x80:
            return length, place + 1
    return 1, len(data)


def length_prefixed(body: bytes) -> bytes:
    """Return a message with its length in front."""
    length = len(body)
    if length < 0x80:
        return _SHORT_PREFIXES[length] + body
    prefix = bytearray()
    while length >= 0x80:
        prefix.append(length & 0x7F | 0x80)
        length >>= 7
    prefix.append(length)
    return bytes(prefix) + body
