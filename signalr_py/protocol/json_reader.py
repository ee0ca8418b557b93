"""Reading one JSON object member by member, in the order of the text: exact, and slower than a typed decoder.

The reference reads its messages so. Where a message is at fault, the first fault in the text is the one it reports, and
whatever follows the object is never looked at.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final, NoReturn

from msgspec import Struct

from signalr_py.exceptions import RemoteProtocolError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MALFORMED", "MAXIMUM_DEPTH", "Member", "is_too_deep", "read_members"]

MALFORMED: Final = "Error reading JSON."

MAXIMUM_DEPTH: Final = 64
"""How deep objects and arrays of one message may be nested; the message itself counts."""

_BLANK: Final = re.compile(r"[ \t\n\r]*")
_ALL_BRACKETS_ALIKE: Final = bytes.maketrans(b"{}", b"[]")
_NOT_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))
_OPENING: Final = ord("[")
_LEVELS_PEELED: Final = 8
_LONGEST_INTEGER: Final = 20


class Member(Struct, frozen=True, gc=False):
    """One member of an object.

    Attributes:
        name: Its name; bytes beyond ASCII are not decoded.
        value: Its value, good for telling what it is; text beyond ASCII is not decoded.
        raw: The bytes of the value.
    """

    name: str
    value: Any
    raw: bytes


def is_too_deep(text: bytes) -> bool:
    """Return whether brackets in JSON text are nested deeper than `MAXIMUM_DEPTH`."""
    if text.count(b"[") + text.count(b"{") <= MAXIMUM_DEPTH:
        return False
    if b"\\" in text:
        text = text.replace(b"\\\\", b"").replace(b'\\"', b"")
    outside_of_strings = b"".join(text.split(b'"')[::2])
    brackets = outside_of_strings.translate(_ALL_BRACKETS_ALIKE, _NOT_BRACKETS)
    depth = 0
    while depth < _LEVELS_PEELED and b"[]" in brackets:
        brackets = brackets.replace(b"[]", b"")
        depth += 1
    for bracket in brackets:
        depth += 1 if bracket == _OPENING else -1
        if depth > MAXIMUM_DEPTH:
            return True
    return False


def read_members(text: bytes) -> Iterator[Member]:
    """Read the members of the object that JSON text begins with; what follows it is ignored.

    Raises:
        RemoteProtocolError: The text does not begin with an object, is not JSON, or is nested too deeply.
    """
    if is_too_deep(text):
        raise RemoteProtocolError(MALFORMED)
    # One character per byte, so that places in the characters are places in the bytes.
    characters = text.decode("latin-1")
    position = _skip_blanks(characters, 0)
    if not characters.startswith("{", position):
        raise RemoteProtocolError(
            f"Unexpected JSON Token Type '{_token(characters, position)}'. Expected a JSON Object."
        )
    position = _skip_blanks(characters, position + 1)
    if characters.startswith("}", position):
        return
    while True:
        if not characters.startswith('"', position):
            raise RemoteProtocolError(MALFORMED)
        name, position = _value(characters, position)
        position = _skip_blanks(characters, position)
        if not characters.startswith(":", position):
            raise RemoteProtocolError(MALFORMED)
        start = _skip_blanks(characters, position + 1)
        value, position = _value(characters, start)
        yield Member(name, value, text[start:position])
        position = _skip_blanks(characters, position)
        if characters.startswith("}", position):
            return
        if not characters.startswith(",", position):
            raise RemoteProtocolError(MALFORMED)
        position = _skip_blanks(characters, position + 1)


def _skip_blanks(characters: str, position: int) -> int:
    match = _BLANK.match(characters, position)
    return position if match is None else match.end()


def _token(characters: str, position: int) -> str:
    if characters.startswith("[", position):
        return "Array"
    value, _ = _value(characters, position)
    if value is None or isinstance(value, bool):
        return "Null" if value is None else str(value)
    return "String" if isinstance(value, str) else "Number"


def _value(characters: str, position: int) -> tuple[Any, int]:
    try:
        return _DECODER.raw_decode(characters, position)
    except (ValueError, RecursionError) as exc:
        raise RemoteProtocolError(MALFORMED) from exc


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else float("inf")


_DECODER: Final = json.JSONDecoder(parse_constant=_refuse, parse_int=_integer)
