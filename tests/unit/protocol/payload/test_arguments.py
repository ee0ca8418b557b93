from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from signalr_py.exceptions import BindingError, HubDefinitionError
from signalr_py.options import JsonPayload, MessagePackPayload
from signalr_py.protocol.base import Parameters
from signalr_py.protocol.payload.arguments import ArgumentsReader
from signalr_py.protocol.payload.formats import JSON, MESSAGEPACK, MISMATCH
from signalr_py.protocol.payload.values import ValueReader


@dataclass
class Item:
    item_name: str


VALUES = {
    "json": ValueReader(JSON, JsonPayload()),
    "messagepack": ValueReader(MESSAGEPACK, MessagePackPayload()),
    "json in camelCase": ValueReader(JSON, JsonPayload(naming="camel")),
    "messagepack in camelCase": ValueReader(MESSAGEPACK, MessagePackPayload(naming="camel")),
}
READERS = pytest.mark.parametrize("values", VALUES.values(), ids=VALUES.keys())


def parameters(*types: Any, required: int | None = None, more: Any = None) -> Parameters:
    count = len(types) if required is None else required
    if more is None:
        return Parameters(types, count)
    return Parameters(types, count, more, accepts_more=True)


def read(values: ValueReader, wanted: Parameters, sent: list[Any]) -> tuple[Any, ...]:
    return ArgumentsReader(wanted, values).read(Raw(values.wire_format.encoder().encode(sent)))


def fault(values: ValueReader, wanted: Parameters, sent: Any) -> str:
    with pytest.raises(BindingError) as raised:
        read(values, wanted, sent)
    assert raised.value.__cause__ is not None
    return str(raised.value)


@READERS
@pytest.mark.parametrize(
    ("wanted", "sent"),
    [
        (parameters(), []),
        (parameters(int), [1]),
        (parameters(int, str), [1, "a"]),
        (parameters(int, str, required=1), [1]),
        (parameters(int, str, required=1), [1, "a"]),
        (parameters(int, required=0), []),
        (parameters(more=int), []),
        (parameters(more=int), [1, 2, 3]),
        (parameters(str, more=int), ["a"]),
        (parameters(str, more=int), ["a", 1, 2]),
        (parameters(str, str, required=1, more=int), ["a"]),
        (parameters(str, str, required=1, more=int), ["a", "b", 1]),
        (parameters(object, more=object), [None, {"a": [1]}, 1.5]),
    ],
    ids=str,
)
def test_arguments_are_read_as_sent(values: ValueReader, wanted: Parameters, sent: list[Any]) -> None:
    assert read(values, wanted, sent) == tuple(sent)


@pytest.mark.parametrize(
    "wanted", [parameters(int, Item), parameters(int, Item, required=0), parameters(int, more=Item)]
)
def test_members_are_renamed_where_the_options_say(wanted: Parameters) -> None:
    for name in ("json", "messagepack"):
        assert read(VALUES[name], wanted, [1, {"item_name": "a"}]) == (1, Item("a"))
        assert read(VALUES[f"{name} in camelCase"], wanted, [1, {"itemName": "a"}]) == (1, Item("a"))
        assert fault(VALUES[f"{name} in camelCase"], wanted, [1, {"itemname": "a"}]) == MISMATCH


@READERS
@pytest.mark.parametrize(
    ("wanted", "sent", "count", "expected"),
    [
        (parameters(), [1], 1, 0),
        (parameters(int, int), [], 0, 2),
        (parameters(int, int), [1], 1, 2),
        (parameters(int, int), [1, 2, 3], 3, 2),
        (parameters(int, str, required=1), [], 0, 1),
        (parameters(int, str, required=1), [1, "a", 2], 3, 2),
        (parameters(str, str, more=int), ["a"], 1, 2),
        (parameters(Item), [], 0, 1),
    ],
    ids=str,
)
def test_a_wrong_number_is_named(
    values: ValueReader, wanted: Parameters, sent: list[Any], count: int, expected: int
) -> None:
    assert fault(values, wanted, sent) == f"Invocation provides {count} argument(s) but target expects {expected}."


@READERS
@pytest.mark.parametrize(
    ("wanted", "sent"),
    [
        (parameters(int), ["5"]),
        (parameters(int), [1.5]),
        (parameters(int, str, required=1), [1, 2]),
        (parameters(more=int), ["a"]),
        (parameters(str, more=int), ["a", "b"]),
        (parameters(Item), [{}]),
        (parameters(Item), [None]),
    ],
    ids=str,
)
def test_a_wrong_type_is_said_in_the_words_of_the_reference(
    values: ValueReader, wanted: Parameters, sent: list[Any]
) -> None:
    assert fault(values, wanted, sent) == (
        "Error binding arguments. Make sure that the types of the provided values match the types of the hub method "
        "being invoked."
    )


def test_of_both_faults_json_reports_the_type_and_messagepack_the_number() -> None:
    assert fault(VALUES["json"], parameters(int, int), ["x"]) == MISMATCH
    text = "Invocation provides 1 argument(s) but target expects 2."
    assert fault(VALUES["messagepack"], parameters(int, int), ["x"]) == text
    assert fault(VALUES["json"], parameters(int), [1, "x"]).startswith("Invocation provides 2")


@pytest.mark.parametrize("sent", [None, {}, "x", 1])
def test_what_is_no_array_is_refused(sent: Any) -> None:
    assert fault(VALUES["json"], parameters(), sent) == MISMATCH
    assert fault(VALUES["messagepack"], parameters(), sent) == "Reading array length for 'arguments' failed."


def test_a_parameter_that_cannot_be_read_is_refused_at_start_up() -> None:
    for wanted in (parameters(int, complex), parameters(more=complex)):
        with pytest.raises(HubDefinitionError, match="'complex'"):
            ArgumentsReader(wanted, VALUES["json"])


def nested(depth: int) -> list[Any]:
    return [nested(depth - 1)] if depth else []


@pytest.mark.parametrize(
    "wanted", [parameters(object), parameters(object, object, required=1), parameters(more=object)]
)
def test_arguments_nested_too_deeply_are_refused(wanted: Parameters) -> None:
    assert read(VALUES["messagepack"], wanted, [nested(61)]) == (nested(61),)
    assert fault(VALUES["messagepack"], wanted, [nested(62)]) == MISMATCH


@READERS
@pytest.mark.parametrize("wanted", [parameters(int, Item), parameters(Item, required=0), parameters(int, more=object)])
@given(raw=st.binary())
def test_arbitrary_bytes_give_arguments_or_a_binding_error(values: ValueReader, wanted: Parameters, raw: bytes) -> None:
    try:
        arguments = ArgumentsReader(wanted, values).read(Raw(raw))
    except BindingError:
        return
    assert isinstance(arguments, tuple)
