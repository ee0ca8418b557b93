"""MessagePack as the `msgpack` library has it, to hold the package against."""

from __future__ import annotations

from typing import Any

import msgpack

__all__ = ["extension", "packed", "unpacked"]


def packed(value: Any) -> bytes:
    data: bytes = msgpack.packb(value)
    return data


def unpacked(data: bytes) -> Any:
    """Return the value, timestamps as moments in UTC."""
    return msgpack.unpackb(data, timestamp=3, strict_map_key=False)


def extension(code: int, data: bytes) -> Any:
    return msgpack.ExtType(code, data)
