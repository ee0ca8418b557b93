from __future__ import annotations

import sys

import pytest

from signalr_py.protocol.framing import LengthPrefixedFrameReader, length_prefixed
from tests.support.instructions import Cost, cost_of, counted


def test_only_the_package_is_counted_and_the_same_each_time() -> None:
    assert cost_of(lambda: sum(range(1000))).total == 0
    once = cost_of(lambda: length_prefixed(b"x"))
    twice = cost_of(lambda: (length_prefixed(b"x"), length_prefixed(b"x")))
    assert 5 < once.total < 100
    assert twice.total == 2 * once.total
    assert twice.less(once).total == once.total


def test_it_is_over_with_the_block_also_if_that_fails() -> None:
    with pytest.raises(ValueError, match="no"), counted() as cost:
        raise ValueError("no")
    length_prefixed(b"x")
    assert cost.total == 0


def test_what_looked_on_before_looks_on_afterwards() -> None:
    before = sys.gettrace()
    with counted():
        length_prefixed(b"x")
    assert sys.gettrace() is before


def test_a_cost_above_its_bound_says_where_it_is() -> None:
    def read() -> None:
        reader = LengthPrefixedFrameReader()
        reader.feed(b"\x01x")
        reader.next_frame()

    cost = cost_of(read)
    cost.check(cost.total)
    with pytest.raises(AssertionError, match=r"(?s)no more than 5 .*PrefixedFrameReader\.next_frame \(.*:\d+"):
        cost.check(5)
    with pytest.raises(AssertionError, match="lower the bound of 1000"):
        cost.check(1000)


def test_nothing_costs_nothing() -> None:
    with pytest.raises(AssertionError, match="Only 0 instructions"):
        Cost().check(1)
