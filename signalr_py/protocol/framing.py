"""Cutting a stream of bytes into messages: by a separator in text, by a length in front in binary."""

from __future__ import annotations

from typing import Final

from signalr_py.exceptions import RemoteProtocolError

__all__ = ["RECORD_SEPARATOR", "LengthPrefixedFrameReader", "TextFrameReader", "length_prefixed", "separated"]

RECORD_SEPARATOR: Final = b"\x1e"
"""Ends every JSON message; it cannot occur inside one, since JSON escapes control characters."""

_LONGEST_PREFIX: Final = 5
_SHORT_PREFIXES: Final = tuple(bytes((length,)) for length in range(0x80))


class _Buffer:
    """The bytes of one connection that were received and not yet handed on.

    A chunk is kept as it came while it is the only one, joined with others only when a message spans several of them,
    and released when its last message was taken.
    """

    __slots__ = ("_data", "_maximum", "_start")

    def __init__(self, maximum_size: int | None) -> None:
        self._data: bytes | bytearray = b""
        self._start = 0
        self._maximum = maximum_size

    @property
    def buffered(self) -> int:
        """How many bytes wait for the rest of their message."""
        return len(self._data) - self._start

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the connection."""
        if self._start == len(self._data):
            self._data = data
        elif isinstance(self._data, bytearray):
            del self._data[: self._start]
            self._data += data
        else:
            joined = bytearray(self._data[self._start :])
            joined += data
            self._data = joined
        self._start = 0

    def _take(self, start: int, end: int, following: int) -> bytes:
        frame = bytes(self._data[start:end])
        if following == len(self._data):
            self._data = b""
            following = 0
        self._start = following
        return frame

    def _too_large(self) -> RemoteProtocolError:
        return RemoteProtocolError(
            f"The maximum message size of {self._maximum}B was exceeded. "
            "The message size can be configured with HubOptions(maximum_receive_message_size=...)."
        )


class TextFrameReader(_Buffer):
    """Messages that end with the record separator; the separator counts towards the size."""

    __slots__ = ("_searched",)

    def __init__(self, maximum_size: int | None = None) -> None:
        super().__init__(maximum_size)
        self._searched = 0

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the connection."""
        self._searched -= self._start
        super().feed(data)

    def next_frame(self) -> bytes | None:
        """Return the next whole message without its separator, or None when more bytes are needed.

        Raises:
            RemoteProtocolError: The message is larger than allowed.
        """
        start = self._start
        end = self._data.find(RECORD_SEPARATOR, self._searched)
        if end < 0:
            self._searched = len(self._data)
            if self._maximum is not None and self._searched - start > self._maximum:
                raise self._too_large()
            return None
        if self._maximum is not None and end + 1 - start > self._maximum:
            raise self._too_large()
        frame = self._take(start, end, end + 1)
        self._searched = self._start
        return frame


class LengthPrefixedFrameReader(_Buffer):
    """Messages with their length in front, as a VarInt of up to five bytes; the length counts towards the size."""

    __slots__ = ()

    def __init__(self, maximum_size: int | None = None) -> None:
        super().__init__(maximum_size)

    def next_frame(self) -> bytes | None:
        """Return the next whole message without its length, or None when more bytes are needed.

        Raises:
            RemoteProtocolError: The message is larger than allowed, which its length tells before it is there, or the
                length is no VarInt of 31 bits.
        """
        data = self._data
        position = self._start
        available = len(data)
        length = shift = 0
        while position < available:
            byte = data[position]
            position += 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if shift == 7 * _LONGEST_PREFIX and byte > 7:
                raise RemoteProtocolError("Messages over 2GB in size are not supported.")
            if byte < 0x80:
                end = position + length
                if self._maximum is not None and end - self._start > self._maximum:
                    raise self._too_large()
                return self._take(position, end, end) if end <= available else None
        return None


def separated(body: bytes) -> bytes:
    """Return a message with the record separator behind it."""
    return body + RECORD_SEPARATOR


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
