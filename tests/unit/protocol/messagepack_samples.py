"""MessagePack messages as lists of their items, good and bad, with what each is read as."""

from __future__ import annotations

from typing import Any

from signalr_py.protocol.base import Parameters
from signalr_py.protocol.messagepack import MessagePackHubProtocol
from signalr_py.protocol.messages import (
    AckMessage,
    CancelInvocationMessage,
    CloseMessage,
    CompletionMessage,
    HubMessage,
    InvocationMessage,
    PingMessage,
    SequenceMessage,
    StreamInvocationMessage,
    StreamItemMessage,
)
from tests.unit.protocol.samples import Binder

__all__ = ["BINDER", "FAULTS", "MESSAGES"]

MESSAGEPACK = MessagePackHubProtocol()
INT = MESSAGEPACK.value_decoder(int)
BINDER = Binder({"Add": MESSAGEPACK.arguments_decoder(Parameters((int, int), 2))}, results={"1": INT}, items={"5": INT})
HEADERS = {"a": "b"}

MESSAGES: list[tuple[list[Any], HubMessage | None]] = [
    ([1, {}, None, "Add", [1, 2], []], InvocationMessage("Add", (1, 2))),
    ([1, {}, "", "Add", [1, 2]], InvocationMessage("Add", (1, 2))),
    ([1, HEADERS, "1", "Add", [1, 2], ["7", "8"]], InvocationMessage("Add", (1, 2), "1", ("7", "8"), HEADERS)),
    ([4, {}, "1", "Add", [1, 2]], StreamInvocationMessage("1", "Add", (1, 2))),
    ([4, HEADERS, "1", "Add", [1, 2], ["7"]], StreamInvocationMessage("1", "Add", (1, 2), ("7",), HEADERS)),
    ([2, {}, "5", 1], StreamItemMessage("5", 1)),
    ([2, HEADERS, "6", [1]], StreamItemMessage("6", None, HEADERS)),
    ([3, {}, "1", 1, "bad"], CompletionMessage("1", "bad")),
    ([3, {}, "1", 1, ""], CompletionMessage("1", "")),
    ([3, {}, "1", 1, None], CompletionMessage("1")),
    ([3, HEADERS, "1", 2], CompletionMessage("1", headers=HEADERS)),
    ([3, {}, "1", 2, "ignored"], CompletionMessage("1")),
    ([3, {}, "1", 3, 42], CompletionMessage("1", result=42, has_result=True)),
    ([3, {}, "2", 3, [42]], CompletionMessage("2", has_result=True)),
    ([5, HEADERS, "1"], CancelInvocationMessage("1", HEADERS)),
    ([6], PingMessage()),
    ([7, None], CloseMessage()),
    ([7, None, True], CloseMessage(allow_reconnect=True)),
    ([7, "", False], CloseMessage("")),
    ([8, 3], AckMessage(3)),
    ([9, 2**63 - 1], SequenceMessage(2**63 - 1)),
    ([10, "anything"], None),
    ([0], None),
    ([-1], None),
]

FAULTS: list[tuple[Any, str]] = [
    ({}, "A message is no MessagePack array, or is cut off."),
    (1, "A message is no MessagePack array, or is cut off."),
    (None, "A message is no MessagePack array, or is cut off."),
    ([], "Reading 'messageType' as Int32 failed."),
    *(([kind], "Reading 'messageType' as Int32 failed.") for kind in ("1", None, 1.0, 2**31, True)),
    *(([kind], "Reading map length for 'headers' failed.") for kind in (1, 2, 3, 4, 5)),
    *(([kind, None, "1"], "Reading map length for 'headers' failed.") for kind in (1, 2, 3, 4, 5)),
    ([1, {1: "b"}, "1"], "Reading 'headers[0].Key' as String failed."),
    ([1, {"a": "b", "c": 1}, "1"], "Reading 'headers[1].Value' as String failed."),
    ([1, {"": "b"}, "1"], "Null or empty key in header."),
    ([1, {None: "b"}, "1"], "Null or empty key in header."),
    ([1, {"a": ""}, "1"], "Null or empty value in header."),
    ([1, {"a": None}, "1"], "Null or empty value in header."),
    *(([kind, {}, 1], "Reading 'invocationId' as String failed.") for kind in (1, 2, 3, 4, 5)),
    *(([kind, {}], "Reading 'invocationId' as String failed.") for kind in (1, 2, 3, 4, 5)),
    *(
        ([kind, {}, empty], f"Null or empty invocation ID for {name} message.")
        for kind, name in ((2, "StreamItem"), (3, "Completion"), (4, "StreamInvocation"), (5, "CancelInvocation"))
        for empty in (None, "")
    ),
    *(([kind, {}, "1", 5], "Reading 'target' as String failed.") for kind in (1, 4)),
    *(([1, {}, "1", empty], "Null or empty target for Invocation message.") for empty in (None, "")),
    *(([4, {}, "1", empty], "Null or empty target for StreamInvocation message.") for empty in (None, "")),
    *(([kind, {}, "1", "Add", [1, 2], None], "Reading array length for 'streamIds' failed.") for kind in (1, 4)),
    ([1, {}, "1", "Add", [1, 2], [1]], "Reading 'streamIds' as String failed."),
    ([1, {}, "1", "Add", [1, 2], ["7", ""]], "Null or empty value in streamIds received."),
    ([1, {}, "1", "Add", [1, 2], [None]], "Null or empty value in streamIds received."),
    ([3, {}, "1"], "Reading 'resultKind' as Int32 failed."),
    ([3, {}, "1", "2"], "Reading 'resultKind' as Int32 failed."),
    ([3, {}, "1", 9], "Invalid invocation result kind."),
    ([3, {}, "1", 1], "Reading 'error' as String failed."),
    ([3, {}, "1", 1, 5], "Reading 'error' as String failed."),
    ([7], "Reading 'error' as String failed."),
    ([7, 1], "Reading 'error' as String failed."),
    ([7, None, None], "Reading 'allowReconnect' as Boolean failed."),
    ([8], "Reading 'sequenceId' as Int64 failed."),
    ([9, 2**63], "Reading 'sequenceId' as Int64 failed."),
    ([9, "1"], "Reading 'sequenceId' as Int64 failed."),
]
