from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalr_py.exceptions import BindingError, HubException, RemoteProtocolError
from signalr_py.protocol.messagepack_fields import read_fields
from signalr_py.protocol.messages import (
    CompletionMessage,
    HubMessage,
    InvocationBindingFailure,
    StreamBindingFailure,
)
from tests.unit.protocol.messagepack_samples import BINDER, FAULTS, MESSAGES
from tests.unit.protocol.second_opinion import packed


@pytest.mark.parametrize("trailing", [b"", b"\xc1 anything"])
@pytest.mark.parametrize(("items", "message"), MESSAGES)
def test_messages_are_read_and_what_follows_is_ignored(
    items: list[Any], message: HubMessage | None, trailing: bytes
) -> None:
    assert read_fields(packed(items) + trailing, BINDER) == message


@pytest.mark.parametrize(("value", "fault"), FAULTS)
def test_the_field_at_fault_is_named(value: Any, fault: str) -> None:
    with pytest.raises(RemoteProtocolError) as raised:
        read_fields(packed(value), BINDER)
    assert str(raised.value) == fault


@pytest.mark.parametrize("kind", [1, 4])
@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (packed("x"), "Reading array length for 'arguments' failed."),
        (packed(None), "Reading array length for 'arguments' failed."),
        (b"", "Reading array length for 'arguments' failed."),
        (packed([1]), "Invocation provides 1 argument(s) but target expects 2."),
        (packed(["x", 2]), "Error binding arguments. Make sure that the types of the provided values match "),
        (b"\x92\xcd\x00", "Error binding arguments. Make sure that the types of the provided values match "),
        (b"\x93\x01\x02\xcd", "Invocation provides 3 argument(s) but target expects 2."),
    ],
)
def test_arguments_that_do_not_fit_are_a_binding_failure(kind: int, arguments: bytes, text: str) -> None:
    head = packed([kind, {}, "1", "Add", 0])[:-1]
    failure = read_fields(head + arguments, BINDER)
    assert isinstance(failure, InvocationBindingFailure)
    assert (failure.target, failure.invocation_id) == ("Add", "1")
    assert isinstance(failure.failure, BindingError)
    assert str(failure.failure).startswith(text)


def test_an_unknown_method_carries_the_exception_of_the_binder() -> None:
    failure = read_fields(packed([1, {}, "", "Nope", [], 5]), BINDER)
    assert isinstance(failure, InvocationBindingFailure)
    assert failure.invocation_id is None
    assert isinstance(failure.failure, HubException)


@pytest.mark.parametrize("item", [packed("x"), b"", b"\xcd"])
def test_items_and_results_that_do_not_fit_are_failures(item: bytes) -> None:
    assert isinstance(read_fields(packed([2, {}, "5", 0])[:-1] + item, BINDER), StreamBindingFailure)
    completion = read_fields(packed([3, {}, "1", 3, 0])[:-1] + item, BINDER)
    assert isinstance(completion, CompletionMessage)
    assert (completion.error or "").startswith("Error trying to deserialize result to int. ")


parts: st.SearchStrategy[Any] = (
    st.none() | st.integers(-(2**63), 2**64 - 1) | st.text(st.characters(codec="utf-8")) | st.just({}) | st.just([1])
)


@given(st.binary() | st.tuples(st.integers(1, 9), parts, parts, parts, parts).map(packed))
def test_arbitrary_bytes_and_items_give_a_message_or_a_remote_protocol_error(frame: bytes) -> None:
    try:
        message = read_fields(frame, BINDER)
    except RemoteProtocolError:
        return
    assert message is None or isinstance(message, HubMessage)
