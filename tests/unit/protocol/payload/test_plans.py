from __future__ import annotations

import binascii
from enum import Enum, Flag, IntEnum
from typing import Any

import pytest

from signalr_py.protocol.payload.plans import (
    Alternative,
    Alternatives,
    Entries,
    Later,
    Members,
    Names,
    NamesOfFlags,
    Positions,
    from_base64,
)


class Color(Enum):
    RED = "r"
    BLUE = "b"


class Level(IntEnum):
    LOW = 1


class Access(Flag):
    READ = 1
    WRITE = 2
    BOTH = 3


def double(value: Any) -> Any:
    return value * 2


def members(**names: str) -> Members:
    plan = Members()
    for declared, wire_name in names.items():
        plan.add(wire_name, declared, None)
    return plan


def test_base64_text_becomes_bytes() -> None:
    assert from_base64("AAEC") == b"\x00\x01\x02"
    assert from_base64(5) == 5
    for text in ("not base64!", "AAE", "é"):
        with pytest.raises((binascii.Error, ValueError)):
            from_base64(text)


def test_names_become_values() -> None:
    assert Names(Color)("RED") == "r"
    assert Names(Level)("LOW") == 1
    assert Names(Level)(1) == 1
    with pytest.raises(ValueError, match="Invalid name of a member of 'Color'"):
        Names(Color)("r")


def test_names_of_flags_become_their_value() -> None:
    plan = NamesOfFlags(Access)
    assert [plan(text) for text in ("READ", "READ, WRITE", "WRITE,READ", "BOTH, READ", "0", "4, READ")] == [
        1,
        3,
        3,
        3,
        0,
        5,
    ]
    assert plan(3) == 3
    for text in ("", "READ|WRITE", "read", "-1", "READ,"):
        with pytest.raises(ValueError, match="Invalid name of a member of 'Access'"):
            plan(text)


def test_positions_are_turned_by_their_place_and_the_others_alike() -> None:
    plan = Positions(double)
    plan.add(None)
    plan.add(str)
    assert plan([1, 2, 3, 4]) == [1, "2", 6, 8]
    assert plan([1]) == [1]
    assert plan([]) == []
    assert plan("no list") == "no list"
    assert Positions()([1]) == [1]


def test_entries_are_turned_in_key_and_value() -> None:
    assert Entries(str, double)({1: 2}) == {"1": 4}
    assert Entries(None, None)({1: 2}) == {1: 2}
    assert Entries(str, double)([1]) == [1]


def test_members_are_renamed_and_turned_and_others_pass() -> None:
    plan = members(user_name="userName", id="id")
    plan.add("count", "count", double)
    assert plan({"userName": "u", "count": 2, "extra": 1}) == {"user_name": "u", "count": 4, "extra": 1}
    assert plan(["no object"]) == ["no object"]


def test_the_name_on_the_wire_wins_over_the_declared_one() -> None:
    plan = members(user_name="userName")
    assert plan({"userName": 1, "user_name": 2}) == plan({"user_name": 2, "userName": 1}) == {"user_name": 1}


def test_two_members_may_swap_their_names() -> None:
    assert members(a="b", b="a")({"a": 1, "b": 2}) == {"b": 1, "a": 2}


def test_a_plan_can_be_given_later() -> None:
    later = Later()
    assert later(1) == 1
    later.plan = double
    assert later(1) == 2


def test_a_tag_chooses_between_objects() -> None:
    plan = Alternatives(
        [Alternative(members(a="A"), "kind", "one"), Alternative(members(b="A"), "kind", "two")], [], None
    )
    assert plan({"kind": "one", "A": 1}) == {"kind": "one", "a": 1}
    assert plan({"kind": "two", "A": 1}) == {"kind": "two", "b": 1}


def test_the_names_choose_between_objects_without_a_tag() -> None:
    plan = Alternatives([Alternative(members(a="A")), Alternative(members(b="B", c="C"))], [], None)
    assert plan({"A": 1}) == {"a": 1}
    assert plan({"B": 1}) == {"b": 1}
    assert plan({"A": 1, "B": 2, "C": 3}) == {"A": 1, "b": 2, "c": 3}
    dictionary = Alternatives([Alternative(Entries(str, None))], [], None)
    assert dictionary({1: 2}) == {"1": 2}


def test_a_tag_in_front_chooses_between_arrays() -> None:
    first, second = Positions(double), Positions(str)
    plan = Alternatives([], [Alternative(first, "type", 1), Alternative(second, "type", 2)], None)
    assert plan([1, 5]) == [2, 10]
    assert plan([2, 5]) == ["2", "5"]
    assert plan([3, 5]) == [6, 10]
    assert plan([]) == []


def test_a_shape_that_no_alternative_has_passes() -> None:
    nothing = Alternatives([], [], None)
    for value in ({"a": 1}, [1], "text", None):
        assert nothing(value) == value
    assert Alternatives([], [], Names(Color))("BLUE") == "b"
