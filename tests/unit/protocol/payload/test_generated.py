from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, Flag
from typing import Any, Generic, TypeVar
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw, Struct
from pydantic import BaseModel

from signalr_py.exceptions import BindingError
from tests.unit.protocol.payload.spelling import SPELLINGS, Spelling
from tests.unit.protocol.payload.value_samples import SAMPLES

T = TypeVar("T")
CODECS = {spelling: spelling.codec() for spelling in SPELLINGS}


class Color(Enum):
    RED = "r"
    BLUE = "b"


class Access(Flag):
    READ = 1
    WRITE = 2
    OWN = 4


class Leaf(BaseModel):
    leaf_name: str
    raw_data: bytes
    price: Decimal | None = None


@dataclass
class Branch:
    branch_name: str
    sub_branches: list[Branch] = field(default_factory=list)
    best_leaf: Leaf | None = None


class Box(Struct, Generic[T]):
    first_item: T
    by_color: dict[Color, T]


class Row(Struct, array_like=True, tag="row"):
    flags: Access
    number: int | str | None


TEXT = st.text(st.characters(codec="utf-8"), max_size=5)
INTEGERS = st.integers(-(2**63), 2**64 - 1)
DECIMALS = st.decimals(allow_nan=False, allow_infinity=False)
FLOATS = st.floats(allow_nan=False)
COLORS = st.sampled_from(Color)
FLAGS = st.integers(0, 7).map(Access)
ZONES = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=st.one_of(st.none(), ZONES))  # noqa: DTZ001
LEAVES = st.builds(Leaf, leaf_name=TEXT, raw_data=st.binary(max_size=4), price=st.none())
BRANCHES = st.recursive(
    st.builds(Branch, TEXT, best_leaf=st.none() | LEAVES),
    lambda inner: st.builds(Branch, TEXT, st.lists(inner, max_size=2), st.none() | LEAVES),
    max_leaves=4,
)
TYPES: list[tuple[Any, st.SearchStrategy[Any]]] = [
    (int, INTEGERS),
    (str, TEXT),
    (bytes, st.binary()),
    (float, st.floats(allow_nan=False, allow_infinity=False)),
    (UUID, st.uuids()),
    (datetime, MOMENTS),
    (date, st.dates()),
    (time, st.times()),
    (timedelta, st.timedeltas()),
    (Access, FLAGS),
    (list[tuple[int, str | None]], st.lists(st.tuples(INTEGERS, st.none() | TEXT), max_size=3)),
    (Mapping[int, set[Color]], st.dictionaries(INTEGERS, st.sets(COLORS), max_size=3)),
    (dict[UUID, date], st.dictionaries(st.uuids(), st.dates(), max_size=3)),
    (Branch, BRANCHES),
    (Box[Branch], st.builds(Box, BRANCHES, st.dictionaries(COLORS, BRANCHES, max_size=2))),
    (Box[list[bytes]], st.builds(Box, st.lists(st.binary(max_size=3), max_size=2), st.just({}))),
    (Row, st.builds(Row, FLAGS, INTEGERS | TEXT | st.none())),
]


def there_and_back(spelling: Spelling, annotation: Any, value: Any) -> Any:
    codec = CODECS[spelling]
    data = codec.encode(value if codec.prepare is None else codec.prepare(value))
    spelling.read(data)
    return codec.value_decoder(annotation)(Raw(data))


@pytest.mark.parametrize(("annotation", "values"), TYPES, ids=lambda one: str(one)[:40])
@given(data=st.data(), spelling=st.sampled_from(SPELLINGS))
def test_generated_values_go_there_and_back(
    annotation: Any, values: st.SearchStrategy[Any], data: st.DataObject, spelling: Spelling
) -> None:
    value = data.draw(values)
    read = there_and_back(spelling, annotation, value)
    assert read == value
    assert type(read) is type(value)


@given(value=DECIMALS, spelling=st.sampled_from(SPELLINGS))
def test_decimals_are_exact_but_as_floats(value: Decimal, spelling: Spelling) -> None:
    read = there_and_back(spelling, Decimal, value)
    if (spelling.protocol, spelling.decimals) == ("messagepack", "number"):
        assert math.isinf(read) or float(read) == float(value)
    else:
        assert read.as_tuple() == value.as_tuple()


@given(value=FLOATS)
def test_infinity_goes_out_in_messagepack_only(value: float) -> None:
    for spelling in SPELLINGS:
        read = there_and_back(spelling, float | None, value)
        assert read == (None if spelling.protocol == "json" and math.isinf(value) else value)


READABLE = {str(sample.annotation): sample.annotation for sample in SAMPLES if sample.is_readable}
DECODERS = {
    (spelling, name): CODECS[spelling].value_decoder(annotation)
    for spelling in SPELLINGS
    for name, annotation in READABLE.items()
}


@given(
    raw=st.binary(max_size=40)
    | st.text('[]{}:,"0123456789.eE+-truefalsn \\', max_size=20).map(str.encode)
    | st.sampled_from([b"\x81" * 2000, b"[" * 100_000, b'{"":' * 50_000, b"\xc1", b"1" * 10_000, b'"\\ud800"']),
    decoder=st.sampled_from(sorted(DECODERS, key=str)),
)
def test_arbitrary_bytes_give_a_value_or_a_binding_error(raw: bytes, decoder: tuple[Spelling, str]) -> None:
    try:
        DECODERS[decoder](Raw(raw))
    except BindingError:
        return


SENT = [
    (spelling, spelling.codec().encode(sample.value))
    for spelling in SPELLINGS
    for sample in SAMPLES
    if sample.is_readable
]


@given(sent=st.sampled_from(SENT), name=st.sampled_from(sorted(READABLE)), cut=st.integers(0, 9))
def test_a_value_of_another_type_gives_a_value_or_a_binding_error(
    sent: tuple[Spelling, bytes], name: str, cut: int
) -> None:
    spelling, data = sent
    try:
        DECODERS[spelling, name](Raw(data[: len(data) - cut]))
    except BindingError:
        return
