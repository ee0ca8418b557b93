from __future__ import annotations

import enum
from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

import attrs
import msgspec
import pytest
from msgspec import UNSET, Struct, UnsetType, field
from pydantic import BaseModel, ConfigDict, Field, RootModel, computed_field, field_serializer, model_serializer

from signalr_py.exceptions import HubDefinitionError
from signalr_py.protocol.payload.naming import STYLES, camel
from signalr_py.protocol.payload.writing import Turning, write_unknown


class Color(enum.Enum):
    RED = "r"


class Permission(enum.Flag):
    READ = 1
    WRITE = 2


class Loose(enum.IntFlag):
    ONE = 1


@dataclass
class Item:
    item_name: str
    color: Any = None


@dataclass
class Partial:
    first_part: int
    second_part: Any = UNSET


@attrs.define
class Attributes:
    first_name: str
    _hidden_one: int = 0


class Place(NamedTuple):
    place_name: str
    item: Item


T = TypeVar("T")


class Order(Struct, Generic[T]):
    order_id: T
    the_item: Item = field(name="the-item")
    not_set: int | UnsetType = UNSET


class Brief(Struct, omit_defaults=True):
    first_one: int
    second_one: int = 2
    all_others: list[int] = field(default_factory=list)


class Tagged(Struct, tag_field="$kind", tag="tagged"):
    some_value: Any


class Row(Struct, array_like=True, tag=True):
    row_name: str
    item: Item | None = None


class Cat(BaseModel):
    model_config = ConfigDict(extra="allow")
    cat_name: str = "c"
    friend: Any = None
    explicit: int = Field(default=1, serialization_alias="the-number")

    @field_serializer("cat_name")
    def upper(self, name: str) -> str:
        return name.upper()

    @computed_field
    def has_friend(self) -> bool:
        return self.friend is not None


class Cats(RootModel[list[Cat]]):
    pass


class Odd(BaseModel):
    some_name: int = 1

    @model_serializer
    def serialize(self) -> Any:
        return {"own_name": self.some_name}


class Bare(BaseModel):
    some_name: int = 1

    @model_serializer
    def serialize(self) -> Any:
        return "bare"


CAMEL = Turning(camel, enums_by_name=False)
NAMES = Turning(STYLES["as_declared"], enums_by_name=True)


def written(value: Any, turning: Turning = CAMEL) -> Any:
    first, second = [msgspec.json.encode(turning(value), enc_hook=write_unknown) for _ in range(2)]
    assert first == second
    return msgspec.json.decode(first)


ITEM = Item("a")
WIRE_ITEM = {"itemName": "a", "color": None}
WIRE_CAT = {"catName": "C", "friend": None, "the-number": 1, "hasFriend": False}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *((plain, plain) for plain in (None, True, 1, 1.5, "user_name", [1, ["a_b"]], {"user_name": 1}, [], {})),
        (ITEM, WIRE_ITEM),
        ([ITEM, (ITEM,)], [WIRE_ITEM, [WIRE_ITEM]]),
        (deque([ITEM]), [WIRE_ITEM]),
        (frozenset({1}), [1]),
        ({"some_key": ITEM}, {"some_key": WIRE_ITEM}),
        (OrderedDict(some_key=ITEM), {"some_key": WIRE_ITEM}),
        (Item("a", Item("b")), {"itemName": "a", "color": {"itemName": "b", "color": None}}),
        (Partial(1), {"firstPart": 1}),
        (Attributes("a", 5), {"firstName": "a"}),
        (Place("p", ITEM), ["p", WIRE_ITEM]),
        (Order(1, ITEM), {"orderId": 1, "the-item": WIRE_ITEM}),
        (Order("x", ITEM, 5), {"orderId": "x", "the-item": WIRE_ITEM, "notSet": 5}),
        (Brief(1), {"firstOne": 1}),
        (Brief(1, 3, [4]), {"firstOne": 1, "secondOne": 3, "allOthers": [4]}),
        (Tagged(ITEM), {"$kind": "tagged", "someValue": WIRE_ITEM}),
        (Row("r", ITEM), ["Row", "r", WIRE_ITEM]),
        (Color.RED, "r"),
        ({Color.RED: Color.RED}, {"r": "r"}),
        (Cat(), WIRE_CAT),
        (Cat(extra_key=1), WIRE_CAT | {"extra_key": 1}),  # type: ignore[call-arg]
        (Cat(friend=ITEM), WIRE_CAT | {"friend": WIRE_ITEM, "hasFriend": True}),
        (Cat(friend=Cat()), WIRE_CAT | {"friend": WIRE_CAT, "hasFriend": True}),
        (Cat(friend=[Cat(), (ITEM,)]), WIRE_CAT | {"friend": [WIRE_CAT, [WIRE_ITEM]], "hasFriend": True}),
        (Cat(friend={"a_b": Cat()}), WIRE_CAT | {"friend": {"a_b": WIRE_CAT}, "hasFriend": True}),
        (Cat(friend={1, 2}), WIRE_CAT | {"friend": [1, 2], "hasFriend": True}),
        (Cats([Cat()]), [WIRE_CAT]),
        (Cat(friend=Cats([Cat()])), WIRE_CAT | {"friend": [WIRE_CAT], "hasFriend": True}),
        (Odd(), {"own_name": 1}),
        (Bare(), "bare"),
        (Item("a", Cat()), {"itemName": "a", "color": WIRE_CAT}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_members_have_their_names_on_the_wire_and_keys_keep_theirs(value: Any, expected: Any) -> None:
    assert written(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Color.RED, "RED"),
        ([Color.RED], ["RED"]),
        ({Color.RED: Color.RED}, {"RED": "RED"}),
        (Permission.READ | Permission.WRITE, "READ, WRITE"),
        (Permission(0), "0"),
        (Loose(9), "9"),
        (Item("a", Color.RED), {"item_name": "a", "color": "RED"}),
        (Cat(friend=Color.RED), {"cat_name": "C", "friend": "RED", "the-number": 1, "has_friend": True}),
        (Cat(friend={Color.RED: 1}), {"cat_name": "C", "friend": {"RED": 1}, "the-number": 1, "has_friend": True}),
    ],
)
def test_members_of_enumerations_have_their_names(value: Any, expected: Any) -> None:
    assert written(value, NAMES) == expected


@pytest.mark.parametrize(
    "value",
    [
        *(
            ITEM,
            Partial(1),
            Attributes("a", 5),
            Place("p", ITEM),
            Order(1, ITEM),
            Brief(1),
            Brief(1, 3, [4]),
            Tagged(ITEM),
        ),
        *(Row("r", ITEM), Cat(), Cat(friend=[Cat(), ITEM]), Cats([Cat()]), Odd(), {"a": [ITEM]}, [Color.RED], Bare()),
    ],
    ids=lambda value: type(value).__name__,
)
def test_names_as_declared_give_what_msgspec_writes_itself(value: Any) -> None:
    as_declared = Turning(STYLES["as_declared"], enums_by_name=False)
    for encode in (msgspec.json.encode, msgspec.msgpack.encode):
        assert encode(as_declared(value), enc_hook=write_unknown) == encode(value, enc_hook=write_unknown)


@dataclass
class Clashing:
    user_name: int
    userName: int


def test_names_that_clash_are_refused() -> None:
    with pytest.raises(HubDefinitionError, match="both 'userName'"):
        CAMEL(Clashing(1, 2))


class Text(str):
    __slots__ = ()

    def __str__(self) -> str:
        return "other"


class Number(int):
    pass


class Fraction(float):
    pass


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (Text("a"), str, "a"),
        (Number(3), int, 3),
        (Fraction(1.5), float, 1.5),
        (deque([1]), list, [1]),
        (Cat(), dict, {"cat_name": "C", "friend": None, "the-number": 1, "has_friend": False}),
    ],
)
def test_types_that_msgspec_does_not_know_have_a_plain_form(value: Any, kind: type, expected: Any) -> None:
    plain = write_unknown(value)
    assert (type(plain), plain) == (kind, expected)


@pytest.mark.parametrize("value", [1j, object(), iter([]), UNSET, int, ...], ids=lambda value: type(value).__name__)
def test_a_type_without_a_plain_form_is_named(value: Any) -> None:
    with pytest.raises(TypeError, match=f"the type '{type(value).__qualname__}' cannot be written"):
        write_unknown(value)


def test_a_list_in_itself_raises_no_worse_than_a_recursion_error() -> None:
    circular: list[Any] = []
    circular.append(circular)
    with pytest.raises(RecursionError):
        CAMEL(circular)
