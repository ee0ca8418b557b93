"""Finding the part of a value that cannot be written, once it is known that there is one."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from signalr_py.protocol.payload.pydantic import is_model_type

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Fault", "find_fault"]

_MOST_LEVELS: Final = 32
_SPEAKING_KEY: Final = re.compile(r"[A-Za-z_]{1,32}")


class Fault(Struct, frozen=True):
    """A part of a value that cannot be written.

    Attributes:
        path: Where it is in the value, such as `.items[3].owner`; empty for the value itself.
        culprit: The part.
        error: What was raised when it was written.
    """

    path: str
    culprit: Any
    error: Exception


class _Part(Struct, frozen=True):
    step: str
    value: Any


def find_fault(value: Any, write: Callable[[Any], object]) -> Fault | None:
    """Return the innermost part of a value that cannot be written, or None when all of it can.

    Keys of dictionaries are in the path only where they read like names, since others may be secrets.

    Args:
        value: What was to be written.
        write: Callable[[Any], object]s a value; what it returns is of no interest.
    """
    error = _error_of(value, write)
    if error is None:
        return None
    outermost = fault = Fault("", value, error)
    above = {id(value)}
    for _ in range(_MOST_LEVELS):
        inner = _fault_inside(fault, write)
        if inner is None or id(inner.culprit) in above:
            return inner or fault
        above.add(id(inner.culprit))
        fault = inner
    return outermost


def _fault_inside(fault: Fault, write: Callable[[Any], object]) -> Fault | None:
    try:
        parts, keys = _parts_of(fault.culprit)
    except Exception:  # noqa: BLE001 - a value may raise anything while it is looked at
        return None
    key = _first_at_fault(keys, lambda some: write(dict.fromkeys([part.value for part in some])))
    found = key or _first_at_fault(parts, lambda some: write([part.value for part in some]))
    return None if found is None else Fault(fault.path + found[0].step, found[0].value, found[1])


def _first_at_fault(parts: Sequence[_Part], write: Callable[[Any], object]) -> tuple[_Part, Exception] | None:
    error = _error_of(parts, write)
    if error is None:
        return None
    while len(parts) > 1:
        front, back = parts[: len(parts) // 2], parts[len(parts) // 2 :]
        front_error = _error_of(front, write)
        parts, error = (back, error) if front_error is None else (front, front_error)
    return parts[0], error


def _error_of(value: Any, write: Callable[[Any], object]) -> Exception | None:
    try:
        write(value)
    except Exception as exc:  # noqa: BLE001 - a value may raise anything while it is written
        return exc
    return None


def _parts_of(value: Any) -> tuple[list[_Part], list[_Part]]:
    """Return what a value is made of: members, values or items, and keys."""
    cls = type(value)
    names = _member_names(cls)
    if names is not None:
        return [_Part(f".{name}", getattr(value, name)) for name in names if hasattr(value, name)], []
    if issubclass(cls, Mapping):
        keys = list(value)
        values = [_Part(_step_to(key, place), value[key]) for place, key in enumerate(keys)]
        return values, [_Part("[a key]", key) for key in keys]
    if issubclass(cls, AbstractSet):
        return [_Part("[an item]", item) for item in value], []
    if issubclass(cls, Collection) and not issubclass(cls, (str, bytes, bytearray, memoryview)):
        return [_Part(f"[{place}]", item) for place, item in enumerate(value)], []
    return [], []


def _step_to(key: object, place: int) -> str:
    return f"[{key!r}]" if isinstance(key, str) and _SPEAKING_KEY.fullmatch(key) else f"[entry {place}]"


def _member_names(cls: Any) -> Any:
    """Return the names of the members of a record, or None for any other class."""
    if issubclass(cls, Struct):
        return cls.__struct_fields__
    if is_dataclass(cls):
        return [member.name for member in fields(cls)]
    if hasattr(cls, "__attrs_attrs__"):
        return [member.name for member in cls.__attrs_attrs__]
    if is_model_type(cls):
        return list(cls.model_fields)
    return getattr(cls, "_fields", None) if issubclass(cls, tuple) else None
