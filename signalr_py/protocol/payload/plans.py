"""The steps that plans for reading are made of; each turns one plain value.

A value of an unexpected shape is left as it is, for the decoder to refuse.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any, TypeAlias

from msgspec import Struct

if TYPE_CHECKING:
    import enum
    from collections.abc import Sequence

__all__ = [
    "Alternative",
    "Alternatives",
    "Entries",
    "Later",
    "Members",
    "Names",
    "NamesOfFlags",
    "Plan",
    "Positions",
    "from_base64",
]

Plan: TypeAlias = Callable[[Any], Any]


def _same(value: Any) -> Any:
    return value


def from_base64(value: Any) -> Any:
    """Return the bytes that base64 text stands for."""
    return b64decode(value, validate=True) if isinstance(value, str) else value


class Names:
    """Turns the name of a member of an enumeration into its value."""

    __slots__ = ("_cls",)

    def __init__(self, cls: type[enum.Enum]) -> None:
        self._cls = cls

    def __call__(self, value: Any) -> Any:
        """Return the turned value."""
        if not isinstance(value, str):
            return value
        member = self._cls.__members__.get(value)
        if member is None:
            raise ValueError(f"Invalid name of a member of '{self._cls.__qualname__}'")
        return member.value


class NamesOfFlags:
    """Turns the names of set flags, with commas between them, into their value; flags without names are digits."""

    __slots__ = ("_cls",)

    def __init__(self, cls: type[enum.Flag]) -> None:
        self._cls = cls

    def __call__(self, value: Any) -> Any:
        """Return the turned value."""
        if not isinstance(value, str):
            return value
        return reduce(or_, [self._bits(name.strip()) for name in value.split(",")])

    def _bits(self, name: str) -> Any:
        member = self._cls.__members__.get(name)
        if member is not None:
            return member.value
        if name.isdecimal():
            return int(name)
        raise ValueError(f"Invalid name of a member of '{self._cls.__qualname__}'")


class Positions:
    """Turns the items of an array, the first ones each by its place and the others alike."""

    __slots__ = ("first", "others")

    def __init__(self, others: Plan | None = None) -> None:
        self.first: list[Plan] = []
        self.others: Plan = others or _same

    def add(self, plan: Plan | None) -> None:
        """Say how the item in the next place is turned."""
        self.first.append(plan or _same)

    def __call__(self, value: Any) -> Any:
        """Return the turned value."""
        if not isinstance(value, list):
            return value
        turned = [plan(item) for plan, item in zip(self.first, value, strict=False)]
        turned.extend(map(self.others, value[len(turned) :]))
        return turned


class Entries:
    """Turns the keys and the values of a dictionary."""

    __slots__ = ("_key", "_value")

    def __init__(self, key: Plan | None, value: Plan | None) -> None:
        self._key = key or _same
        self._value = value or _same

    def __call__(self, value: Any) -> Any:
        """Return the turned value."""
        if not isinstance(value, dict):
            return value
        return {self._key(name): self._value(item) for name, item in value.items()}


class Members:
    """Renames the members of an object and turns their values; members it does not know pass."""

    __slots__ = ("known",)

    def __init__(self) -> None:
        self.known: dict[str, tuple[str, Plan]] = {}

    def add(self, wire_name: str, declared_name: str, plan: Plan | None) -> None:
        """Make a member known."""
        self.known[wire_name] = (declared_name, plan or _same)

    def __call__(self, value: Any) -> Any:
        """Return the turned value."""
        if not isinstance(value, dict):
            return value
        turned = {name: item for name, item in value.items() if name not in self.known}
        for name, (declared, plan) in self.known.items():
            if name in value:
                turned[declared] = plan(value[name])
        return turned


class Later:
    """Turns a value by a plan that is still being made."""

    __slots__ = ("plan",)

    def __init__(self) -> None:
        self.plan: Plan = _same

    def __call__(self, value: Any) -> Any:
        """Return the turned value."""
        return self.plan(value)


class Alternative(Struct, frozen=True):
    """One of several types that a value may have; with a tag when it is a tagged Struct."""

    plan: Plan
    tag_field: str | None = None
    tag: str | int | None = None


class Alternatives:
    """Turns a value that may have one of several types: by its shape, then by its tag, then by its names."""

    __slots__ = ("_arrays", "_objects", "_text")

    def __init__(self, objects: Sequence[Alternative], arrays: Sequence[Alternative], text: Plan | None) -> None:
        self._objects = objects
        self._arrays = arrays
        self._text = text or _same

    def __call__(self, value: Any) -> Any:
        """Return the turned value."""
        if isinstance(value, dict):
            return self._object(value)
        if isinstance(value, list):
            return self._array(value)
        return self._text(value)

    def _object(self, value: dict[Any, Any]) -> Any:
        tagged = [one for one in self._objects if one.tag_field in value and value[one.tag_field] == one.tag]
        candidates = tagged or self._objects
        return max(candidates, key=lambda one: _familiar(one.plan, value)).plan(value) if candidates else value

    def _array(self, value: list[Any]) -> Any:
        tagged = [one for one in self._arrays if value[:1] == [one.tag]]
        candidates = tagged or self._arrays
        return candidates[0].plan(value) if candidates else value


def _familiar(plan: Plan, value: dict[Any, Any]) -> int:
    return sum(name in value for name in plan.known) if isinstance(plan, Members) else 0
