from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

import attrs
import msgspec
import pytest
from msgspec import Struct
from pydantic import BaseModel, ConfigDict

from signalr_py.protocol.payload.faults import find_fault
from signalr_py.protocol.payload.writing import write_unknown


class Socket:
    pass


@dataclass
class Item:
    owner: Any
    label: str = ""


@dataclass
class Late:
    number: int
    never_set: Any = field(init=False)


class Order(Struct):
    items: Any


@attrs.define
class Attributes:
    first: Any


class Place(NamedTuple):
    here: Any


class Model(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)
    inner: Any = None


class UnluckyMapping(dict[str, Any]):
    def __iter__(self) -> Any:
        raise RuntimeError


def write(value: Any) -> bytes:
    return msgspec.json.encode(value, enc_hook=write_unknown)


S = Socket()
CYCLE: dict[str, Any] = {"a": 1}
CYCLE["children"] = [0, {"parent": CYCLE}]
DEEP: list[Any] = []
for _ in range(200_000):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    ("value", "path", "kind"),
    [
        (S, "", "Socket"),
        ([1, S], "[1]", "Socket"),
        ((1, 2, 3, S, 5), "[3]", "Socket"),
        (deque([S]), "[0]", "Socket"),
        ({S}, "[an item]", "Socket"),
        (frozenset({1, S}), "[an item]", "Socket"),
        ({"owner": S}, "['owner']", "Socket"),
        ({"ab1": 1, "secret token": S}, "[entry 1]", "Socket"),
        ({"x" * 33: S}, "[entry 0]", "Socket"),
        ({7: S}, "[entry 0]", "Socket"),
        ({"a": {1: 2, (1, 2): 3}}, "['a'][a key]", "tuple"),
        (MappingProxyType({"owner": S}), "['owner']", "Socket"),
        (Order([0, 1, 2, Item(S)]), ".items[3].owner", "Socket"),
        (Order({"a": Attributes(Place(S))}), ".items['a'].first.here", "Socket"),
        ([Model(inner=Item(S))], "[0].inner.owner", "Socket"),
        (Item([S], "\ud800"), ".owner[0]", "Socket"),
        (Item(1, "\ud800"), ".label", "str"),
        ([list(range(1000)), [*range(777), S, *range(500), S]], "[1][777]", "Socket"),
        (CYCLE, "['children'][1]['parent']", "dict"),
        (DEEP, "", "list"),
        ([UnluckyMapping(a=S)], "[0]", "UnluckyMapping"),
        (Late(1), None, None),
        ([1, "a", {"b": None}], None, None),
    ],
    ids=lambda value: str(type(value).__name__),
)
def test_the_innermost_part_that_cannot_be_written_is_found(value: Any, path: str | None, kind: str | None) -> None:
    fault = find_fault(value, write)
    assert (fault and fault.path, fault and type(fault.culprit).__name__) == (path, kind)


def test_a_long_list_is_not_written_item_by_item() -> None:
    written = 0

    def count(value: Any) -> None:
        nonlocal written
        written += 1
        write(value)

    fault = find_fault([*range(100_000), S], count)
    assert fault is not None
    assert fault.path == "[100000]"
    assert written < 50
