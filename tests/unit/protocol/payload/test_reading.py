from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, Generic, NamedTuple, TypedDict, TypeVar

import attrs
import pytest
from msgspec import Meta, Struct, field, inspect
from pydantic import BaseModel, Field, RootModel

from signalr_py.exceptions import HubDefinitionError
from signalr_py.protocol.payload.naming import STYLES, camel
from signalr_py.protocol.payload.reading import plan_reading


class Color(Enum):
    RED = "r"


@dataclass
class Item:
    item_name: str
    color: Color | None = None


class Order(Struct):
    order_id: int
    all_items: list[Item]
    explicit: Item = field(name="the-item")
    next_order: Order | None = None


@attrs.define
class Attributes:
    first_name: str
    _hidden_one: int = 0


class Keys(TypedDict):
    dict_key: Item


class Place(NamedTuple):
    place_name: str
    item: Item


class Row(Struct, array_like=True):
    row_name: str
    next_row: Row | None = None
    item: Item | None = None


class Circle(Struct, tag="circle"):
    line_width: int


class Square(Struct, tag="square"):
    side_width: int


class TaggedRow(Struct, array_like=True, tag="row"):
    item: Item


class OtherRow(Struct, array_like=True, tag="other"):
    count: int


class Cat(BaseModel):
    cat_name: str
    friend: Item | None = None
    picture: bytes = b""
    kittens: list[Cat] = Field(default=[], alias="young")


class Dog(BaseModel):
    dog_name: str


class Kennel(BaseModel):
    any_pets: list[Cat | Dog]


class Cats(RootModel[dict[str, Cat]]):
    pass


class Tree(RootModel[dict[str, "Tree"]]):
    pass


T = TypeVar("T")


class Box(Struct, Generic[T]):
    box_content: T


def turned(annotation: Any, value: Any, **options: Any) -> Any:
    plan = plan_reading(inspect.type_info(annotation), style=camel, **options)
    assert plan is not None
    return plan(value)


@pytest.mark.parametrize(
    ("annotation", "value", "expected"),
    [
        (Item, {"itemName": "a", "more": 1}, {"item_name": "a", "more": 1}),
        (Attributes, {"firstName": "a", "_hiddenOne": 1}, {"first_name": "a", "_hidden_one": 1}),
        (list[Item], [{"itemName": "a"}], [{"item_name": "a"}]),
        (dict[str, Item], {"some_key": {"itemName": "a"}}, {"some_key": {"item_name": "a"}}),
        (Keys, {"dict_key": {"itemName": "a"}}, {"dict_key": {"item_name": "a"}}),
        (tuple[int, Item], [1, {"itemName": "a"}], [1, {"item_name": "a"}]),
        (tuple[Item, ...], [{"itemName": "a"}], [{"item_name": "a"}]),
        (Place, ["p", {"itemName": "a"}], ["p", {"item_name": "a"}]),
        (Row, ["r", ["s", None, {"itemName": "a"}]], ["r", ["s", None, {"item_name": "a"}]]),
        (TaggedRow, ["row", {"itemName": "a"}], ["row", {"item_name": "a"}]),
        (TaggedRow | OtherRow, ["row", {"itemName": "a"}], ["row", {"item_name": "a"}]),
        (TaggedRow | OtherRow, ["other", 1], ["other", 1]),
        (Item | None, {"itemName": "a"}, {"item_name": "a"}),
        (Item | None, None, None),
        (Item | int, 5, 5),
        (Annotated[Item, Meta(title="t")], {"itemName": "a"}, {"item_name": "a"}),
        (Annotated[Item, Meta(title="t")] | None, {"itemName": "a"}, {"item_name": "a"}),
        (Circle | Square, {"type": "square", "sideWidth": 1}, {"type": "square", "side_width": 1}),
        (Circle | Square, {"type": "circle", "lineWidth": 1}, {"type": "circle", "line_width": 1}),
        (Box[Item], {"boxContent": {"itemName": "a"}}, {"box_content": {"item_name": "a"}}),
        (Cat, {"catName": "c", "friend": {"itemName": "a"}}, {"cat_name": "c", "friend": {"item_name": "a"}}),
        (Cat, {"young": [{"catName": "k", "young": []}]}, {"young": [{"cat_name": "k", "young": []}]}),
        (
            Kennel,
            {"anyPets": [{"dogName": "d"}, {"catName": "c"}]},
            {"any_pets": [{"dog_name": "d"}, {"cat_name": "c"}]},
        ),
        (Cats, {"a_b": {"catName": "c"}}, {"a_b": {"cat_name": "c"}}),
        (Item, ["no object"], ["no object"]),
    ],
)
def test_names_on_the_wire_become_declared_ones(annotation: Any, value: Any, expected: Any) -> None:
    assert turned(annotation, value) == expected


def test_a_class_in_itself_is_renamed_at_any_depth() -> None:
    item, declared = {"itemName": "a"}, {"item_name": "a"}
    inner = {"orderId": 2, "allItems": [], "the-item": item}
    assert turned(Order, {"orderId": 1, "allItems": [item], "the-item": item, "nextOrder": inner}) == {
        "order_id": 1,
        "all_items": [declared],
        "the-item": declared,
        "next_order": {"order_id": 2, "all_items": [], "the-item": declared},
    }


@pytest.mark.parametrize(
    ("annotation", "value", "expected"),
    [
        (Color, "RED", "r"),
        (dict[Color, Color], {"RED": "RED"}, {"r": "r"}),
        (Item, {"itemName": "a", "color": "RED"}, {"item_name": "a", "color": "r"}),
        (Color | None, None, None),
        (Color | int, "RED", "r"),
    ],
)
def test_names_of_members_of_enumerations_become_values(annotation: Any, value: Any, expected: Any) -> None:
    assert turned(annotation, value, enums_by_name=True) == expected


def test_an_unknown_name_of_a_member_is_refused() -> None:
    with pytest.raises(ValueError, match="Invalid name of a member of 'Color'"):
        turned(Color, "r", enums_by_name=True)


@pytest.mark.parametrize("annotation", [list[bytes], list[bytearray]])
def test_base64_text_becomes_bytes(annotation: Any) -> None:
    assert turned(annotation, ["AAEC"], bytes_are_text=True) == [b"\x00\x01\x02"]
    plan = plan_reading(inspect.CustomType(Cat), style=STYLES["as_declared"], bytes_are_text=True)
    assert plan is not None
    assert plan({"picture": "AAEC", "young": [{"picture": ""}]}) == {
        "picture": b"\x00\x01\x02",
        "young": [{"picture": b""}],
    }


@pytest.mark.parametrize(
    "annotation",
    [int, Any, object, list[int], dict[str, int], tuple[int, str], int | str | None, Color, bytes, Tree, OtherRow],
)
def test_there_is_no_plan_where_there_is_nothing_to_do(annotation: Any) -> None:
    assert plan_reading(inspect.type_info(annotation), style=camel) is None


@pytest.mark.parametrize("annotation", [Item, Order, Cat, Keys])
def test_names_as_declared_need_no_plan(annotation: Any) -> None:
    assert plan_reading(inspect.type_info(annotation), style=STYLES["as_declared"]) is None


def test_names_that_clash_are_refused() -> None:
    @dataclass
    class Clashing:
        user_name: int
        userName: int

    with pytest.raises(HubDefinitionError, match="both 'userName'"):
        plan_reading(inspect.type_info(Clashing), style=camel)
