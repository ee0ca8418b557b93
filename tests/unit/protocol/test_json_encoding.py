from __future__ import annotations

from typing import Any

import pytest

from signalr_py.exceptions import HubException
from signalr_py.options import JsonPayload
from signalr_py.protocol.json_encoding import JsonWriter
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
from signalr_py.protocol.payload import json_codec

HEADERS = {"a": "b"}
PLAIN = JsonWriter(json_codec(JsonPayload()))
SPELLING = JsonWriter(json_codec(JsonPayload(naming="camel")))


@pytest.mark.parametrize("writer", [PLAIN, SPELLING])
@pytest.mark.parametrize(
    ("message", "text"),
    [
        (InvocationMessage("T"), '{"type":1,"target":"T","arguments":[]}'),
        (InvocationMessage("T", invocation_id="", headers={}), '{"type":1,"target":"T","arguments":[]}'),
        (
            InvocationMessage("T", (1, None), "1", ("2", "3"), HEADERS),
            '{"type":1,"headers":{"a":"b"},"invocationId":"1","target":"T","arguments":[1,null],"streamIds":["2","3"]}',
        ),
        (StreamInvocationMessage("1", "T"), '{"type":4,"invocationId":"1","target":"T","arguments":[]}'),
        (
            StreamInvocationMessage("1", "T", (1,), ("2",), HEADERS),
            '{"type":4,"headers":{"a":"b"},"invocationId":"1","target":"T","arguments":[1],"streamIds":["2"]}',
        ),
        (StreamItemMessage("1", None), '{"type":2,"invocationId":"1","item":null}'),
        (StreamItemMessage("1", [1], HEADERS), '{"type":2,"headers":{"a":"b"},"invocationId":"1","item":[1]}'),
        (CompletionMessage("1"), '{"type":3,"invocationId":"1"}'),
        (CompletionMessage("1", has_result=True), '{"type":3,"invocationId":"1","result":null}'),
        (CompletionMessage("1", result=1, has_result=True), '{"type":3,"invocationId":"1","result":1}'),
        (CompletionMessage("1", result="without has_result"), '{"type":3,"invocationId":"1"}'),
        (
            CompletionMessage("1", "bad", headers=HEADERS),
            '{"type":3,"headers":{"a":"b"},"invocationId":"1","error":"bad"}',
        ),
        (CompletionMessage("1", "bad", 1, has_result=True), '{"type":3,"invocationId":"1","error":"bad"}'),
        (CompletionMessage("1", ""), '{"type":3,"invocationId":"1"}'),
        (CompletionMessage("1", "", 1, has_result=True), '{"type":3,"invocationId":"1","result":1}'),
        (CancelInvocationMessage("1"), '{"type":5,"invocationId":"1"}'),
        (CancelInvocationMessage("1", HEADERS), '{"type":5,"headers":{"a":"b"},"invocationId":"1"}'),
        (PingMessage(), '{"type":6}'),
        (CloseMessage(), '{"type":7}'),
        (CloseMessage("", allow_reconnect=True), '{"type":7,"error":"","allowReconnect":true}'),
        (AckMessage(102020), '{"type":8,"sequenceId":102020}'),
        (SequenceMessage(98764321), '{"type":9,"sequenceId":98764321}'),
    ],
)
def test_members_are_in_order_and_absent_ones_left_out(writer: JsonWriter, message: HubMessage, text: str) -> None:
    assert writer.write(message).decode() == text + "\x1e"


def test_the_separator_occurs_once() -> None:
    assert PLAIN.write(InvocationMessage("T\x1e", ("\x1e", {"\x1e": 1}))).count(b"\x1e") == 1


@pytest.mark.parametrize(
    "message",
    [InvocationBindingFailure("T", None, HubException()), StreamBindingFailure("1", HubException()), None, "text"],
)
def test_what_is_no_message_to_send_is_refused(message: Any) -> None:
    with pytest.raises(TypeError, match="messages of this type are never sent"):
        PLAIN.write(message)
