from __future__ import annotations

import json
import re
from dataclasses import make_dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Flag
from typing import TYPE_CHECKING, Any, NamedTuple, get_type_hints
from uuid import UUID

import pytest
from msgspec import Raw

from signalr_py.exceptions import SerializationError
from signalr_py.options import JsonPayload, MessagePackPayload
from signalr_py.protocol.json import JsonHubProtocol
from signalr_py.protocol.messages import CompletionMessage
from signalr_py.protocol.payload import json_codec, messagepack_codec
from tests.support.documents import blocks_in, pasted
from tests.support.interop import ROOT
from tests.unit.protocol.second_opinion import unpacked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

PAGE = "docs/how-to/serialization.md"
JSON, MESSAGEPACK = json_codec(JsonPayload()), messagepack_codec(MessagePackPayload())
IN_CODE = re.compile(r"`(.*)`")


class Access(Flag):
    READ = 1
    WRITE = 2


class Point(NamedTuple):
    x: int
    y: int


KNOWN: dict[str, Any] = {
    "Access": Access,
    "Decimal": Decimal,
    "Point": Point,
    "UTC": UTC,
    "UUID": UUID,
    "date": date,
    "datetime": datetime,
    "time": time,
    "timedelta": timedelta,
}


def rows(heading: str) -> list[list[str]]:
    text = (ROOT / PAGE).read_text("utf-8").partition(f"## {heading}\n")[2].partition("\n## ")[0]
    lines = [
        line for line in text.splitlines() if line.startswith("| ") and not line.startswith(("| Python", "| option"))
    ]
    return [[cell.strip().replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def code(cell: str) -> str:
    match = IN_CODE.fullmatch(cell)
    assert match is not None, cell
    return match[1]


def described(value: Any) -> str:
    match value:
        case None:
            return "nil"
        case bool():
            return f"bool {str(value).lower()}"
        case bytes():
            return f"bin {value.hex()}"
        case datetime():
            return f"timestamp {value.isoformat().replace('+00:00', 'Z')}"
        case list():
            return f"array {json.dumps(value)}"
        case dict():
            return "map {" + ", ".join(f"{json.dumps(key)}: {json.dumps(item)}" for key, item in value.items()) + "}"
    return f"{type(value).__name__} {value}"


@pytest.fixture(scope="module")
def page() -> Iterator[ModuleType]:
    with pasted(PAGE) as module:
        yield module


@pytest.mark.parametrize("row", rows("Types and their spellings"), ids=lambda row: row[0])
def test_the_table_says_how_values_are_spelled(page: ModuleType, row: list[str]) -> None:
    _, example, in_json, in_messagepack, *_ = row
    value = eval(code(example), vars(page) | KNOWN)
    assert JSON.encode(value).decode() == code(in_json)
    assert described(unpacked(MESSAGEPACK.encode(value))) == code(in_messagepack)


def test_the_table_says_what_the_options_are() -> None:
    for name, values, in_json, in_messagepack, _ in rows("Options"):
        for options, default in ((JsonPayload, in_json), (MessagePackPayload, in_messagepack)):
            allowed = [eval(code(value)) for value in values.split(", ")]
            assert get_type_hints(options)[code(name)].__args__ == tuple(allowed)
            assert getattr(options(), code(name)) == eval(code(default))


def test_the_first_example_goes_there_and_back(page: ModuleType) -> None:
    order = page.Order(UUID(int=1), datetime(2026, 1, 2, tzinfo=UTC), Decimal("12.50"), items=[page.Item("nut", 2)])
    hub_options = page.signalr.options
    for codec in (json_codec(hub_options.json), messagepack_codec(hub_options.messagepack)):
        assert codec.prepare is not None
        data = codec.encode(codec.prepare(order))
        assert codec.value_decoder(page.Order)(Raw(data)) == order


async def test_unions_reach_their_methods(page: ModuleType) -> None:
    hub = page.DrawingHub()
    read = JSON.value_decoder(page.Circle | page.Square)
    assert await hub.area(read(Raw(b'{"type":"circle","radius":1}'))) == 3.0
    assert await hub.area(read(Raw(b'{"type":"square","side":2}'))) == 4.0
    read = JSON.value_decoder(page.Part | str)
    assert await hub.label(read(Raw(b'{"part_name":"nut"}'))) == "nut"
    assert await hub.label(read(Raw(b'"bolt"'))) == "bolt"


def test_the_shown_error_is_the_one_that_is_raised() -> None:
    socket = type("socket", (), {})()
    item, answer = make_dataclass("Item", ["owner"]), make_dataclass("Answer", ["items"])
    with pytest.raises(SerializationError) as raised:
        JsonHubProtocol().encode(
            CompletionMessage("7", result=answer([item(1), item(2), item(3), item(socket)]), has_result=True)
        )
    assert blocks_in(PAGE, "text") == [f"{raised.value}\n"]
