"""Values of every kind of type, with what each is on the wire for any protocol and any payload options."""

from __future__ import annotations

import enum
import sys
from collections import ChainMap, OrderedDict, UserDict, UserList, UserString, deque
from collections.abc import Callable, Iterable, Mapping, MutableSequence, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from types import MappingProxyType
from typing import (
    Annotated,
    Any,
    Final,
    Generic,
    Literal,
    NamedTuple,
    NewType,
    NotRequired,
    Optional,
    Required,
    TypeAlias,
    TypedDict,
    TypeVar,
)
from uuid import UUID

import attrs
import msgspec
from msgspec import Meta, Struct

from tests.unit.protocol.payload.model_samples import MODEL_SAMPLES
from tests.unit.protocol.payload.spelling import Sample, Spelling

__all__ = ["SAMPLES"]

T = TypeVar("T")
MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ID = UUID("6f9619ff-8b86-d011-b42d-00cf4fc964ff")
PLUS_TWO, KOLKATA = timezone(timedelta(hours=2)), timezone(timedelta(hours=5, minutes=30))


class Color(enum.Enum):
    RED = "r"
    GREEN = "g"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Mood(enum.StrEnum):
    GOOD = enum.auto()


class Access(enum.Flag):
    READ = 1
    WRITE = 2


class Mode(enum.IntFlag):
    FAST = 1
    SAFE = 2


@dataclass
class Item:
    item_name: str
    unit_price: Decimal = Decimal(0)


@dataclass(frozen=True)
class Frozen:
    at: tuple[int, int]


@dataclass(slots=True)
class Slotted:
    slot_number: int


@dataclass(kw_only=True)
class Keyed:
    first_key: int
    second_key: list[int] = field(default_factory=list)


@dataclass
class Special(Item):
    color: Color = Color.RED


@dataclass
class Pair(Generic[T]):
    left_side: T
    right_side: T


class Base(Struct):
    base_name: str


class Derived(Base):
    levels: dict[str, Level]


class Renamed(Struct, rename="kebab"):
    long_name: int


class Explicit(Struct):
    other_name: int = msgspec.field(name="NUMBER")


class Row(Struct, array_like=True):
    row_name: str
    price: Decimal


class Strict(Struct, forbid_unknown_fields=True, frozen=True):
    only_one: int


class Brief(Struct, omit_defaults=True, kw_only=True):
    note_text: str = ""
    count_of: int


class Box(Struct, Generic[T]):
    in_side: T


class Circle(Struct, tag="circle"):
    the_radius: float


class Square(Struct, tag="square", tag_field="type"):
    the_side: float


class Disc(Struct, tag="disc", tag_field="type"):
    the_radius: float


class First(Struct, array_like=True, tag=1):
    of_first: Color


class Second(Struct, array_like=True, tag=2):
    of_second: Color


@dataclass
class Node:
    node_name: str
    sub_nodes: list[Node] = field(default_factory=list)
    parent_level: Level | None = None


class Tree(Struct):
    left_tree: Tree | None = None
    color: Color | None = None


class Partial(TypedDict, total=False):
    must_have: Required[int]
    may_have: str


class Full(TypedDict):
    must_be: Color
    can_be: NotRequired[Decimal]


class Place(NamedTuple):
    x_axis: int
    color: Color = Color.RED


@attrs.define
class Attributes:
    first_name: str
    middle_names: list[str] = attrs.field(factory=list)


UserName = NewType("UserName", str)
Items: TypeAlias = list[Item]

if sys.version_info >= (3, 12):
    from typing import TypeAliasType

    LAZY = TypeAliasType("LAZY", dict[str, Item])
    LAZY_PAIR = TypeAliasType("LAZY_PAIR", tuple[T, T], type_params=(T,))
    LAZY_ITEM, LAZY_COLORS = LAZY, LAZY_PAIR[Color]
else:
    LAZY_ITEM, LAZY_COLORS = dict[str, Item], tuple[Color, Color]


def _moment(value: datetime) -> Callable[[Spelling], Any]:
    return lambda spelling: spelling.moment(value)


def _item(spelling: Spelling, name: str, price: str) -> dict[str, Any]:
    return {spelling.name("item_name"): name, spelling.name("unit_price"): spelling.decimal(price)}


SCALARS: Final[list[Sample]] = [
    Sample(None, None, None),
    Sample(bool, True, True),
    *(Sample(int, value, value) for value in (0, -1, 2**53 - 1, 2**53 + 1, 2**63 - 1, -(2**63), 2**64 - 1)),
    *(Sample(float, value, lambda s, v=value: s.number(v)) for value in (0.0, -0.5, 5e-324, 1.7976931348623157e308)),
    *(Sample(str, value, value) for value in ("", "Zoë 💚", '\x00\x1e\u2028"\\/', "5")),
    *(Sample(bytes, value, lambda s, v=value: s.data(v)) for value in (b"", b"\x00\xff")),
    Sample(bytearray, bytearray(b"\x00\xff"), lambda s: s.data(b"\x00\xff")),
    Sample(memoryview, memoryview(b"\x00\xff"), lambda s: s.data(b"\x00\xff")),
    *(Sample(Decimal, Decimal(text), lambda s, t=text: s.decimal(t)) for text in ("0", "12.50", "-0.1", "0.125")),
    Sample(UUID, ID, str(ID)),
    Sample(UUID, UUID(int=0), "00000000-0000-0000-0000-000000000000"),
    *(
        Sample(datetime, value, _moment(value))
        for value in (
            MOMENT,
            MOMENT.replace(microsecond=678_000),
            MOMENT.replace(microsecond=1),
            MOMENT.replace(tzinfo=PLUS_TWO),
            MOMENT.replace(tzinfo=KOLKATA, microsecond=999_999),
            MOMENT.replace(tzinfo=timezone(-timedelta(hours=3, minutes=30))),
            datetime(1, 1, 1, tzinfo=UTC),
            datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
            datetime(1969, 12, 31, 23, 59, 59, 500_000, tzinfo=UTC),
            datetime(1, 1, 1),  # noqa: DTZ001 - a time without a zone
            datetime(9999, 12, 31, 23, 59, 59, 999_999),  # noqa: DTZ001
        )
    ),
    *(Sample(date, value, value.isoformat()) for value in (date(2026, 1, 2), date.min, date.max)),
    *(Sample(time, value, value.isoformat()) for value in (time(3, 4, 5), time.min, time.max)),
    Sample(time, time(3, 4, 5, tzinfo=UTC), "03:04:05Z"),
    Sample(time, time(3, 4, 5, tzinfo=PLUS_TWO), "03:04:05+02:00"),
    *(
        Sample(timedelta, value, text)
        for value, text in (
            (timedelta(0), "P0D"),
            (timedelta(seconds=90.5), "PT90.5S"),
            (timedelta(days=2, microseconds=1), "P2DT0.000001S"),
            (timedelta(seconds=-1), "-PT1S"),
            (timedelta.max, "P999999999DT86399.999999S"),
        )
    ),
    Sample(Color, Color.RED, lambda s: s.member(Color.RED)),
    Sample(Level, Level.HIGH, lambda s: s.member(Level.HIGH)),
    Sample(Mood, Mood.GOOD, lambda s: s.member(Mood.GOOD)),
    Sample(Access, Access.READ, lambda s: s.member(Access.READ)),
    Sample(Access, Access.READ | Access.WRITE, lambda s: "READ, WRITE" if s.enums == "name" else 3),
    Sample(Access, Access(0), lambda s: "0" if s.enums == "name" else 0),
    Sample(Mode, Mode.FAST | Mode.SAFE, lambda s: "FAST, SAFE" if s.enums == "name" else 3),
    Sample(Literal["a", 1] | None, 1, 1),
    Sample(Annotated[int, Meta(ge=1, le=5)], 5, 5),
    Sample(UserName, UserName("ann"), "ann"),
    Sample(Any, {"a": [1, 1.5, None, "x"]}, {"a": [1, 1.5, None, "x"]}),
    Sample(object, [[], {}], [[], {}]),
]

_DICTIONARY = {"a": 1}
_VIEWS: Final[list[tuple[Any, Any]]] = [
    (_DICTIONARY.keys(), ["a"]),
    (_DICTIONARY.values(), [1]),
    (_DICTIONARY.items(), [["a", 1]]),
    (MappingProxyType(_DICTIONARY), {"a": 1}),
]

CONTAINERS: Final[list[Sample]] = [
    Sample(list[int], [1, 2], [1, 2]),
    Sample(list, [1, "a"], [1, "a"]),
    Sample(Sequence[int], [1], [1]),
    Sample(MutableSequence[int], [1], [1]),
    Sample(Iterable[int], [1], [1], is_readable=False),
    Sample(tuple[int, Color], (1, Color.RED), lambda s: [1, s.member(Color.RED)]),
    Sample(tuple[Decimal, ...], (Decimal("1.5"),), lambda s: [s.decimal("1.5")]),
    Sample(tuple[()], (), []),
    Sample(set[int], {1}, [1]),
    Sample(frozenset[Color], frozenset({Color.GREEN}), lambda s: [s.member(Color.GREEN)]),
    Sample(AbstractSet[int], {1}, [1]),
    Sample(deque[int], deque([1, 2]), [1, 2], is_readable=False),
    Sample(dict[str, Decimal], {"a_b": Decimal("1.5")}, lambda s: {"a_b": s.decimal("1.5")}),
    Sample(Mapping[str, int], {"a": 1}, {"a": 1}),
    Sample(dict[int, str], {7: "x"}, lambda s: {s.key(7): "x"}),
    Sample(dict[float, str], {1.5: "x"}, lambda s: {s.key(1.5): "x"}),
    Sample(dict[Color, int], {Color.RED: 1}, lambda s: {s.member(Color.RED): 1}),
    Sample(dict[Level, int], {Level.LOW: 1}, lambda s: {s.key(s.member(Level.LOW)): 1}),
    Sample(dict[UUID, int], {ID: 1}, {str(ID): 1}),
    Sample(dict[date, int], {date(2026, 1, 2): 1}, {"2026-01-02": 1}),
    Sample(
        dict[Decimal, int],
        {Decimal("1.5"): 1, Decimal(-2): 2},
        lambda s: {s.key(s.decimal("1.5")): 1, s.key(s.decimal("-2")): 2},
    ),
    Sample(UserDict, UserDict({"a": Color.RED}), lambda s: {"a": s.member(Color.RED)}, is_readable=False),
    Sample(ChainMap, ChainMap({"a": Item("x")}), lambda s: {"a": _item(s, "x", "0")}, is_readable=False),
    Sample(OrderedDict, OrderedDict(a=1), {"a": 1}, is_readable=False),
    Sample(UserList, UserList([Color.RED]), lambda s: [s.member(Color.RED)], is_readable=False),
    Sample(UserString, UserString("ab"), "ab", is_readable=False),
    Sample(range, range(3), [0, 1, 2], is_readable=False),
    *(Sample(type(view), view, expected, is_readable=False) for view, expected in _VIEWS),
    Sample(dict[str, list[tuple[int, str | None]]], {"a": [(1, None)]}, {"a": [[1, None]]}),
    Sample(LAZY_COLORS, (Color.RED, Color.GREEN), lambda s: [s.member(Color.RED), s.member(Color.GREEN)]),
    Sample(LAZY_ITEM, {"a": Item("x")}, lambda s: {"a": _item(s, "x", "0")}),
]

CLASSES: Final[list[Sample]] = [
    Sample(Item, Item("nut", Decimal("12.50")), lambda s: _item(s, "nut", "12.50")),
    Sample(Items, [Item("nut")], lambda s: [_item(s, "nut", "0")]),
    Sample(Frozen, Frozen((1, 2)), lambda s: {s.name("at"): [1, 2]}),
    Sample(Slotted, Slotted(1), lambda s: {s.name("slot_number"): 1}),
    Sample(Keyed, Keyed(first_key=1), lambda s: {s.name("first_key"): 1, s.name("second_key"): []}),
    Sample(Special, Special("a"), lambda s: _item(s, "a", "0") | {s.name("color"): s.member(Color.RED)}),
    Sample(
        Pair[Color],
        Pair(Color.RED, Color.GREEN),
        lambda s: {s.name("left_side"): s.member(Color.RED), s.name("right_side"): s.member(Color.GREEN)},
    ),
    Sample(
        Pair[list[Item]],
        Pair([], [Item("a")]),
        lambda s: {s.name("left_side"): [], s.name("right_side"): [_item(s, "a", "0")]},
    ),
    Sample(
        Derived,
        Derived("b", {"a": Level.LOW}),
        lambda s: {s.name("base_name"): "b", s.name("levels"): {"a": s.member(Level.LOW)}},
    ),
    Sample(Renamed, Renamed(1), {"long-name": 1}),
    Sample(Explicit, Explicit(1), {"NUMBER": 1}),
    Sample(Row, Row("a", Decimal("1.5")), lambda s: ["a", s.decimal("1.5")]),
    Sample(Strict, Strict(1), lambda s: {s.name("only_one"): 1}),
    Sample(Brief, Brief(count_of=1), lambda s: {s.name("count_of"): 1}),
    Sample(Box[int], Box(1), lambda s: {s.name("in_side"): 1}),
    Sample(
        Box[Box[Color | None]],
        Box(Box(Color.RED)),
        lambda s: {s.name("in_side"): {s.name("in_side"): s.member(Color.RED)}},
    ),
    Sample(
        Node,
        Node("a", [Node("b", [], Level.LOW)]),
        lambda s: {
            s.name("node_name"): "a",
            s.name("sub_nodes"): [
                {s.name("node_name"): "b", s.name("sub_nodes"): [], s.name("parent_level"): s.member(Level.LOW)}
            ],
            s.name("parent_level"): None,
        },
    ),
    Sample(
        Tree,
        Tree(Tree(None, Color.RED)),
        lambda s: {
            s.name("left_tree"): {s.name("left_tree"): None, s.name("color"): s.member(Color.RED)},
            s.name("color"): None,
        },
    ),
    Sample(Partial, {"must_have": 1}, {"must_have": 1}),
    Sample(
        Full,
        {"must_be": Color.RED, "can_be": Decimal("1.5")},
        lambda s: {"must_be": s.member(Color.RED), "can_be": s.decimal("1.5")},
    ),
    Sample(Place, Place(1, Color.GREEN), lambda s: [1, s.member(Color.GREEN)]),
    Sample(Attributes, Attributes("a"), lambda s: {s.name("first_name"): "a", s.name("middle_names"): []}),
]

UNIONS: Final[list[Sample]] = [
    *(Sample(int | str | float | bool | None, value, value) for value in (1, "1", 1.5, False, None)),
    Sample(Optional[Item], None, None),  # noqa: UP045 - the old spelling is still in use
    Sample(Item | None, Item("a"), lambda s: _item(s, "a", "0")),
    Sample(Item | list[Item] | str, [Item("a")], lambda s: [_item(s, "a", "0")]),
    Sample(Item | list[Item] | str, "a", "a"),
    Sample(list[Color] | Color | None, [Color.RED], lambda s: [s.member(Color.RED)]),
    Sample(list[Color] | Color | None, Color.RED, lambda s: s.member(Color.RED)),
    Sample(Square | Disc, Disc(1.5), lambda s: {"type": "disc", s.name("the_radius"): 1.5}),
    Sample(Circle | None, Circle(1.5), lambda s: {"type": "circle", s.name("the_radius"): 1.5}),
    Sample(
        list[Square | Disc | None], [None, Square(2.5)], lambda s: [None, {"type": "square", s.name("the_side"): 2.5}]
    ),
    Sample(First | Second, Second(Color.RED), lambda s: [2, s.member(Color.RED)]),
    Sample(datetime | None, MOMENT, _moment(MOMENT)),
]

SAMPLES: Final = [*SCALARS, *CONTAINERS, *CLASSES, *UNIONS, *MODEL_SAMPLES]
