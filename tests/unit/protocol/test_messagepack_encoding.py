from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from signalr_py.exceptions import HubException
from signalr_py.options import MessagePackPayload
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
from signalr_py.protocol.payload import messagepack_codec
from tests.unit.protocol.samples import plain_values
from tests.unit.protocol.second_opinion import packed

HEADERS = {"a": "b"}
PLAIN = MessagePackWriter(messagepack_codec(MessagePackPayload()))
SPELLING = MessagePackWriter(messagepack_codec(MessagePackPayload(naming="camel")))


def written(writer: MessagePackWriter, message: HubMessage) -> bytes:
    data = writer.write(message)
    assert data[0] == len(data) - 1
    return data[1:]


@pytest.mark.parametrize("writer", [PLAIN, SPELLING])
@pytest.mark.parametrize(
    ("message", "items"),
    [
        (InvocationMessage("T"), [1, {}, None, "T", [], []]),
        (InvocationMessage("T", invocation_id=""), [1, {}, None, "T", [], []]),
        (InvocationMessage("T", (1, None), "1", ("2",), HEADERS), [1, HEADERS, "1", "T", [1, None], ["2"]]),
        (StreamInvocationMessage("1", "T"), [4, {}, "1", "T", [], []]),
        (StreamInvocationMessage("1", "T", (1,), ("2",), HEADERS), [4, HEADERS, "1", "T", [1], ["2"]]),
        (StreamItemMessage("1", None), [2, {}, "1", None]),
        (StreamItemMessage("1", [1], HEADERS), [2, HEADERS, "1", [1]]),
        (CompletionMessage("1"), [3, {}, "1", 2]),
        (CompletionMessage("1", result="without has_result"), [3, {}, "1", 2]),
        (CompletionMessage("1", has_result=True, headers=HEADERS), [3, HEADERS, "1", 3, None]),
        (CompletionMessage("1", result=42, has_result=True), [3, {}, "1", 3, 42]),
        (CompletionMessage("1", "bad"), [3, {}, "1", 1, "bad"]),
        (CompletionMessage("1", "", 42, has_result=True), [3, {}, "1", 1, ""]),
        (CancelInvocationMessage("1", HEADERS), [5, HEADERS, "1"]),
        (PingMessage(), [6]),
        (CloseMessage(), [7, None, False]),
        (CloseMessage("", allow_reconnect=True), [7, "", True]),
        (AckMessage(42), [8, 42]),
        (SequenceMessage(146), [9, 146]),
    ],
)
def test_items_are_in_order_and_none_is_left_out(
    writer: MessagePackWriter, message: HubMessage, items: list[Any]
) -> None:
    assert written(writer, message) == packed(items)


@given(plain_values())
def test_values_are_written_as_the_msgpack_library_writes_them(value: Any) -> None:
    data = PLAIN.write(StreamItemMessage("1", value))
    assert data.endswith(packed([2, {}, "1", value]))


def test_a_long_message_has_a_long_length() -> None:
    data = PLAIN.write(InvocationMessage("T", ("x" * 300,)))
    assert data[:2] == bytes([(len(data) - 2) & 0x7F | 0x80, (len(data) - 2) >> 7])


@pytest.mark.parametrize(
    "message",
    [InvocationBindingFailure("T", None, HubException()), StreamBindingFailure("1", HubException()), None, "text"],
)
def test_what_is_no_message_to_send_is_refused(message: Any) -> None:
    with pytest.raises(TypeError, match="messages of this type are never sent"):
        PLAIN.write(message)
