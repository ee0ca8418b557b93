from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given

from signalr_py.exceptions import HubException
from signalr_py.options import JsonPayload, MessagePackPayload
from signalr_py.protocol.json_encoding import JsonWriter
from signalr_py.protocol.messagepack_encoding import MessagePackWriter
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
from signalr_py.protocol.payload import json_codec, messagepack_codec
from tests.unit.protocol.samples import plain_values
from tests.unit.protocol.second_opinion import packed

if TYPE_CHECKING:
    from signalr_py.protocol.message_writer import MessageWriter

HEADERS = {"a": "b"}
IN_JSON = '"headers":{"a":"b"}'
PLAIN = JsonWriter(json_codec(JsonPayload())), MessagePackWriter(messagepack_codec(MessagePackPayload()))
SPELLING = (
    JsonWriter(json_codec(JsonPayload(naming="camel"))),
    MessagePackWriter(messagepack_codec(MessagePackPayload(naming="camel"))),
)


@pytest.mark.parametrize("writers", [PLAIN, SPELLING], ids=["plain", "spelling"])
@pytest.mark.parametrize(
    ("message", "text", "items"),
    [
        (InvocationMessage("T"), '{"type":1,"target":"T","arguments":[]}', [1, {}, None, "T", [], []]),
        (
            InvocationMessage("T", invocation_id="", headers={}),
            '{"type":1,"target":"T","arguments":[]}',
            [1, {}, None, "T", [], []],
        ),
        (
            InvocationMessage("T", (1, None), "1", ("2", "3"), HEADERS),
            f'{{"type":1,{IN_JSON},"invocationId":"1","target":"T","arguments":[1,null],"streamIds":["2","3"]}}',
            [1, HEADERS, "1", "T", [1, None], ["2", "3"]],
        ),
        (
            StreamInvocationMessage("1", "T"),
            '{"type":4,"invocationId":"1","target":"T","arguments":[]}',
            [4, {}, "1", "T", [], []],
        ),
        (
            StreamInvocationMessage("1", "T", (1,), ("2",), HEADERS),
            f'{{"type":4,{IN_JSON},"invocationId":"1","target":"T","arguments":[1],"streamIds":["2"]}}',
            [4, HEADERS, "1", "T", [1], ["2"]],
        ),
        (StreamItemMessage("1", None), '{"type":2,"invocationId":"1","item":null}', [2, {}, "1", None]),
        (
            StreamItemMessage("1", [1], HEADERS),
            f'{{"type":2,{IN_JSON},"invocationId":"1","item":[1]}}',
            [2, HEADERS, "1", [1]],
        ),
        (CompletionMessage("1"), '{"type":3,"invocationId":"1"}', [3, {}, "1", 2]),
        (
            CompletionMessage("1", has_result=True, headers=HEADERS),
            f'{{"type":3,{IN_JSON},"invocationId":"1","result":null}}',
            [3, HEADERS, "1", 3, None],
        ),
        (
            CompletionMessage("1", result=42, has_result=True),
            '{"type":3,"invocationId":"1","result":42}',
            [3, {}, "1", 3, 42],
        ),
        (CompletionMessage("1", result="without has_result"), '{"type":3,"invocationId":"1"}', [3, {}, "1", 2]),
        (
            CompletionMessage("1", "bad", headers=HEADERS),
            f'{{"type":3,{IN_JSON},"invocationId":"1","error":"bad"}}',
            [3, HEADERS, "1", 1, "bad"],
        ),
        (
            CompletionMessage("1", "bad", 1, has_result=True),
            '{"type":3,"invocationId":"1","error":"bad"}',
            [3, {}, "1", 1, "bad"],
        ),
        (CompletionMessage("1", ""), '{"type":3,"invocationId":"1"}', [3, {}, "1", 1, ""]),
        (
            CompletionMessage("1", "", 1, has_result=True),
            '{"type":3,"invocationId":"1","result":1}',
            [3, {}, "1", 1, ""],
        ),
        (CancelInvocationMessage("1"), '{"type":5,"invocationId":"1"}', [5, {}, "1"]),
        (CancelInvocationMessage("1", HEADERS), f'{{"type":5,{IN_JSON},"invocationId":"1"}}', [5, HEADERS, "1"]),
        (PingMessage(), '{"type":6}', [6]),
        (CloseMessage(), '{"type":7}', [7, None, False]),
        (
            CloseMessage("", allow_reconnect=True),
            '{"type":7,"error":"","allowReconnect":true}',
            [7, "", True],
        ),
        (AckMessage(102020), '{"type":8,"sequenceId":102020}', [8, 102020]),
        (SequenceMessage(98764321), '{"type":9,"sequenceId":98764321}', [9, 98764321]),
    ],
)
def test_messages_are_written_in_order(
    writers: tuple[JsonWriter, MessagePackWriter], message: HubMessage, text: str, items: list[Any]
) -> None:
    json, messagepack = writers
    assert json.write(message).decode() == text + "\x1e"
    body = packed(items)
    assert messagepack.write(message) == bytes([len(body)]) + body


def test_the_separator_occurs_once() -> None:
    assert PLAIN[0].write(InvocationMessage("T\x1e", ("\x1e", {"\x1e": 1}))).count(b"\x1e") == 1


@given(plain_values())
def test_values_are_written_as_the_msgpack_library_writes_them(value: Any) -> None:
    assert PLAIN[1].write(StreamItemMessage("1", value)).endswith(packed([2, {}, "1", value]))


def test_a_long_message_has_a_long_length() -> None:
    data = PLAIN[1].write(InvocationMessage("T", ("x" * 300,)))
    assert data[:2] == bytes([(len(data) - 2) & 0x7F | 0x80, (len(data) - 2) >> 7])


@pytest.mark.parametrize("writer", PLAIN)
@pytest.mark.parametrize(
    "message",
    [InvocationBindingFailure("T", None, HubException()), StreamBindingFailure("1", HubException()), None, "text"],
)
def test_what_is_no_message_to_send_is_refused(writer: MessageWriter, message: Any) -> None:
    with pytest.raises(TypeError, match="messages of this type are never sent"):
        writer.write(message)
