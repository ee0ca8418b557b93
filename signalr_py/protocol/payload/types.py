"""What an annotation is made of, as msgspec sees it."""

from __future__ import annotations

import types
from collections import abc
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin

from msgspec import Struct, inspect

from signalr_py.exceptions import HubDefinitionError
from signalr_py.protocol.payload.pydantic import model_of

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Contents", "children", "contents_of", "lenient_node", "name_of"]

_RECORDS = (inspect.StructType, inspect.DataclassType, inspect.TypedDictType, inspect.NamedTupleType)


def name_of(annotation: Any) -> str:
    """Return the name of a type, for people."""
    if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias):
        return annotation.__qualname__
    return str(annotation).replace("typing.", "")


def children(node: inspect.Type) -> Iterator[inspect.Type]:
    """Return the types that a type is directly made of."""
    match node:
        case inspect.Metadata(type=inner):
            yield inner
        case inspect.CollectionType(item_type=item):
            yield item
        case inspect.TupleType(item_types=items) | inspect.UnionType(types=items):
            yield from items
        case inspect.DictType(key_type=key, value_type=value):
            yield key
            yield value
        case inspect.StructType() | inspect.DataclassType() | inspect.TypedDictType() | inspect.NamedTupleType():
            yield from (field.type for field in node.fields)


class Contents(Struct, frozen=True):
    """What there is to know about a type before values of it are read.

    Attributes:
        models: The Pydantic models and unions of them in it, at any depth but not those inside one another.
        records: The other classes with members in it.
        is_unbounded: Whether values of it may be nested to any depth.
    """

    models: frozenset[type[Any]]
    records: frozenset[type[Any]]
    is_unbounded: bool


def contents_of(node: inspect.Type) -> Contents:
    """Return what there is to know about a type.

    Raises:
        HubDefinitionError: There is a class in it that can be neither read by msgspec nor is a Pydantic model.
    """
    models: set[type[Any]] = set()
    records: set[type[Any]] = set()
    is_unbounded = False
    seen: set[int] = set()
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if id(current) in seen or isinstance(current, (inspect.AnyType, inspect.CustomType)):
            is_unbounded = True
        if id(current) in seen:
            continue
        seen.add(id(current))
        waiting.extend(children(current))
        if isinstance(current, _RECORDS):
            records.add(get_origin(current.cls) or current.cls)
        if isinstance(current, inspect.CustomType) and current.cls is not object:
            if model_of(current.cls) is None:
                raise HubDefinitionError(
                    f"The type '{name_of(current.cls)}' cannot be read: it is neither a plain type, nor a dataclass, "
                    "Struct, TypedDict, attrs class or Pydantic model."
                )
            models.add(current.cls)
    return Contents(frozenset(models), frozenset(records), is_unbounded)


def lenient_node(annotation: Any) -> inspect.Type:
    """Return what the annotation of a model's member is made of; parts that only Pydantic knows count as anything."""
    try:
        return inspect.type_info(annotation)
    except Exception:  # noqa: BLE001 - msgspec refuses many annotations that Pydantic takes, with errors of many kinds
        pass
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        return inspect.UnionType(tuple(map(lenient_node, arguments)))
    if isinstance(origin, type) and issubclass(origin, abc.Mapping):
        return inspect.DictType(inspect.AnyType(), lenient_node(arguments[-1]))
    if isinstance(origin, type) and issubclass(origin, abc.Collection):
        return inspect.ListType(lenient_node(arguments[0]))
    return lenient_node(arguments[0]) if hasattr(annotation, "__metadata__") else inspect.AnyType()
