"""Planning how plain values from the wire become those that msgspec and Pydantic expect: names, enumerations, bytes."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any, TypeAlias, get_origin

from msgspec import inspect

from signalr_py.protocol.payload.naming import check_unique, struct_names
from signalr_py.protocol.payload.plans import (
    Alternative,
    Alternatives,
    Entries,
    Later,
    Members,
    Names,
    NamesOfFlags,
    Positions,
    from_base64,
)
from signalr_py.protocol.payload.pydantic import is_root_model_type, model_of, names_to_read
from signalr_py.protocol.payload.types import lenient_node

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from signalr_py.protocol.payload.plans import Plan

    _WithNames: TypeAlias = inspect.StructType | inspect.DataclassType | inspect.TypedDictType
    _WithPlaces: TypeAlias = inspect.StructType | inspect.NamedTupleType

__all__ = ["plan_reading"]


def plan_reading(
    node: inspect.Type, *, style: Callable[[str], str], enums_by_name: bool = False, bytes_are_text: bool = False
) -> Plan | None:
    """Return what turns plain values into those that a type is decoded from, or None when there is nothing to do.

    Args:
        node: The type.
        style: Spells a declared name as it is on the wire.
        enums_by_name: Whether members of enumerations travel by their names.
        bytes_are_text: Whether bytes travel as base64 text that the decoder does not know about.
    """
    planner = _Planner(style, enums_by_name=enums_by_name, bytes_are_text=bytes_are_text)
    plan = planner.plan(node)
    return plan if planner.is_needed else None


class _Planner:
    """Plans one type; a class that occurs in itself is planned once."""

    def __init__(self, style: Callable[[str], str], *, enums_by_name: bool, bytes_are_text: bool) -> None:
        self._style = style
        self._enums_by_name = enums_by_name
        self._bytes_are_text = bytes_are_text
        self._classes: dict[Any, Plan] = {}
        self.is_needed = False

    def plan(self, node: inspect.Type) -> Plan | None:
        match node:
            case inspect.Metadata(type=inner):
                return self.plan(inner)
            case inspect.CollectionType(item_type=item):
                return Positions(self.plan(item))
            case inspect.TupleType(item_types=items):
                return self._fill(Positions(), items)
            case inspect.DictType(key_type=key, value_type=value):
                return Entries(self.plan(key), self.plan(value))
            case inspect.UnionType(types=types):
                return self._union(types)
            case inspect.EnumType(cls=enumeration) if self._enums_by_name:
                self.is_needed = True
                return NamesOfFlags(enumeration) if issubclass(enumeration, enum.Flag) else Names(enumeration)
            case inspect.BytesType() | inspect.ByteArrayType() if self._bytes_are_text:
                self.is_needed = True
                return from_base64
            case inspect.NamedTupleType():
                return self._classes.get(node.cls) or self._places(node, ())
            case inspect.StructType() if node.array_like:
                tag = () if node.tag is None else (inspect.AnyType(),)
                return self._classes.get(node.cls) or self._places(node, tag)
            case inspect.StructType() | inspect.DataclassType() | inspect.TypedDictType():
                return self._classes.get(node.cls) or self._members(node)
            case inspect.CustomType(cls=cls):
                model = model_of(cls)
                return None if model is None else self._classes.get(model) or self._model(model)
        return None

    def _fill(self, positions: Positions, nodes: Iterable[inspect.Type]) -> Positions:
        for node in nodes:
            positions.add(self.plan(node))
        return positions

    def _places(self, node: _WithPlaces, in_front: tuple[inspect.Type, ...]) -> Positions:
        self._classes[node.cls] = positions = Positions()
        return self._fill(positions, (*in_front, *(field.type for field in node.fields)))

    def _members(self, node: _WithNames) -> Members:
        self._classes[node.cls] = members = Members()
        cls = get_origin(node.cls) or node.cls
        if isinstance(node, inspect.StructType):
            names = struct_names(cls, self._style)
        elif isinstance(node, inspect.DataclassType):
            names = check_unique(cls, {field.name: self._style(field.name) for field in node.fields})
        else:
            names = {field.name: field.name for field in node.fields}
        for field in node.fields:
            self._add(members, names[field.name], field.encode_name, field.type)
        return members

    def _model(self, cls: type[Any]) -> Plan:
        if is_root_model_type(cls):
            self._classes[cls] = later = Later()
            later.plan = self.plan(lenient_node(cls.model_fields["root"].annotation)) or later.plan
            return later.plan
        self._classes[cls] = members = Members()
        for wire_name, (name, annotation) in names_to_read(cls, self._style).items():
            self._add(members, wire_name, name, lenient_node(annotation))
        return members

    def _add(self, members: Members, wire_name: str, name: str, node: inspect.Type) -> None:
        self.is_needed |= wire_name != name
        members.add(wire_name, name, self.plan(node))

    def _union(self, types: Iterable[inspect.Type]) -> Alternatives:
        objects: list[Alternative] = []
        arrays: list[Alternative] = []
        text: Plan | None = None
        for node in types:
            bare = node.type if isinstance(node, inspect.Metadata) else node
            plan = self.plan(bare)
            tag_field, tag = (bare.tag_field, bare.tag) if isinstance(bare, inspect.StructType) else (None, None)
            if isinstance(plan, (Members, Entries)):
                objects.append(Alternative(plan, tag_field, tag))
            elif isinstance(plan, Positions):
                arrays.append(Alternative(plan, tag_field, tag))
            else:
                text = text or plan
        return Alternatives(objects, arrays, text)
