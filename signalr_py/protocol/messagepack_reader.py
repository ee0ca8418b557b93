"""Reading MessagePack item by item: exact about what is at fault, and slower than a typed decoder.

The reference reads its messages so: field by field, naming the field that is not what it should be, and blind to
whatever follows the last one.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
from msgspec import MsgspecError, Raw

from signalr_py.exceptions import RemoteProtocolError

__all__ = ["MessagePackReader", "array_length"]

_INT32: Final = range(-(2**31), 2**31)
_INT64: Final = range(-(2**63), 2**63)


class _Layout(msgspec.Struct, frozen=True, gc=False):
    """How an item goes on behind its first byte.

    Attributes:
        length_size: Bytes of the big-endian length that follows.
        length: The length itself when it is known from the first byte.
        extra: Bytes that follow besides those which the length counts.
        items_each: How many items the length counts one for; 0 when it counts bytes.
    """

    length_size: int = 0
    length: int = 0
    extra: int = 0
    items_each: int = 0


def _layouts() -> tuple[_Layout | None, ...]:
    layouts: list[_Layout | None] = [_Layout()] * 256
    for low in range(16):
        layouts[0x80 + low] = _Layout(length=low, items_each=2)
        layouts[0x90 + low] = _Layout(length=low, items_each=1)
    for low in range(32):
        layouts[0xA0 + low] = _Layout(length=low)
    layouts[0xC1] = None
    for power, size in enumerate((1, 2, 4)):
        layouts[0xC4 + power] = _Layout(length_size=size)
        layouts[0xC7 + power] = _Layout(length_size=size, extra=1)
        layouts[0xD9 + power] = _Layout(length_size=size)
    for code, size in ((0xCA, 4), (0xCB, 8), *((base + i, 2**i) for base in (0xCC, 0xD0) for i in range(4))):
        layouts[code] = _Layout(length=size)
    for power in range(5):
        layouts[0xD4 + power] = _Layout(length=2**power, extra=1)
    for power, size in enumerate((2, 4)):
        layouts[0xDC + power] = _Layout(length_size=size, items_each=1)
        layouts[0xDE + power] = _Layout(length_size=size, items_each=2)
    return tuple(layouts)


_LAYOUTS: Final = _layouts()


class MessagePackReader:
    """A place in MessagePack data, which moves on with every item read."""

    __slots__ = ("_data", "_position")

    def __init__(self, data: bytes) -> None:
        """Start at the beginning of some data."""
        self._data = data
        self._position = 0

    def message_length(self) -> int:
        """Read the head of the array that is the message, and return how many items it has."""
        return self._length(1, "A message is no MessagePack array, or is cut off.")

    def array_length(self, field: str) -> int:
        """Read the head of an array, and return how many items it has."""
        return self._length(1, f"Reading array length for '{field}' failed.")

    def map_length(self, field: str) -> int:
        """Read the head of a map, and return how many entries it has."""
        return self._length(2, f"Reading map length for '{field}' failed.")

    def string(self, field: str) -> str | None:
        """Read text or nil."""
        value: str | None = self._scalar(str | None, f"Reading '{field}' as String failed.")
        return value

    def int32(self, field: str) -> int:
        """Read an integer of 32 bits."""
        return self._integer(field, "Int32", _INT32)

    def int64(self, field: str) -> int:
        """Read an integer of 64 bits."""
        return self._integer(field, "Int64", _INT64)

    def boolean(self, field: str) -> bool:
        """Read true or false."""
        value: bool = self._scalar(bool, f"Reading '{field}' as Boolean failed.")
        return value

    def item(self) -> Raw:
        """Read one item and return its bytes; if it is malformed, return all that is left and stay in place."""
        try:
            end = _end(self._data, self._position)
        except _MalformedError:
            return Raw(self._data[self._position :])
        raw = Raw(self._data[self._position : end])
        self._position = end
        return raw

    def _length(self, items_each: int, fault: str) -> int:
        try:
            layout, length, position = _head(self._data, self._position)
            _check_count(self._data, layout.items_each * length, position)
        except _MalformedError as exc:
            raise RemoteProtocolError(fault) from exc
        if layout.items_each != items_each:
            raise RemoteProtocolError(fault)
        self._position = position
        return length

    def _scalar(self, kind: Any, fault: str) -> Any:
        try:
            return msgspec.msgpack.decode(self.item(), type=kind)
        except (MsgspecError, ValueError) as exc:
            raise RemoteProtocolError(fault) from exc

    def _integer(self, field: str, kind: str, bounds: range) -> int:
        fault = f"Reading '{field}' as {kind} failed."
        value: int = self._scalar(int, fault)
        if value not in bounds:
            raise RemoteProtocolError(fault)
        return value


def array_length(data: bytes | Raw) -> int | None:
    """Return how many items the array has that data begins with, or None when it begins with none."""
    try:
        return MessagePackReader(bytes(data)).message_length()
    except RemoteProtocolError:
        return None


class _MalformedError(Exception):
    """The data ends too early, or is no MessagePack."""


def _end(data: bytes, position: int) -> int:
    to_come = [1]
    while to_come:
        if not to_come[-1]:
            to_come.pop()
            continue
        to_come[-1] -= 1
        layout, length, position = _head(data, position)
        if layout.items_each:
            to_come.append(layout.items_each * length)
            _check_count(data, to_come[-1], position)
        else:
            position += layout.extra + length
            if position > len(data):
                raise _MalformedError
    return position


def _head(data: bytes, position: int) -> tuple[_Layout, int, int]:
    layout = _LAYOUTS[data[position]] if position < len(data) else None
    if layout is None:
        raise _MalformedError
    start = position + 1
    end = start + layout.length_size
    if end > len(data):
        raise _MalformedError
    return layout, layout.length or int.from_bytes(data[start:end], "big"), end


def _check_count(data: bytes, count: int, position: int) -> None:
    if count > len(data) - position:
        raise _MalformedError
