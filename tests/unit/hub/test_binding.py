"""Arguments become what the annotations of a hub method say, in both protocols."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Generic, Literal, NamedTuple, NotRequired, TypedDict, TypeVar
from uuid import UUID

import msgpack
import pytest
from msgspec import Meta, Struct
from pydantic import BaseModel, Field

from signalr_py import Hub, HubOptions, JsonPayload, MessagePackPayload
from tests.support.hub_server import serve

if TYPE_CHECKING:
    from tests.support.hub_client import ProtocolName

T = TypeVar("T")
PROTOCOLS: list[ProtocolName] = ["json", "messagepack"]


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


@dataclass
class Point:
    x: int
    y: int = 0


class Line(Struct):
    start: Point
    end: Point
    label: str | None = None


class Options(TypedDict):
    name: str
    size: NotRequired[int]


class Pair(NamedTuple):
    left: str
    right: int


class Order(BaseModel):
    number: int = Field(ge=1)
    tags: list[str] = []
    placed_at: datetime | None = None


class Renamed(Struct, rename="camel"):
    first_name: str


class Aliased(BaseModel):
    first_name: str = Field(alias="firstName")


@dataclass
class Holder(Generic[T]):
    value: T


@dataclass
class Picky:
    size: int

    def __post_init__(self) -> None:
        if self.size < 0:
            raise LookupError("no such size")


class BindingHub(Hub):
    """Each method returns the `repr` of what it was given, so that the type shows."""

    async def integer(self, value: int) -> str:
        return repr(value)

    async def number(self, value: float) -> str:
        return repr(value)

    async def text(self, value: str) -> str:
        return repr(value)

    async def flag(self, value: bool) -> str:
        return repr(value)

    async def raw(self, value: bytes) -> str:
        return repr(value)

    async def optional(self, value: int | None) -> str:
        return repr(value)

    async def either(self, value: int | str) -> str:
        return repr(value)

    async def literal(self, value: Literal["a", "b"]) -> str:
        return repr(value)

    async def many(self, value: list[int]) -> str:
        return repr(value)

    async def mapping(self, value: dict[str, Point]) -> str:
        return repr(value)

    async def numbered(self, value: set[int]) -> str:
        return repr(value)

    async def triple(self, value: tuple[int, str, bool]) -> str:
        return repr(value)

    async def moment(self, value: datetime) -> str:
        return repr(value)

    async def day(self, value: date) -> str:
        return repr(value)

    async def duration(self, value: timedelta) -> str:
        return repr(value)

    async def uuid(self, value: UUID) -> str:
        return repr(value)

    async def decimal(self, value: Decimal) -> str:
        return repr(value)

    async def color(self, value: Color) -> str:
        return repr(value)

    async def level(self, value: Level) -> str:
        return repr(value)

    async def point(self, value: Point) -> str:
        return repr(value)

    async def line(self, value: Line) -> str:
        return repr(value)

    async def options(self, value: Options) -> str:
        return repr(value)

    async def pair(self, value: Pair) -> str:
        return repr(value)

    async def order(self, value: Order) -> str:
        return repr(value)

    async def orders(self, value: list[Order]) -> str:
        return repr(value)

    async def renamed(self, value: Renamed) -> str:
        return repr(value)

    async def aliased(self, value: Aliased) -> str:
        return repr(value)

    async def holder(self, value: Holder[Point]) -> str:
        return repr(value)

    async def picky(self, value: Picky) -> str:
        return repr(value)

    async def positive(self, value: Annotated[int, Meta(gt=0)]) -> str:
        return repr(value)

    async def short(self, value: Annotated[str, Meta(max_length=3)]) -> str:
        return repr(value)

    async def anything(self, value: Any) -> str:
        return repr(value)

    async def untyped(self, value):  # type: ignore[no-untyped-def]
        return repr(value)


WHEN = "2026-01-02T03:04:05Z"
ID = "12345678-1234-5678-1234-567812345678"

FITTING: list[tuple[str, Any, object]] = [
    ("Integer", 5, 5),
    ("Integer", -(2**40), -(2**40)),
    ("Number", 1.5, 1.5),
    ("Number", 2, 2.0),
    ("Text", "päivää ☃", "päivää ☃"),
    ("Flag", True, True),
    ("Optional", None, None),
    ("Optional", 1, 1),
    ("Either", 1, 1),
    ("Either", "1", "1"),
    ("Literal", "a", "a"),
    ("Many", [1, 2], [1, 2]),
    ("Many", [], []),
    ("Mapping", {"a": {"x": 1}}, {"a": Point(1)}),
    ("Numbered", [3, 3], {3}),
    ("Triple", [1, "a", True], (1, "a", True)),
    ("Moment", WHEN, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
    ("Day", "2026-01-02", date(2026, 1, 2)),
    ("Duration", "PT90S", timedelta(seconds=90)),
    ("Uuid", ID, UUID(ID)),
    ("Decimal", "1.50", Decimal("1.50")),
    ("Color", "red", Color.RED),
    ("Level", 2, Level.HIGH),
    ("Point", {"x": 1, "y": 2}, Point(1, 2)),
    ("Point", {"x": 1, "unknown": 5}, Point(1, 0)),
    ("Line", {"start": {"x": 1}, "end": {"x": 2}}, Line(Point(1), Point(2))),
    ("Options", {"name": "n"}, {"name": "n"}),
    ("Options", {"name": "n", "size": 3}, {"name": "n", "size": 3}),
    ("Pair", ["l", 1], Pair("l", 1)),
    ("Order", {"number": 7, "tags": ["a"]}, Order(number=7, tags=["a"])),
    ("Orders", [{"number": 7}], [Order(number=7)]),
    ("Renamed", {"firstName": "Ada"}, Renamed("Ada")),
    ("Aliased", {"firstName": "Ada"}, Aliased(firstName="Ada")),
    ("Holder", {"value": {"x": 1}}, Holder(Point(1))),
    ("Picky", {"size": 1}, Picky(1)),
    ("Positive", 1, 1),
    ("Short", "abc", "abc"),
    ("Anything", {"a": [1, None, "x"]}, {"a": [1, None, "x"]}),
    ("Untyped", [1, {"a": 1.5}], [1, {"a": 1.5}]),
]

MISFITS: list[tuple[str, Any]] = [
    ("Integer", "5"),
    ("Integer", 1.5),
    ("Integer", True),
    ("Integer", None),
    ("Number", "1.5"),
    ("Text", 5),
    ("Text", None),
    ("Flag", 1),
    ("Flag", "true"),
    ("Optional", "x"),
    ("Either", 1.5),
    ("Literal", "c"),
    ("Many", {}),
    ("Many", [1, "2"]),
    ("Mapping", {"a": {"x": "1"}}),
    ("Triple", [1, "a"]),
    ("Moment", "yesterday"),
    ("Uuid", "not one"),
    ("Decimal", "one"),
    ("Color", "green"),
    ("Level", 9),
    ("Point", {"y": 1}),
    ("Point", [1]),
    ("Line", {"start": {"x": 1}}),
    ("Options", {"size": 1}),
    ("Order", {"number": 0}),
    ("Order", {"number": "x"}),
    ("Order", None),
    ("Orders", [{"number": 1}, {}]),
    ("Renamed", {"first_name": "Ada"}),
    ("Holder", {"value": 1}),
    ("Picky", {"size": -1}),
    ("Positive", 0),
    ("Short", "abcd"),
]


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_arguments_are_what_the_annotations_say(protocol: ProtocolName) -> None:
    async with serve(BindingHub) as server:
        client = server.connect(protocol)
        for target, value, expected in FITTING:
            assert await client.invoke(target, value) == repr(expected), target


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_misfit_is_an_error_of_that_call_only(protocol: ProtocolName) -> None:
    async with serve(BindingHub, HubOptions(enable_detailed_errors=True)) as server:
        client = server.connect(protocol)
        for target, value in MISFITS:
            assert await client.error(target, value) == (
                f"Failed to invoke '{target}' due to an error on the server. BindingError: Error binding arguments. "
                "Make sure that the types of the provided values match the types of the hub method being invoked."
            ), (target, value)
        assert await client.invoke("Integer", 1) == "1"


async def test_json_reads_numbers_and_base64() -> None:
    async with serve(BindingHub) as server:
        client = server.connect()
        assert await client.invoke("Raw", "AAH/") == repr(b"\0\1\xff")
        client.send_bytes(b'{"type":1,"invocationId":"d","target":"Decimal","arguments":[12.345678901234567890]}\x1e')
        assert (await client.answer("d"))["result"] == "Decimal('12.345678901234567890')"


async def test_messagepack_reads_binary_and_timestamps() -> None:
    async with serve(BindingHub) as server:
        client = server.connect("messagepack")
        assert await client.invoke("Raw", b"\0\1\xff") == repr(b"\0\1\xff")
        moment = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)
        assert await client.invoke("Moment", msgpack.Timestamp.from_datetime(moment)) == repr(moment)


class Shape(Struct):
    side_length: int
    color: Color = Color.RED


class ShapeHub(Hub):
    async def grow(self, shape: Shape) -> Shape:
        return Shape(shape.side_length + 1, shape.color)


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_names_on_the_wire_follow_the_options_of_the_protocol(protocol: ProtocolName) -> None:
    options = HubOptions(
        json=JsonPayload(naming="camel"), messagepack=MessagePackPayload(naming="pascal", enums="name")
    )
    sent, received = {
        "json": ({"sideLength": 1, "color": "blue"}, {"sideLength": 2, "color": "blue"}),
        "messagepack": ({"SideLength": 1, "Color": "BLUE"}, {"SideLength": 2, "Color": "BLUE"}),
    }[protocol]
    async with serve(ShapeHub, options) as server:
        assert await server.connect(protocol).invoke("Grow", sent) == received
    async with serve(ShapeHub) as server:
        plain = {"side_length": 1, "color": "blue"}
        assert await server.connect(protocol).invoke("Grow", plain) == {"side_length": 2, "color": "blue"}
