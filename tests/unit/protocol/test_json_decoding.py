from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalr_py.exceptions import BindingError, HubException, RemoteProtocolError
from signalr_py.protocol.base import Parameters
from signalr_py.protocol.json import JsonHubProtocol
from signalr_py.protocol.json_decoding import decode
from signalr_py.protocol.messages import (
    AckMessage,
    CancelInvocationMessage,
    CloseMessage,
    CompletionMessage,
    HubMessage,
    InvocationBindingFailure,
    InvocationMessage,
    PingMessage,
    SequenceMessage,
    StreamBindingFailure,
    StreamInvocationMessage,
    StreamItemMessage,
)
from tests.unit.protocol.samples import Anything, Binder, messages

JSON = JsonHubProtocol()
INT = JSON.value_decoder(int)
BINDER = Binder(
    {"Add": JSON.arguments_decoder(Parameters((int, int), 2)), "": JSON.arguments_decoder(Parameters((), 0))},
    results={"1": INT},
    items={"5": INT},
)


def decoded(text: str) -> HubMessage | None:
    return decode(text.encode(), BINDER)


def fault_in(text: str) -> str:
    with pytest.raises(RemoteProtocolError) as raised:
        decoded(text)
    return str(raised.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"type":1,"target":"Add","arguments":[1,2]}', InvocationMessage("Add", (1, 2))),
        (
            '{"streamIds":["7"],"arguments":[1,2],"headers":{"a":"b"},"invocationId":"1","target":"Add","type":1}',
            InvocationMessage("Add", (1, 2), "1", ("7",), {"a": "b"}),
        ),
        ('{"type":1,"target":"Add","arguments":[1,2],"invocationId":""}', InvocationMessage("Add", (1, 2))),
        ('{"type":1,"target":"Add","arguments":[1,2],"headers":{}}', InvocationMessage("Add", (1, 2))),
        ('{"type":1,"target":"","arguments":[]}', InvocationMessage("")),
        (
            '{"type":4,"target":"Add","arguments":[1,2],"invocationId":"1","streamIds":["7"],"headers":{"a":"b"}}',
            StreamInvocationMessage("1", "Add", (1, 2), ("7",), {"a": "b"}),
        ),
        ('{"type":2,"invocationId":"5","item":1}', StreamItemMessage("5", 1)),
        ('{"type":2,"invocationId":"6","item":[1],"headers":{"a":"b"}}', StreamItemMessage("6", None, {"a": "b"})),
        ('{"type":3,"invocationId":"1"}', CompletionMessage("1")),
        ('{"type":3,"invocationId":"1","result":42}', CompletionMessage("1", result=42, has_result=True)),
        ('{"type":3,"invocationId":"2","result":42}', CompletionMessage("2", has_result=True)),
        ('{"type":3,"invocationId":"1","error":""}', CompletionMessage("1", "")),
        (
            '{"type":3,"invocationId":"1","error":"bad","headers":{"a":"b"}}',
            CompletionMessage("1", "bad", headers={"a": "b"}),
        ),
        ('{"type":5,"invocationId":"1","headers":{"a":"b"}}', CancelInvocationMessage("1", {"a": "b"})),
        ('{"type":6}', PingMessage()),
        ('{"type":6,"error":"unused","item":1}', PingMessage()),
        ('{"type":7}', CloseMessage()),
        ('{"type":7,"error":"","allowReconnect":true}', CloseMessage("", allow_reconnect=True)),
        ('{"type":8,"sequenceId":0}', AckMessage(0)),
        ('{"type":9,"sequenceId":3}', SequenceMessage(3)),
        ('{"type":10,"target":"Add"}', None),
        ('{"type":0}', None),
        ('{"type":-1}', None),
    ],
)
def test_messages_are_read(text: str, message: HubMessage | None) -> None:
    assert decoded(text) == message


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('{"type":1,"arguments":[]}', "Missing required property 'target'."),
        ('{"type":1,"target":""}', "Missing required property 'target'."),
        ('{"type":1,"target":"Add"}', "Missing required property 'arguments'."),
        ('{"type":1,"target":"Unknown"}', "Missing required property 'arguments'."),
        ('{"type":4,"invocationId":"1","arguments":[]}', "Missing required property 'target'."),
        ('{"type":4,"invocationId":"1","target":"Add"}', "Missing required property 'arguments'."),
        ('{"type":4,"target":"Add"}', "Missing required property 'invocationId'."),
        ('{"type":4,"target":"Add","arguments":[1,2],"invocationId":""}', "Missing required property 'invocationId'."),
        ('{"type":2,"invocationId":"5"}', "Missing required property 'item'."),
        ('{"type":2,"item":1}', "Missing required property 'invocationId'."),
        ('{"type":3,"result":1}', "Missing required property 'invocationId'."),
        ('{"type":3,"invocationId":"","result":1}', "Missing required property 'invocationId'."),
        (
            '{"type":3,"invocationId":"1","error":"","result":null}',
            "The 'error' and 'result' properties are mutually exclusive.",
        ),
        ('{"type":5}', "Missing required property 'invocationId'."),
        ('{"type":8}', "Missing required property 'sequenceId'."),
        ('{"type":9}', "Missing required property 'sequenceId'."),
        ('{"type":6,"arguments":{}}', "Expected 'arguments' to be of type Array."),
        ("{}", "Missing required property 'type'."),
        ("", "Error reading JSON."),
    ],
)
def test_what_is_missing_or_too_much_is_named(text: str, fault: str) -> None:
    assert fault_in(text) == fault


@pytest.mark.parametrize("kind", [1, 4])
@pytest.mark.parametrize(("invocation_id", "read"), [("", None), ("1", "1")])
def test_a_call_that_does_not_fit_is_a_binding_failure(kind: int, invocation_id: str, read: str | None) -> None:
    text = f'{{"type":{kind},"invocationId":"{invocation_id}","target":"Add","arguments":["x",2]}}'
    failure = decoded(text)
    assert isinstance(failure, InvocationBindingFailure)
    assert (failure.target, failure.invocation_id) == ("Add", read)
    assert isinstance(failure.failure, BindingError)


@pytest.mark.parametrize("kind", [1, 4])
def test_a_call_of_an_unknown_method_carries_the_exception_of_the_binder(kind: int) -> None:
    failure = decoded(f'{{"type":{kind},"target":"Nope","arguments":[]}}')
    assert isinstance(failure, InvocationBindingFailure)
    assert isinstance(failure.failure, HubException)


def test_an_item_that_does_not_fit_is_a_failure_of_its_stream() -> None:
    assert isinstance(decoded('{"type":2,"invocationId":"5","item":"x"}'), StreamBindingFailure)


def test_a_result_that_does_not_fit_is_an_error() -> None:
    completion = decoded('{"type":3,"invocationId":"1","result":"x"}')
    assert isinstance(completion, CompletionMessage)
    assert (completion.error or "").startswith("Error trying to deserialize result to int. ")
    assert not completion.has_result


ANYTHING = Anything(JSON)
MUTATIONS = st.lists(st.tuples(st.integers(0), st.integers(0, 255)), min_size=1, max_size=4)


@given(messages(), MUTATIONS)
def test_mutated_messages_give_a_message_or_a_remote_protocol_error(
    message: HubMessage, mutations: list[tuple[int, int]]
) -> None:
    frame = bytearray(JSON.encode(message)[:-1])
    for place, byte in mutations:
        frame[place % len(frame)] = byte
    check_outcome(bytes(frame))


@given(st.binary() | st.text(alphabet='{}[]":,\\ntruefalsypgi1-.e ').map(str.encode))
def test_arbitrary_bytes_give_a_message_or_a_remote_protocol_error(frame: bytes) -> None:
    check_outcome(frame)


def check_outcome(frame: bytes) -> None:
    binders: tuple[Any, ...] = (BINDER, ANYTHING)
    for binder in binders:
        try:
            message = decode(frame, binder)
        except RemoteProtocolError:
            continue
        assert message is None or isinstance(message, HubMessage)
