from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from msgspec import Raw
from pydantic import BaseModel, ConfigDict

from signalr_py.exceptions import BindingError, HubDefinitionError
from signalr_py.options import JsonPayload, MessagePackPayload
from signalr_py.protocol.payload.formats import JSON, MESSAGEPACK, Format
from signalr_py.protocol.payload.values import ValueBindingError, ValueDecoder, ValueReader, reason

if TYPE_CHECKING:
    from decimal import Decimal as Missing


class Color(Enum):
    RED = "r"


@dataclass
class Item:
    item_name: str
    picture: Picture | None = None


class Picture(BaseModel):
    raw_bytes: bytes


class Strict(BaseModel):
    model_config = ConfigDict(strict=True)
    count: int


class Plain(BaseModel):
    count: int


@dataclass
class Guarded:
    count: int

    def __post_init__(self) -> None:
        if self.count < 0:
            raise LookupError("negative")


class Unreadable:
    pass


@dataclass
class Unresolved:
    missing: Missing


def json(**options: Any) -> ValueReader:
    return ValueReader(JSON, JsonPayload(**options))


def messagepack(**options: Any) -> ValueReader:
    return ValueReader(MESSAGEPACK, MessagePackPayload(**options))


@pytest.mark.parametrize("annotation", [int, object, list[int], Item, Picture, dict[str, Picture | None]])
def test_msgspec_reads_directly_when_names_are_as_declared(annotation: Any) -> None:
    assert json().reading(annotation).is_direct
    assert messagepack().reading(annotation).is_direct


def test_options_that_spell_make_a_type_indirect_only_if_they_concern_it() -> None:
    for values in (json(naming="camel"), messagepack(naming="camel", enums="name")):
        assert not values.reading(Item).is_direct
        assert values.reading(int).is_direct
    assert not json(enums="name").reading(Color).is_direct
    assert json(enums="name").reading(Item).is_direct


def test_values_are_read() -> None:
    text = b'{"item_name":"a","picture":{"raw_bytes":"AAEC"}}'
    item = Item("a", Picture(raw_bytes=b"\x00\x01\x02"))
    assert json().reading(Item).decode(Raw(text)) == item
    camel = text.replace(b"item_name", b"itemName").replace(b"raw_bytes", b"rawBytes")
    assert json(naming="camel").reading(Item).decode(Raw(camel)) == item
    packed = msgspec.msgpack.encode({"ItemName": "a", "Picture": {"RawBytes": b"\x00\x01\x02"}})
    assert messagepack(naming="pascal").reading(Item).decode(Raw(packed)) == item
    assert json(enums="name").reading(list[Color]).decode(Raw(b'["RED"]')) == [Color.RED]


def test_a_model_without_bytes_gets_the_values_as_they_are() -> None:
    assert json().reading(Plain).decode(Raw(b'{"count":"5"}')) == Plain(count=5)
    assert messagepack().reading(Plain).decode(Raw(b"\x81\xa5count\x05")) == Plain(count=5)


def test_anything_is_plain_values() -> None:
    assert json().reading(list[object]).decode(Raw(b'[1,{"a":null}]')) == [1, {"a": None}]


def decoder(annotation: Any) -> ValueDecoder:
    return ValueDecoder(json().reading(annotation).decode, "T")


@pytest.mark.parametrize(
    ("annotation", "text", "why"),
    [
        (int, b'"5"', "Expected `int`, got `str`"),
        (Strict, b'{"count":"5"}', "count: Input should be a valid integer"),
        (Guarded, b'{"count":-1}', "negative"),
        (object, b"[" * 100_000, "it is nested too deeply, or contains itself"),
        (str, b'"\xff"', "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
    ],
)
def test_a_value_that_does_not_fit_is_a_binding_error(annotation: Any, text: bytes, why: str) -> None:
    with pytest.raises(ValueBindingError) as raised:
        decoder(annotation)(Raw(text))
    assert isinstance(raised.value, BindingError)
    assert raised.value.why == why
    assert str(raised.value) == f"A value of type 'T' was expected: {why}"
    assert raised.value.__cause__ is not None


@pytest.mark.parametrize(
    ("annotation", "text"),
    [
        (complex, "The type 'complex' cannot be read: it is neither a plain type, nor a dataclass"),
        (list[complex], "The type 'complex' cannot be read: "),
        ("int", "The type 'int' cannot be read from MessagePack: "),
        (bytes | str, "The type 'bytes | str' cannot be read from MessagePack: "),
        (Item | Guarded, "cannot be read from MessagePack: "),
        (Unresolved, "The type 'Unresolved' cannot be read from MessagePack: name 'Missing' is not defined"),
        (Plain | Unreadable, "cannot be read from MessagePack: "),
    ],
    ids=str,
)
def test_a_type_that_cannot_be_read_is_refused_by_its_name(annotation: Any, text: str) -> None:
    with pytest.raises(HubDefinitionError) as raised:
        messagepack().reading(annotation)
    assert text in str(raised.value)


@pytest.mark.parametrize(
    ("exc", "text"),
    [
        (RecursionError("deep"), "it is nested too deeply, or contains itself"),
        (OverflowError("can't serialize ints < -2**63 or > 2**64 - 1"), "an int in it does not fit 64 bits"),
        (OverflowError("date value out of range"), "date value out of range"),
        (
            UnicodeEncodeError("utf-8", "\ud800", 0, 1, "x"),
            "text in it has half of a surrogate pair, which UTF-8 cannot carry",
        ),
        (ValueError("odd"), "odd"),
        (LookupError(), "LookupError"),
    ],
)
def test_reasons_are_in_words(exc: Exception, text: str) -> None:
    assert reason(exc) == text


def test_only_types_that_allow_for_it_are_held_to_a_depth() -> None:
    values = messagepack()
    bounded, unbounded = values.reading(list[int]), values.reading(object)
    assert values.limited(bounded.decode, bounded) is bounded.decode
    assert json().limited(unbounded.decode, unbounded) is unbounded.decode
    limited = values.limited(unbounded.decode, bounded, unbounded)
    assert limited(Raw(b"\x91" * 62 + b"\x90")) is not None
    with pytest.raises(ValueError, match="it is nested more than 63 levels deep"):
        limited(Raw(b"\x91" * 63 + b"\x90"))


@pytest.mark.parametrize("wire_format", [JSON, MESSAGEPACK])
def test_a_reader_knows_its_format(wire_format: Format) -> None:
    assert ValueReader(wire_format, JsonPayload()).wire_format is wire_format
