from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from msgspec import Raw

from signalr_py.protocol.payload.depth import MAXIMUM_DEPTH, is_too_deep_messagepack
from tests.unit.protocol.samples import plain_values
from tests.unit.protocol.second_opinion import packed


def nested(depth: int) -> bytes:
    return b"\x91" * (depth - 1) + b"\x90"


@pytest.mark.parametrize(
    ("data", "too_deep"),
    [
        (nested(MAXIMUM_DEPTH), False),
        (nested(MAXIMUM_DEPTH + 1), True),
        (nested(500), True),
        (b"\x81\x01" * MAXIMUM_DEPTH + b"\x80", True),
        (b"\x81\x01" * MAXIMUM_DEPTH + b"\xc0", False),
        (b"\x92\x81\x01\x91" * 40 + b"\x80" + b"\xc0" * 40, True),
        (packed([[]] * 2000), False),
        (packed([{"a": [{}]}] * 2000), False),
        (packed("\x80\x90" * 2000), False),
        (packed(b"\x91" * 2000), False),
        (packed(1), False),
    ],
)
def test_depth_counts_arrays_and_maps(data: bytes, too_deep: bool) -> None:
    assert is_too_deep_messagepack(Raw(data)) is too_deep


@given(plain_values())
def test_depth_agrees_with_a_naive_count(value: Any) -> None:
    wrapped = value
    for _ in range(MAXIMUM_DEPTH - 2):
        wrapped = [wrapped]
    assert is_too_deep_messagepack(Raw(packed(wrapped))) is (depth_of(wrapped) > MAXIMUM_DEPTH)


def depth_of(value: Any) -> int:
    if isinstance(value, dict):
        value = list(value.values())
    return 1 + max(map(depth_of, value), default=0) if isinstance(value, list) else 0
