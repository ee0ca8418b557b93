"""What ASP.NET Core's own codecs wrote and read, row by row."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import IntEnum
from pathlib import Path
from typing import Annotated, Any, ClassVar
from uuid import UUID

import msgspec
import pytest
from msgspec import Meta

from signalr_py.exceptions import HubException, RemoteProtocolError
from signalr_py.options import JsonPayload, MessagePackPayload
from signalr_py.protocol.base import ArgumentsDecoder, HubProtocol, Parameters, ValueDecoder
from signalr_py.protocol.handshake import encode_request, encode_response
from signalr_py.protocol.json import JsonHubProtocol
from signalr_py.protocol.messagepack import MessagePackHubProtocol
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
from signalr_py.protocol.negotiation import NegotiateResponse
from signalr_py.types import TransportType
from tests.unit.protocol.samples import Binder as OneResult
from tests.vectors.differences import DIFFERENCES

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[2] / "vectors" / "protocol.json").read_bytes())
VALUES = "write values (as the result of a completion of invocation 1)"
READ_JSON = "read json (each input ends with the record separator 0x1e)"

Int32 = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]


class Severity(IntEnum):
    Info = 0
    Warning = 1
    Critical = 2


@dataclass(frozen=True)
class Item:
    name: str
    quantity: Int32


@dataclass(frozen=True)
class Order:
    id: UUID
    customer: str
    total: Decimal
    placed_at: datetime
    severity: Severity
    items: list[Item]
    tags: dict[str, Int32]
    note: str | None


@dataclass(frozen=True)
class Nested:
    X: float


@dataclass(frozen=True)
class Anonymous:
    anonymous: int
    Nested: Nested


ID = UUID("6f9619ff-8b86-d011-b42d-00cf4fc964ff")
MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ORDER = Order(
    ID,
    "Zoë",
    Decimal("12.50"),
    MOMENT.replace(microsecond=678_000),
    Severity.Critical,
    [Item("nut", 2), Item("bolt", 3)],
    {"a": 1, "b": -1},
    None,
)

JSON = JsonHubProtocol(JsonPayload(naming="camel"))
MESSAGEPACK = MessagePackHubProtocol(MessagePackPayload(naming="pascal", enums="name"))
MESSAGEPACK_AS_DECLARED = MessagePackHubProtocol()

MESSAGES: dict[str, HubMessage] = {
    "invocation": InvocationMessage("Add", (1, 2), "1"),
    "invocation, no answer wanted": InvocationMessage("Receive", ("hi",)),
    "invocation, no arguments": InvocationMessage("Nothing", (), "1"),
    "invocation with stream ids": InvocationMessage("Upload", ("x",), "1", ("10", "11")),
    "invocation with headers": InvocationMessage("Add", (1,), "1", headers={"tenant": "t1"}),
    "invocation, object argument": InvocationMessage("Receive", (ORDER,)),
    "stream invocation": StreamInvocationMessage("2", "Counter", (3, 0)),
    "stream invocation with stream ids": StreamInvocationMessage("2", "EchoStream", (), ("5",)),
    "stream item": StreamItemMessage("2", 42),
    "stream item, null": StreamItemMessage("2", None),
    "completion, void": CompletionMessage("1"),
    "completion, result": CompletionMessage("1", result=42, has_result=True),
    "completion, null result": CompletionMessage("1", has_result=True),
    "completion, object result": CompletionMessage("1", result=ORDER, has_result=True),
    "completion, error": CompletionMessage("1", "An unexpected error occurred invoking 'X' on the server."),
    "cancel invocation": CancelInvocationMessage("2"),
    "ping": PingMessage(),
    "close": CloseMessage(),
    "close with error": CloseMessage("Server timeout"),
    "close, reconnect allowed": CloseMessage(allow_reconnect=True),
    "close with error, reconnect allowed": CloseMessage("draining", allow_reconnect=True),
    "ack": AckMessage(7),
    "sequence": SequenceMessage(9),
}

ONE_OF_EACH: list[Any] = [
    *(None, True, False, 0, 1, -1, 127, 128, -32, -33, 255, 256, -128, -129, 65535, 65536, 2**31 - 1, -(2**31)),
    *(4294967296, 2**63 - 1, -(2**63), 2**64 - 1, 1.5, 1.0, -0.1, 1e300, 1.5, Decimal("12.50")),
    *("", "plain", "Zoë 💚", "quote\" back\\ nl\n <tag>&'+", "s" * 40, "m" * 300, b"\x00\x01\x02\xff", "c"),
    *(MOMENT, MOMENT.replace(microsecond=678_000), MOMENT.replace(tzinfo=timezone(timedelta(hours=2)))),
    *(date(2026, 1, 2), time(3, 4, 5), timedelta(seconds=90.5), ID, Severity.Warning),
    *([1, 2, 3], ["a", "b"], {"k": 1}, {7: "seven"}, ORDER, [1, "two", None], list(range(20))),
    *("https://example.org/a?b=c", Anonymous(1, Nested(2.5))),
]


class Binder:
    """The method table of the program that wrote the vectors."""

    METHODS: ClassVar[dict[str, tuple[Any, ...]]] = {
        "add": (Int32, Int32),
        "nothing": (),
        "echo": (str,),
        "echoany": (object,),
        "echobytes": (bytes,),
        "echoorder": (Order,),
        "upload": (str,),
        "counter": (Int32, Int32),
        "echostream": (),
    }

    def __init__(self, protocol: HubProtocol) -> None:
        self._int = protocol.value_decoder(Int32)
        self._methods = {
            name: protocol.arguments_decoder(Parameters(types, len(types))) for name, types in self.METHODS.items()
        }

    def arguments_decoder(self, target: str) -> ArgumentsDecoder:
        decoder = self._methods.get(target.lower())
        if decoder is None:
            raise HubException(f"Method '{target}' does not exist.")
        return decoder

    def result_decoder(self, invocation_id: str) -> ValueDecoder | None:
        return self._int if invocation_id == "1" else None

    def item_decoder(self, stream_id: str) -> ValueDecoder | None:
        return self._int if stream_id == "5" else None


LAYOUTS_OF_THE_REFERENCE = {("json", 41), *(("messagepack", index) for index in (35, 38, 39, 40, 41))}
"""Characters, times with an offset, dates, times of day and durations in layouts that only .NET reads."""


def rows(section: str, shown: str) -> list[Any]:
    return [pytest.param(index, row, id=f"{shown} {index}") for index, row in enumerate(VECTORS[section])]


def agrees(section: str, index: int, is_same: bool) -> bool:
    return is_same is ((section, index) not in DIFFERENCES)


def as_value(text: str) -> Any:
    return json.loads(text.removesuffix("\x1e"), parse_float=Decimal, object_pairs_hook=list)


@pytest.mark.parametrize(("index", "row"), rows("write", "message"))
def test_messages_are_written_as_the_reference_writes_them(index: int, row: dict[str, str]) -> None:
    message = MESSAGES[row["name"]]
    written = JSON.encode(message)
    assert written.endswith(b"\x1e")
    assert agrees("write json", index, as_value(written.decode()) == as_value(row["json"]))
    assert agrees("write msgpack", index, MESSAGEPACK.encode(message).hex() == row["msgpack"])


@pytest.mark.parametrize(("index", "row"), rows(VALUES, "value"))
def test_values_are_written_as_the_reference_writes_them(index: int, row: dict[str, str]) -> None:
    value = ONE_OF_EACH[index]
    message = CompletionMessage("1", result=value, has_result=True)
    # The reference leaves names in MessagePack alone: those of Order are in PascalCase, those of Anonymous are not.
    messagepack = MESSAGEPACK_AS_DECLARED if isinstance(value, Anonymous) else MESSAGEPACK
    assert agrees("write values json", index, as_value(JSON.encode(message).decode()) == as_value(row["json"]))
    assert agrees("write values msgpack", index, messagepack.encode(message).hex() == row["msgpack"])


@pytest.mark.parametrize(("index", "row"), rows(VALUES, "value"))
def test_values_that_the_reference_writes_are_read(index: int, row: dict[str, str]) -> None:
    value = ONE_OF_EACH[index]
    annotation = dict[int, str] if value == {7: "seven"} else type(value)
    messagepack = MESSAGEPACK_AS_DECLARED if isinstance(value, Anonymous) else MESSAGEPACK
    for protocol, data in ((JSON, row["json"].encode()), (messagepack, bytes.fromhex(row["msgpack"]))):
        reader = protocol.frame_reader(None)
        reader.feed(data)
        frame = reader.next_frame()
        assert frame is not None
        binder = OneResult(results={"1": protocol.value_decoder(annotation)})
        message = protocol.decode(frame, binder)
        is_equal = message == CompletionMessage("1", result=value, has_result=True)
        assert is_equal is ((protocol.name, index) not in LAYOUTS_OF_THE_REFERENCE)


@pytest.mark.parametrize(("index", "row"), rows(READ_JSON, "json"))
def test_json_is_read_as_the_reference_reads_it(index: int, row: dict[str, Any]) -> None:
    assert agrees("read json", index, read(JSON, bytes_of(row)) == expected(row))


@pytest.mark.parametrize(("index", "row"), rows("read msgpack", "messagepack"))
def test_messagepack_is_read_as_the_reference_reads_it(index: int, row: dict[str, Any]) -> None:
    assert agrees("read msgpack", index, read(MESSAGEPACK, bytes_of(row)) == expected(row))


OTHER_WORDS = [row for row, reason in DIFFERENCES.items() if reason.startswith("the reference's text")]


@pytest.mark.parametrize(("section", "index"), OTHER_WORDS)
def test_where_only_words_differ_the_outcome_is_the_same(section: str, index: int) -> None:
    protocol, name = (JSON, READ_JSON) if section == "read json" else (MESSAGEPACK, section)
    row = VECTORS[name][index]
    ours, theirs = read(protocol, bytes_of(row)), expected(row)
    assert (ours.keys(), outcomes(ours)) == (theirs.keys(), outcomes(theirs))


def bytes_of(row: dict[str, Any]) -> bytes:
    if "msgpack" in row:
        return bytes.fromhex(row["msgpack"])
    # The record shows invalid UTF-8 as replacement characters.
    text: str = row["json"]
    return text.encode().replace("\ufffd\ufffd".encode(), b"\xff\xfe")


def outcomes(result: dict[str, Any]) -> list[Any]:
    return [message[:2] for message in result["messages"]]


def read(protocol: HubProtocol, data: bytes) -> dict[str, Any]:
    reader, binder = protocol.frame_reader(None), Binder(protocol)
    reader.feed(data)
    messages: list[Any] = []
    try:
        while (frame := reader.next_frame()) is not None:
            message = protocol.decode(frame, binder)
            if message is not None:
                messages.append(described(message))
    except RemoteProtocolError as exc:
        return {"error": str(exc), "messages": messages}
    return {"left": reader.buffered, "messages": messages}


def described(message: HubMessage) -> tuple[Any, ...]:
    match message:
        case InvocationBindingFailure():
            return "binding failure", message.target, message.invocation_id or "no id", str(message.failure)
        case StreamBindingFailure():
            return "stream binding failure", message.invocation_id, str(message.failure)
        case InvocationMessage():
            return "Invocation", message.invocation_id or "none", message.target, *called(message)
        case StreamInvocationMessage():
            return "StreamInvocation", message.invocation_id, message.target, *called(message)
        case StreamItemMessage():
            return "StreamItem", message.invocation_id, plain(message.item)
        case CompletionMessage():
            result = plain(message.result)
            return "Completion", message.invocation_id, message.error or "none", str(message.has_result), result
        case CancelInvocationMessage():
            return "CancelInvocation", message.invocation_id
        case CloseMessage():
            return "Close", message.error or "none", str(message.allow_reconnect)
        case AckMessage():
            return "Ack", str(message.sequence_id)
        case SequenceMessage():
            return "Sequence", str(message.sequence_id)
        case PingMessage():
            return ("PingMessage",)


def called(message: InvocationMessage | StreamInvocationMessage) -> tuple[Any, Any]:
    return plain(message.arguments), list(message.stream_ids) or None


def plain(value: Any) -> Any:
    return json.loads(msgspec.json.encode(value))


def expected(row: dict[str, Any]) -> dict[str, Any]:
    messages = [parsed(text) for text in row["messages"]]
    if "error" in row:
        return {"error": row["error"].partition(": ")[2], "messages": messages}
    return {"left": row["left"], "messages": messages}


PATTERNS = [
    re.compile(pattern)
    for pattern in (
        r"(binding failure) of (.*?) \((.*?)\): (.*)",
        r"(stream binding failure) \((.*?)\): (.*)",
        r"((?:Stream)?Invocation) id=(.*?) target=(.*?) args=(?P<args>.*) streams=(?P<streams>.*)",
        r"(StreamItem) id=(.*?) item=(?P<item>.*)",
        r"(Completion) id=(.*?) error=(.*) hasResult=(.*?) result=(?P<result>.*)",
        r"(CancelInvocation) id=(.*)",
        r"(Close) error=(.*) allowReconnect=(.*)",
        r"(Ack|Sequence) (.*)",
        r"(PingMessage)",
    )
]


def parsed(text: str) -> tuple[Any, ...]:
    match = next(found for pattern in PATTERNS if (found := pattern.fullmatch(text)))
    values = {match.re.groupindex[name]: json.loads(value) for name, value in match.groupdict().items()}
    return tuple(values.get(place, group) for place, group in enumerate(match.groups(), 1))


def test_every_row_has_a_counterpart() -> None:
    assert list(MESSAGES) == [row["name"] for row in VECTORS["write"]]
    assert len(ONE_OF_EACH) == len(VECTORS[VALUES])


def test_the_handshake_is_written_as_the_reference_writes_it() -> None:
    assert VECTORS["handshake"] == {
        "request json": encode_request("json").decode(),
        "request messagepack": encode_request("messagepack").decode(),
        "response": encode_response().decode(),
        "response with error": encode_response("The protocol 'x' is not supported.").decode(),
    }


def test_negotiate_is_answered_as_the_reference_answers() -> None:
    transports = tuple(TransportType)
    answers = {
        "version 0": NegotiateResponse.connection(
            version=0, connection_id="public", connection_token="id", transports=transports
        ),
        "version 1": NegotiateResponse.connection(
            version=1, connection_id="id", connection_token="token", transports=transports
        ),
        "version 1, stateful reconnect": NegotiateResponse.connection(
            version=1, connection_id="id", connection_token="token", transports=transports, use_stateful_reconnect=True
        ),
        "redirect": NegotiateResponse.redirect("https://example.org/chat", "abc"),
        "error": NegotiateResponse.failure("Negotiation refused."),
    }
    written = [{"name": name, "json": answer.encode().decode()} for name, answer in answers.items()]
    assert written == VECTORS["negotiate"]
