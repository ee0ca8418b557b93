"""How deep values may be nested."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from msgspec import Raw

__all__ = ["MAXIMUM_DEPTH", "is_too_deep_messagepack"]

MAXIMUM_DEPTH: Final = 63
"""How deep arguments, a result or an item of a stream may be nested; in a message they are one level deeper.

JSON text is held to this as a whole; the same for MessagePack lets values that came in one format go out in the other.
"""

_CONTAINER_CODES: Final = bytes([*range(0x80, 0xA0), *range(0xDC, 0xE0)])
_CONTAINERS: Final = frozenset({dict, list})
_DECODER: Final[msgspec.msgpack.Decoder[Any]] = msgspec.msgpack.Decoder()


def is_too_deep_messagepack(raw: Raw) -> bool:
    """Return whether arrays and maps in well-formed MessagePack are nested deeper than `MAXIMUM_DEPTH`."""
    data = bytes(raw)
    if len(data) - len(data.translate(None, _CONTAINER_CODES)) <= MAXIMUM_DEPTH:
        return False
    containers = _containers_in([_DECODER.decode(data)])
    for _ in range(MAXIMUM_DEPTH):
        lists = [one for one in containers if type(one) is list]
        dictionaries = [one for one in containers if type(one) is dict]
        containers = _containers_in(
            chain(chain.from_iterable(lists), chain.from_iterable(map(dict.values, dictionaries)))
        )
    return bool(containers)


def _containers_in(values: Iterable[Any]) -> list[dict[Any, Any] | list[Any]]:
    return [value for value in values if type(value) in _CONTAINERS]
