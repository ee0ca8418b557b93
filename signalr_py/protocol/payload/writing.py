"""Turning values into those that msgspec writes: Pydantic models, subclasses of plain types, names, enumerations."""

from __future__ import annotations

import enum
from collections import UserString
from collections.abc import Mapping, Sequence, ValuesView
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from msgspec import NODEFAULT, UNSET, Struct, defstruct, field

from signalr_py.protocol.payload.naming import check_unique, struct_names
from signalr_py.protocol.payload.pydantic import dump, is_model, is_model_type, is_root_model_type, names_to_write

if TYPE_CHECKING:
    from collections.abc import Callable

    Turn: TypeAlias = Callable[[Any], Any]
    MemberNames: TypeAlias = Mapping[str, tuple[str, str]]

__all__ = ["Turning", "write_unknown"]

_ALWAYS_WRITTEN: Final = object()
_FACTORY: Final[Any] = type(defstruct("_", [("member", list, field(default_factory=list))]).__struct_defaults__[0])
_COLLECTIONS: Final = (Sequence, AbstractSet, ValuesView)
_NO_COLLECTIONS: Final = (str, bytes, bytearray, memoryview, UserString)
_PLAIN_FORMS: Final[tuple[tuple[type, Turn], ...]] = (
    (str, str.__str__),
    (int, int.__int__),
    (float, float.__float__),
    (UserString, str),
    (Mapping, dict),
    *((kind, list) for kind in _COLLECTIONS),
)


def write_unknown(value: Any) -> Any:
    """Return what is written in place of a value whose type msgspec does not know.

    Raises:
        TypeError: The value cannot be written; the text names its type.
    """
    cls = type(value)
    if is_model_type(cls):
        return dump(value)
    for kind, plain_form in _PLAIN_FORMS:
        if issubclass(cls, kind):
            return plain_form(value)
    raise TypeError(f"the type '{cls.__qualname__}' cannot be written")


class Turning:
    """Turns values so that members have their names on the wire, and enumerations theirs; each type is planned once."""

    def __init__(self, style: Callable[[str], str], *, enums_by_name: bool) -> None:
        """Choose the spelling.

        Args:
            style: Spells a declared name as it is on the wire.
            enums_by_name: Whether members of enumerations travel by their names.
        """
        self._style = style
        self._enums_by_name = enums_by_name
        self._turns: dict[type, Turn | None] = {}
        self._member_names: dict[type, MemberNames] = {}

    def __call__(self, value: Any) -> Any:
        """Return what is written in place of a value."""
        cls = type(value)
        try:
            turn = self._turns[cls]
        except KeyError:
            turn = self._turns[cls] = self._plan(cls)
        return value if turn is None else turn(value)

    def _plan(self, cls: type) -> Turn | None:
        if issubclass(cls, enum.Enum):
            by_name: Turn = _names_of_flags if issubclass(cls, enum.Flag) else _name
            return by_name if self._enums_by_name else None
        if issubclass(cls, dict):
            return self._entries
        if issubclass(cls, (list, tuple, set, frozenset)):
            return self._items
        if issubclass(cls, Struct):
            return self._members(_mirror_of_struct(cls, struct_names(cls, self._style)))
        if _is_record(cls):
            return self._members(_mirror(cls, {name: wire for name, (_, wire) in self._names(cls).items()}))
        if is_model_type(cls):
            return self._model
        if issubclass(cls, Mapping):
            return self._entries
        return self._items if issubclass(cls, _COLLECTIONS) and not issubclass(cls, _NO_COLLECTIONS) else None

    def _items(self, value: Any) -> Any:
        return [self(item) for item in value]

    def _entries(self, value: Mapping[Any, Any]) -> Any:
        return {self._key(name): self(item) for name, item in value.items()}

    def _key(self, key: Any) -> Any:
        return self(key) if isinstance(key, enum.Enum) else key

    def _members(self, mirror: type[Struct]) -> Turn:
        names = mirror.__struct_fields__

        def turn(value: Any) -> Any:
            return mirror(*[self(getattr(value, name, UNSET)) for name in names])

        return turn

    def _model(self, value: Any) -> Any:
        return self._match(value, dump(value))

    def _match(self, value: Any, dumped: Any) -> Any:
        # A dump by Pydantic has plain dictionaries where the value has models: only the value tells names from keys.
        if is_model(value) and is_root_model_type(type(value)):
            return self._match(value.root, dumped)
        if isinstance(dumped, dict) and (is_model(value) or _is_record(type(value))):
            return self._match_members(value, dumped)
        if isinstance(dumped, dict) and isinstance(value, dict):
            return {self._key(name): self._match(value.get(name), item) for name, item in dumped.items()}
        if isinstance(dumped, (list, tuple)) and isinstance(value, (list, tuple)) and len(value) == len(dumped):
            return [self._match(*pair) for pair in zip(value, dumped, strict=True)]
        return self(dumped)

    def _match_members(self, value: Any, dumped: dict[str, Any]) -> Any:
        names = self._names(type(value))
        matched = {}
        for name, item in dumped.items():
            attribute, wire_name = names.get(name, (name, name))
            matched[wire_name] = self._match(getattr(value, attribute, None), item)
        return matched

    def _names(self, cls: type) -> MemberNames:
        names = self._member_names.get(cls)
        if names is None:
            if is_model_type(cls):
                names = names_to_write(cls, self._style)
            else:
                wire_names = check_unique(cls, {name: self._style(name) for name in _attributes(cls)})
                names = {name: (name, wire_name) for name, wire_name in wire_names.items()}
            self._member_names[cls] = names
        return names


def _is_record(cls: type) -> bool:
    return is_dataclass(cls) or hasattr(cls, "__attrs_attrs__")


def _attributes(cls: Any) -> list[str]:
    if is_dataclass(cls):
        return [member.name for member in fields(cls)]
    return [member.name for member in cls.__attrs_attrs__ if not member.name.startswith("_")]


def _name(member: enum.Enum) -> str:
    return member.name


def _names_of_flags(member: enum.Flag) -> str:
    names = member.name.split("|") if member.name else []
    is_named = bool(names) and all(name in type(member).__members__ for name in names)
    return ", ".join(names) if is_named else str(member.value)


def _mirror(cls: type, wire_names: Mapping[str, str]) -> type[Struct]:
    """Return a Struct that msgspec writes as a class whose members have other names on the wire."""
    return defstruct(cls.__name__, [(name, Any, field(name=wire_name)) for name, wire_name in wire_names.items()])


def _mirror_of_struct(cls: type[Struct], wire_names: Mapping[str, str]) -> type[Struct]:
    config = cls.__struct_config__
    count = len(wire_names) - len(cls.__struct_defaults__)
    defaults = [*[NODEFAULT] * count, *cls.__struct_defaults__]
    return defstruct(
        cls.__name__,
        [(name, Any, _field(wire_names[name], default)) for name, default in zip(wire_names, defaults, strict=True)],
        tag=config.tag,
        tag_field=config.tag_field,
        array_like=config.array_like,
        omit_defaults=config.omit_defaults,
    )


def _field(wire_name: str, default: Any) -> Any:
    if isinstance(default, _FACTORY):
        return field(name=wire_name, default_factory=default.factory)
    return field(name=wire_name, default=_ALWAYS_WRITTEN if default is NODEFAULT else default)
