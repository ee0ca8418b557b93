from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Annotated, Any, Literal, NamedTuple, TypedDict
from uuid import UUID

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import Meta, Raw, Struct, field
from pydantic import BaseModel

from signalr_py.exceptions import BindingError, SerializationError
from signalr_py.options import JsonPayload, MessagePackPayload
from signalr_py.protocol.base import Parameters
from signalr_py.protocol.json import JsonHubProtocol
from signalr_py.protocol.messages import (
    CompletionMessage,
    HubMessage,
    InvocationMessage,
    PingMessage,
    StreamInvocationMessage,
    StreamItemMessage,
)
from signalr_py.protocol.payload.codec import PayloadCodec, json_codec, messagepack_codec
from tests.unit.protocol.samples import plain_values
from tests.unit.protocol.second_opinion import unpacked


class Color(Enum):
    RED = "r"


class Level(IntEnum):
    LOW = 1


@dataclass
class Item:
    item_name: str
    amount: Decimal = Decimal(0)


class Order(Struct):
    order_id: int
    items: list[Item]
    explicit: int = field(name="the-number", default=0)


@attrs.define
class Attributes:
    first_name: str


class Keys(TypedDict):
    dict_key: int


class Place(NamedTuple):
    x: int
    y: int


class Picture(BaseModel):
    raw_bytes: bytes
    taken_at: datetime | None = None


class Album(Struct):
    pictures: list[Picture]
    cover: Picture | None = None


def codec(name: str, **options: Any) -> PayloadCodec:
    if name == "json":
        return json_codec(JsonPayload(**options))
    return messagepack_codec(MessagePackPayload(**options))


def written(payload: PayloadCodec, value: Any) -> bytes:
    return payload.encode(value if payload.prepare is None else payload.prepare(value))


CODECS = pytest.mark.parametrize("name", ["json", "messagepack"])
MOMENT = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)


@CODECS
@pytest.mark.parametrize("options", [{}, {"naming": "camel"}, {"naming": "pascal", "enums": "name"}], ids=str)
@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (int, 5),
        (int, 2**64 - 1),
        (int, -(2**63)),
        (float, 1.5),
        (bool, True),
        (str, "Zoë 💚"),
        (bytes, b"\x00\xff"),
        (bytearray, bytearray(b"ab")),
        (Decimal, Decimal("12.50")),
        (UUID, UUID(int=1)),
        (datetime, MOMENT),
        (datetime, MOMENT.replace(tzinfo=None)),
        (date, date(2026, 1, 2)),
        (time, time(3, 4, 5)),
        (timedelta, timedelta(seconds=90.5)),
        (Color, Color.RED),
        (Level, Level.LOW),
        (list[int], [1, 2]),
        (set[int], {1, 2}),
        (frozenset[str], frozenset({"a"})),
        (tuple[int, str], (1, "a")),
        (tuple[int, ...], (1, 2, 3)),
        (dict[str, int], {"a": 1}),
        (dict[int, str], {7: "seven"}),
        (Literal["a", "b"], "b"),
        (int | str | None, "x"),
        (int | None, None),
        (Annotated[int, Meta(ge=0)], 0),
        (Item, Item("a", Decimal("1.5"))),
        (Order, Order(1, [Item("a")], 5)),
        (Attributes, Attributes("a")),
        (Keys, {"dict_key": 1}),
        (Place, Place(1, 2)),
        (Picture, Picture(raw_bytes=b"\x00\xff", taken_at=MOMENT)),
        (Album, Album([Picture(raw_bytes=b"\xff")], Picture(raw_bytes=b""))),
        (dict[str, Picture | None], {"a": Picture(raw_bytes=b"a"), "b": None}),
        (Any, {"a": [1, 1.5, None]}),
        (object, {"a": [1, 1.5, None]}),
        (list[object], [1, "a", [None]]),
    ],
    ids=str,
)
def test_values_make_the_round_trip(name: str, options: dict[str, Any], annotation: Any, value: Any) -> None:
    payload = codec(name, **options)
    raw = Raw(written(payload, value))
    read = payload.value_decoder(annotation)(raw)
    assert (type(read), read) == (type(value), value)
    (argument,) = payload.arguments_decoder(Parameters((annotation,), 1))(Raw(written(payload, (value,))))
    assert (type(argument), argument) == (type(value), value)


@CODECS
@given(value=plain_values())
def test_plain_values_need_no_type(name: str, value: Any) -> None:
    payload = codec(name)
    assert payload.value_decoder(object)(Raw(written(payload, value))) == value


ORDER = Order(1, [Item("a", Decimal("12.50"))], 5)
PICTURE = Picture(raw_bytes=b"\x00\xff", taken_at=MOMENT)


@pytest.mark.parametrize(
    ("options", "value", "text"),
    [
        ({}, ORDER, '{"order_id":1,"items":[{"item_name":"a","amount":12.50}],"the-number":5}'),
        ({"naming": "camel"}, ORDER, '{"orderId":1,"items":[{"itemName":"a","amount":12.50}],"the-number":5}'),
        ({"naming": "pascal"}, ORDER, '{"OrderId":1,"Items":[{"ItemName":"a","Amount":12.50}],"the-number":5}'),
        ({"decimals": "string"}, Decimal("12.50"), '"12.50"'),
        ({"decimals": "string"}, Decimal("NaN"), '"NaN"'),
        ({"enums": "name"}, [Color.RED, Level.LOW], '["RED","LOW"]'),
        ({}, [Color.RED, Level.LOW], '["r",1]'),
        ({}, PICTURE, '{"raw_bytes":"AP8=","taken_at":"2026-01-02T03:04:05.000678Z"}'),
        ({}, MOMENT.astimezone(timezone(timedelta(hours=2))), '"2026-01-02T05:04:05.000678+02:00"'),
        ({}, MOMENT.replace(tzinfo=None), '"2026-01-02T03:04:05.000678"'),
        ({}, [math.nan, math.inf, -math.inf], "[null,null,null]"),
        ({}, {"NaN": "Infinity"}, '{"NaN":"Infinity"}'),
        ({}, 2**70, "1180591620717411303424"),
        ({}, "\x1e<é>", '"\\u001e<é>"'),
    ],
)
def test_json_is_spelled_as_the_options_say(options: dict[str, Any], value: Any, text: str) -> None:
    assert written(codec("json", **options), value).decode() == text


@pytest.mark.parametrize(
    ("options", "value", "plain"),
    [
        ({}, ORDER, {"order_id": 1, "items": [{"item_name": "a", "amount": "12.50"}], "the-number": 5}),
        ({"naming": "pascal"}, ORDER, {"OrderId": 1, "Items": [{"ItemName": "a", "Amount": "12.50"}], "the-number": 5}),
        ({"decimals": "number"}, Decimal("12.50"), 12.5),
        ({"enums": "name"}, [Color.RED, Level.LOW], ["RED", "LOW"]),
        ({}, PICTURE, {"raw_bytes": b"\x00\xff", "taken_at": MOMENT}),
        ({}, MOMENT.astimezone(timezone(timedelta(hours=2))), MOMENT),
        ({}, MOMENT.replace(tzinfo=None), "2026-01-02T03:04:05.000678"),
        ({}, datetime(1969, 12, 31, tzinfo=UTC), datetime(1969, 12, 31, tzinfo=UTC)),
        ({}, math.inf, math.inf),
    ],
)
def test_messagepack_is_spelled_as_the_options_say(options: dict[str, Any], value: Any, plain: Any) -> None:
    assert unpacked(written(codec("messagepack", **options), value)) == plain


@pytest.mark.parametrize("value", ["NaN", "sNaN", "-NaN", "Infinity", "-Infinity"])
@pytest.mark.parametrize("place", [lambda value: value, lambda value: {"NaN": ["Infinity", value]}])
def test_a_decimal_that_is_no_number_never_comes_out_of_json(value: str, place: Any) -> None:
    payload = codec("json")
    with pytest.raises(ValueError, match="a Decimal in it is not a finite number"):
        payload.encode(place(Decimal(value)))


@given(
    value=st.recursive(
        st.decimals() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.decimals(allow_nan=False), inner, max_size=3)
            | st.dictionaries(st.floats() | st.text(), inner, max_size=3)
            | st.dictionaries(st.decimals(allow_nan=False) | st.text(), inner, max_size=3).map(lambda mixed: [mixed])
        ),
        max_leaves=8,
    )
)
@example(value={Decimal("-1.50"): {Decimal(7): '{"1":2,3:4}'}, Decimal("1E+3"): [{Decimal(0): "{0:1}"}]})
@example(value={Decimal("Infinity"): 1})
@example(value=[{"text": 1, Decimal("2.5"): 2}])
def test_json_is_always_json(value: Any) -> None:
    payload = codec("json")
    try:
        text = payload.encode(value)
    except (ValueError, UnicodeEncodeError):
        return
    assert payload.value_decoder(object)(Raw(text)) is not ...


def test_decimals_are_keys_in_quotes_and_texts_stay_as_they_are() -> None:
    value = {Decimal("-1.50"): '\\"{0:1}', Decimal("1E+3"): [{Decimal(0): "{0:1,2:3}"}]}
    assert written(codec("json"), value) == b'{"-1.50":"\\\\\\"{0:1}","1E+3":[{"0":"{0:1,2:3}"}]}'


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"a": "b", Decimal(1): 2}, b'{"a":"b","1":2}'),
        (
            {"a": {}, Decimal("-1E+5"): {"b": ",1:2", Decimal("0.5"): [3, 4]}},
            b'{"a":{},"-1E+5":{"b":",1:2","0.5":[3,4]}}',
        ),
        ({"a": "{1:2}", 7: 1.5, Decimal(8): "12:30"}, b'{"a":"{1:2}","7":1.5,"8":"12:30"}'),
        ({"a": "12:30", "b": [1, 2], "c": {}}, b'{"a":"12:30","b":[1,2],"c":{}}'),
    ],
)
def test_decimals_are_keys_in_quotes_behind_other_keys_too(value: Any, expected: bytes) -> None:
    result = CompletionMessage("1", None, value, has_result=True)
    assert JsonHubProtocol().encode(result) == b'{"type":3,"invocationId":"1","result":%b}\x1e' % expected


@CODECS
def test_values_are_prepared_only_where_the_options_ask_for_it(name: str) -> None:
    assert codec(name).prepare is None
    assert codec(name, naming="camel").prepare is not None
    assert codec(name, enums="name").prepare is not None


CIRCULAR: list[Any] = []
CIRCULAR.append(CIRCULAR)


class Failing:
    def __repr__(self) -> str:
        raise RuntimeError


@CODECS
@pytest.mark.parametrize("naming", ["as_declared", "camel"])
@pytest.mark.parametrize(
    ("value", "path", "kind", "why"),
    [
        (2j, "", "complex", "the type 'complex' cannot be written"),
        (Failing(), "", "Failing", "the type 'Failing' cannot be written"),
        ([Failing()], ": [0]", "Failing", "the type 'Failing' cannot be written"),
        ("\ud800", "", "str", "text in it has half of a surrogate pair, which UTF-8 cannot carry"),
        ({"\ud800": 1}, ": [a key]", "str", "text in it has half of a surrogate pair, which UTF-8 cannot carry"),
        (CIRCULAR, ": [0]", "list", "it is nested too deeply, or contains itself"),
        (Order(1, [Item("a"), 1j]), ": .items[1]", "complex", "the type 'complex' cannot be written"),  # type: ignore[list-item]
    ],
)
def test_a_value_that_cannot_be_written_is_named(
    name: str, naming: str, value: Any, path: str, kind: str, why: str
) -> None:
    payload = codec(name, naming=naming)
    shown = "JSON" if name == "json" else "MessagePack"
    places: list[tuple[HubMessage, str]] = [
        (InvocationMessage("T", (1, value), "1"), "Argument 2 of 'T'"),
        (StreamInvocationMessage("1", "T", (value,)), "Argument 1 of 'T'"),
        (StreamItemMessage("7", value), "An item of the stream '7'"),
        (CompletionMessage("1", result=value, has_result=True), "The result of invocation '1'"),
    ]
    for message, place in places:
        error = payload.refusal(message, RuntimeError())
        assert isinstance(error, SerializationError)
        assert str(error) == f"{place}{path}, of type '{kind}', cannot be written as {shown}: {why}."


def test_ints_of_more_than_64_bits_cannot_be_written_in_messagepack() -> None:
    error = codec("messagepack").refusal(StreamItemMessage("7", [2**64]), RuntimeError())
    assert str(error) == (
        "An item of the stream '7': [0], of type 'int', cannot be written as MessagePack: "
        "an int in it does not fit 64 bits."
    )


def test_ints_of_more_digits_than_python_prints_cannot_be_written_in_json() -> None:
    error = codec("json").refusal(StreamItemMessage("7", 10**5000), RuntimeError())
    assert str(error).startswith("An item of the stream '7', of type 'int', cannot be written as JSON: ")


@pytest.mark.parametrize("message", [PingMessage(), InvocationMessage("T", (1,)), CompletionMessage("1", "", 1j)])
def test_a_fault_outside_of_the_values_names_the_message(message: HubMessage) -> None:
    error = codec("json").refusal(message, TypeError("it is odd"))
    kind = type(message).__name__
    assert str(error) == f"A message of type '{kind}' cannot be written as JSON: it is odd."


@CODECS
@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        *((int, value) for value in ("5", 1.5, 1.0, True, None, [1])),
        *((float, value) for value in ("1.5", True)),
        *((bool, value) for value in (1, 0, "true")),
        *((str, value) for value in (5, True, None)),
        *((list[int], value) for value in (["1"], {"a": 1}, "ab")),
        (Annotated[int, Meta(ge=0)], -1),
        (Annotated[str, Meta(max_length=1)], "ab"),
        (Color, "RED"),
        (Color, "green"),
        (Item, {}),
        (Item, {"item_name": 1}),
        (Keys, {}),
        (Place, [1]),
        (Picture, {"raw_bytes": [1]}),
        (Album, {"pictures": [{}]}),
        (dict[int, str], {"seven": "x"}),
        (Literal["a"], "b"),
        (int | None, "x"),
    ],
    ids=str,
)
def test_values_are_not_coerced(name: str, annotation: Any, value: Any) -> None:
    for options in ({}, {"naming": "camel"}):
        payload = codec(name, **options)
        with pytest.raises(BindingError):
            payload.value_decoder(annotation)(Raw(payload.encode(value)))


def test_bytes_and_text_are_two_things_in_messagepack() -> None:
    payload = codec("messagepack")
    for annotation, value in ((str, b"a"), (bytes, "YQ==")):
        with pytest.raises(BindingError):
            payload.value_decoder(annotation)(Raw(payload.encode(value)))


@CODECS
def test_an_int_is_welcome_for_a_float(name: str) -> None:
    payload = codec(name)
    read = payload.value_decoder(float)(Raw(payload.encode(1)))
    assert (type(read), read) == (float, 1.0)


@given(raw=st.binary())
@pytest.mark.parametrize("options", [{}, {"naming": "camel", "enums": "name"}], ids=str)
@pytest.mark.parametrize("annotation", [object, Album, Order, dict[str, Picture], list[Color], Decimal, datetime])
@CODECS
def test_arbitrary_bytes_give_a_value_or_a_binding_error(
    name: str, annotation: Any, options: dict[str, Any], raw: bytes
) -> None:
    try:
        CACHE[name, str(options)].value_decoder(annotation)(Raw(raw))
    except BindingError:
        return


CACHE = {
    (name, str(options)): codec(name, **options)
    for name in ("json", "messagepack")
    for options in ({}, {"naming": "camel", "enums": "name"})
}
