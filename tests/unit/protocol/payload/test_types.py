from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Generic, NamedTuple, TypedDict, TypeVar

import pytest
from msgspec import Meta, Raw, Struct, inspect
from pydantic import BaseModel, Discriminator

from signalr_py.exceptions import HubDefinitionError
from signalr_py.protocol.payload.types import children, contents_of, lenient_node, name_of


class Cat(BaseModel):
    lives: int = 9


class Dog(BaseModel):
    owner: Cat | None = None


@dataclass
class Home:
    pets: dict[str, list[Cat]]
    next: Home | None = None


@dataclass
class Point:
    x: int
    labels: list[str]


class Node(Struct):
    next: Node | None = None


class Pair(NamedTuple):
    cat: Cat
    dog: Dog


class Book(TypedDict):
    pair: Pair


class Shelf(Struct):
    books: tuple[Book, ...]
    homes: Annotated[set[int], Meta(description="numbers")]


T = TypeVar("T")


class Box(Struct, Generic[T]):
    content: T


@pytest.mark.parametrize(
    ("annotation", "name"),
    [
        (int, "int"),
        (Cat, "Cat"),
        (None, "None"),
        (list[int], "list[int]"),
        (Cat | None, "Cat"),
        (dict[str, Any], "dict[str, Any]"),
        ("text", "text"),
    ],
)
def test_types_have_names_for_people(annotation: Any, name: str) -> None:
    assert name in name_of(annotation)
    assert "typing." not in name_of(annotation)


@pytest.mark.parametrize(
    ("annotation", "found", "is_unbounded"),
    [
        (int, set(), False),
        (list[dict[str, int | None]], set(), False),
        (Any, set(), True),
        (object, set(), True),
        (list[object], set(), True),
        (list, set(), True),
        (Raw, set(), False),
        (Cat, {Cat}, True),
        (Cat | None, {Cat}, True),
        (Dog, {Dog}, True),
        (Home, {Cat}, True),
        (Pair, {Cat, Dog}, True),
        (Shelf, {Cat, Dog}, True),
        (Point, set(), False),
        (Node, set(), True),
        (Box[Cat], {Cat}, True),
        (Box[int], set(), False),
        (tuple[int, dict[str, Dog]], {Dog}, True),
        (Annotated[list[Cat], Meta(title="cats")], {Cat}, True),
    ],
)
def test_models_are_found_at_any_depth(annotation: Any, found: set[type[Any]], is_unbounded: bool) -> None:
    contents = contents_of(inspect.type_info(annotation))
    assert (set(contents.models), contents.is_unbounded) == (found, is_unbounded)


@pytest.mark.parametrize(
    ("annotation", "name"),
    [
        (complex, "complex"),
        (list[complex], "complex"),
        (Box[complex], "complex"),
        (deque[int], "deque"),
        (Callable[[int], int], "Callable"),
        (type[int], "type"),
    ],
)
def test_a_class_that_cannot_be_read_is_named(annotation: Any, name: str) -> None:
    with pytest.raises(HubDefinitionError) as raised:
        contents_of(inspect.type_info(annotation))
    assert str(raised.value) == (
        f"The type '{name}' cannot be read: it is neither a plain type, nor a dataclass, Struct, TypedDict, "
        "attrs class or Pydantic model."
    )


def test_children_are_what_a_type_is_made_of() -> None:
    assert list(children(inspect.type_info(int))) == []
    assert list(children(inspect.type_info(dict[str, int]))) == [inspect.StrType(), inspect.IntType()]
    assert list(children(inspect.type_info(Annotated[int, Meta(title="n")]))) == [inspect.IntType()]


CAT, DOG = inspect.CustomType(Cat), inspect.CustomType(Dog)


@pytest.mark.parametrize(
    ("annotation", "node"),
    [
        (int, inspect.IntType()),
        (Cat, CAT),
        (Cat | Dog, inspect.UnionType((CAT, DOG))),
        (Annotated[Cat | Dog, Discriminator("kind")], inspect.UnionType((CAT, DOG))),
        (list[Cat | Dog], inspect.ListType(inspect.UnionType((CAT, DOG)))),
        (Mapping[str, Cat | Dog], inspect.DictType(inspect.AnyType(), inspect.UnionType((CAT, DOG)))),
        ("Unknown", inspect.AnyType()),
        (list["Unknown"], inspect.ListType(inspect.AnyType())),  # type: ignore[name-defined]  # noqa: F821
    ],
)
def test_what_only_pydantic_knows_is_looked_through(annotation: Any, node: inspect.Type) -> None:
    assert lenient_node(annotation) == node
