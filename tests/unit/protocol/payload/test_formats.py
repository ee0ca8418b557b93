from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from msgspec import Raw

from signalr_py.protocol.payload.formats import JSON, MESSAGEPACK, Format
from tests.unit.protocol.samples import plain_values

FORMATS = pytest.mark.parametrize("wire_format", [JSON, MESSAGEPACK], ids=lambda each: each.name)


@FORMATS
@given(value=plain_values())
def test_plain_values_are_read_and_written_without_loss(wire_format: Format, value: Any) -> None:
    written = wire_format.encoder().encode(value)
    read = wire_format.plain_decoder.decode(written)
    assert wire_format.plain_decoder.decode(wire_format.plain_encoder.encode(read)) == read
    assert wire_format.decoder().decode(wire_format.plain_encoder.encode(read)) == value


def test_json_numbers_keep_their_digits() -> None:
    read = JSON.plain_decoder.decode(b"[12.50,1e5,1e400]")
    assert read == [Decimal("12.50"), Decimal("1e5"), Decimal("1e400")]
    assert JSON.plain_encoder.encode(read) == b"[12.50,1E+5,1E+400]"


def test_messagepack_timestamps_stay_timestamps() -> None:
    moment = datetime(2026, 1, 2, tzinfo=UTC)
    assert MESSAGEPACK.plain_decoder.decode(MESSAGEPACK.plain_encoder.encode(moment)) == moment


@FORMATS
@pytest.mark.parametrize("count", [0, 1, 20])
def test_items_are_counted_and_stay_encoded(wire_format: Format, count: int) -> None:
    raw = Raw(wire_format.encoder().encode(["x"] * count))
    assert wire_format.count(raw) == len(wire_format.items_decoder.decode(raw)) == count


@FORMATS
@pytest.mark.parametrize("value", ["x", None, {}, 1])
def test_what_is_no_array_has_no_count(wire_format: Format, value: Any) -> None:
    assert wire_format.count(Raw(wire_format.encoder().encode(value))) is None


@pytest.mark.parametrize("text", [b"", b"[", b'["\\ud800"]', b"[" * 100_000, b'["\xff"'])
def test_what_is_no_json_has_no_count(text: bytes) -> None:
    assert JSON.count(Raw(text)) is None


def test_only_values_in_messagepack_are_held_to_a_depth() -> None:
    assert JSON.is_too_deep is None
    assert MESSAGEPACK.is_too_deep is not None
    assert MESSAGEPACK.is_too_deep(Raw(b"\x91" * 100 + b"\x90"))
