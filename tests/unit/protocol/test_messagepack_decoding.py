from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalr_py.exceptions import BindingError, HubException, RemoteProtocolError
from signalr_py.protocol.messagepack import MessagePackHubProtocol
from signalr_py.protocol.messagepack_decoding import decode
from signalr_py.protocol.messagepack_fields import read_fields
from signalr_py.protocol.messages import (
    CompletionMessage,
    HubMessage,
    InvocationBindingFailure,
    StreamBindingFailure,
)
from tests.unit.protocol.messagepack_samples import BINDER, FAULTS, MESSAGES
from tests.unit.protocol.samples import Anything, messages
from tests.unit.protocol.second_opinion import packed

if TYPE_CHECKING:
    from signalr_py.protocol.base import InvocationBinder

MESSAGEPACK = MessagePackHubProtocol()
ANYTHING = Anything(MESSAGEPACK)


@pytest.mark.parametrize("trailing", [b"", b"\xc1 anything"])
@pytest.mark.parametrize(("items", "message"), MESSAGES)
def test_messages_are_read(items: list[object], message: HubMessage | None, trailing: bytes) -> None:
    assert decode(packed(items) + trailing, BINDER) == message
    assert decode(packed([*items, "further"]) if len(items) > 5 else packed(items), BINDER) == message


@pytest.mark.parametrize(("value", "fault"), FAULTS)
def test_the_field_at_fault_is_named(value: object, fault: str) -> None:
    with pytest.raises(RemoteProtocolError) as raised:
        decode(packed(value), BINDER)
    assert str(raised.value) == fault


@pytest.mark.parametrize("kind", [1, 4])
def test_a_call_that_does_not_fit_is_a_binding_failure(kind: int) -> None:
    failure = decode(packed([kind, {}, "1", "Add", ["x", 2], []]), BINDER)
    assert isinstance(failure, InvocationBindingFailure)
    assert (failure.target, failure.invocation_id) == ("Add", "1")
    assert isinstance(failure.failure, BindingError)


@pytest.mark.parametrize("kind", [1, 4])
def test_a_call_of_an_unknown_method_carries_the_exception_of_the_binder(kind: int) -> None:
    failure = decode(packed([kind, {}, "1", "Nope", [], []]), BINDER)
    assert isinstance(failure, InvocationBindingFailure)
    assert isinstance(failure.failure, HubException)


def test_items_and_results_that_do_not_fit_are_failures() -> None:
    assert isinstance(decode(packed([2, {}, "5", "x"]), BINDER), StreamBindingFailure)
    completion = decode(packed([3, {}, "1", 3, "x"]), BINDER)
    assert isinstance(completion, CompletionMessage)
    assert completion.error == "Error trying to deserialize result to int. Expected `int`, got `str`"


@pytest.mark.parametrize("trailing", [b"", b"\xc1"])
@pytest.mark.parametrize("depth", [500, 20_000])
def test_values_nested_too_deeply_are_failures(depth: int, trailing: bytes) -> None:
    deep = b"\x91" * depth + b"\x90" + trailing
    for target in ("Any", "Nope"):
        for binder in (BINDER, ANYTHING):
            call = decode(packed([1, {}, "1", target, 0])[:-1] + deep, binder)
            assert isinstance(call, InvocationBindingFailure)
    assert isinstance(decode(packed([2, {}, "1", 0])[:-1] + deep, ANYTHING), StreamBindingFailure)
    completion = decode(packed([3, {}, "1", 3, 0])[:-1] + deep, ANYTHING)
    assert isinstance(completion, CompletionMessage)
    assert (completion.error or "").startswith("Error trying to deserialize result to object. it is nested ")
    with pytest.raises(RemoteProtocolError):
        decode(deep, ANYTHING)


@given(messages())
def test_both_ways_of_reading_agree(message: HubMessage) -> None:
    frame = body_of(MESSAGEPACK.encode(message))
    assert decode(frame, ANYTHING) == read_fields(frame, ANYTHING) == message


@given(messages(), st.lists(st.tuples(st.integers(0), st.integers(0, 255)), min_size=1, max_size=4))
def test_mutated_messages_are_read_alike_in_both_ways(message: HubMessage, mutations: list[tuple[int, int]]) -> None:
    frame = bytearray(body_of(MESSAGEPACK.encode(message)))
    for place, byte in mutations:
        frame[place % len(frame)] = byte
    for binder in (BINDER, ANYTHING):
        assert outcome(decode, bytes(frame), binder) == outcome(read_fields, bytes(frame), binder)


@given(st.binary())
def test_arbitrary_bytes_give_a_message_or_a_remote_protocol_error(frame: bytes) -> None:
    for binder in (BINDER, ANYTHING):
        assert outcome(decode, frame, binder) == outcome(read_fields, frame, binder)


def body_of(wire: bytes) -> bytes:
    reader = MESSAGEPACK.frame_reader(None)
    reader.feed(wire)
    frame = reader.next_frame()
    assert frame is not None
    return frame


def outcome(read: object, frame: bytes, binder: InvocationBinder) -> str:
    assert callable(read)
    try:
        return repr(read(frame, binder))
    except RemoteProtocolError as exc:
        return f"{type(exc)}: {exc}"
