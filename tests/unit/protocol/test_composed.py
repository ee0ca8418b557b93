from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalr_py.exceptions import HubDefinitionError, HubException, RemoteProtocolError, SerializationError
from signalr_py.options import JsonPayload, MessagePackPayload
from signalr_py.protocol.base import HubProtocol, Parameters
from signalr_py.protocol.json import JsonHubProtocol
from signalr_py.protocol.messagepack import MessagePackHubProtocol
from signalr_py.protocol.messages import (
    CompletionMessage,
    HubMessage,
    InvocationMessage,
    StreamBindingFailure,
    StreamItemMessage,
)
from signalr_py.types import TransferFormat
from tests.unit.protocol.samples import Anything, Binder, chunks, messages, read_all

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Subject:
    """A protocol and what is its own: its name and some of its bytes."""

    protocol: HubProtocol
    by_name: HubProtocol
    name: str
    format_name: str
    too_long: bytes
    unknown_then_known: bytes
    picked: bytes
    result: bytes


SUBJECTS = [
    Subject(
        JsonHubProtocol(),
        JsonHubProtocol(JsonPayload(enums="name")),
        "json",
        "JSON",
        too_long=b"{  }\x1e",
        unknown_then_known=b'{"type":99}\x1e{"type":5,"invocationId":"1"}\x1e',
        picked=b'{"type":1,"target":"Pick","arguments":["BINARY"]}\x1e',
        result=b'{"type":3,"invocationId":"1","result":[1]}',
    ),
    Subject(
        MessagePackHubProtocol(),
        MessagePackHubProtocol(MessagePackPayload(enums="name")),
        "messagepack",
        "MessagePack",
        too_long=b"\x03abc",
        unknown_then_known=bytes.fromhex("029163 05930580a131"),
        picked=b"\x12\x96\x01\x80\xc0\xa4Pick\x91\xa6BINARY\x90",
        result=bytes.fromhex("950380a131039101"),
    ),
]
EACH = pytest.mark.parametrize("subject", SUBJECTS, ids=[subject.name for subject in SUBJECTS])


@EACH
def test_the_frame_reader_keeps_the_limit(subject: Subject) -> None:
    reader = subject.protocol.frame_reader(3)
    reader.feed(subject.too_long)
    with pytest.raises(RemoteProtocolError):
        reader.next_frame()


@EACH
@given(data=st.data(), sent=st.lists(messages(), max_size=4))
def test_messages_make_the_round_trip_however_they_are_cut(
    subject: Subject, data: st.DataObject, sent: list[HubMessage]
) -> None:
    protocol = subject.protocol
    pieces = data.draw(chunks(b"".join(map(protocol.encode, sent))))
    frames = read_all(protocol.frame_reader(None), pieces)
    assert [protocol.decode(frame, Anything(protocol)) for frame in frames] == sent


@EACH
def test_an_unknown_type_does_not_hide_what_follows_it(subject: Subject) -> None:
    reader = subject.protocol.frame_reader(None)
    first, second = read_all(reader, [subject.unknown_then_known])
    assert subject.protocol.decode(first, Binder()) is None
    assert subject.protocol.decode(second, Binder()) is not None


@EACH
def test_options_spell_the_values_both_ways(subject: Subject) -> None:
    protocol = subject.by_name
    binder = Binder({"Pick": protocol.arguments_decoder(Parameters((TransferFormat,), 1))})
    message = InvocationMessage("Pick", (TransferFormat.BINARY,))
    assert protocol.encode(message) == subject.picked
    (frame,) = read_all(protocol.frame_reader(None), [subject.picked])
    assert protocol.decode(frame, binder) == message


@EACH
def test_results_are_read_by_a_decoder_for_their_type(subject: Subject) -> None:
    binder = Binder(results={"1": subject.protocol.value_decoder(list[int])})
    assert subject.protocol.decode(subject.result, binder) == CompletionMessage("1", result=[1], has_result=True)


@EACH
def test_types_that_cannot_be_read_are_refused_at_start_up(subject: Subject) -> None:
    with pytest.raises(HubDefinitionError, match="'complex'"):
        subject.protocol.value_decoder(complex)
    with pytest.raises(HubDefinitionError, match="'complex'"):
        subject.protocol.arguments_decoder(Parameters((int, complex), 2))


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (
            InvocationMessage("Receive", (1, 2j)),
            "Argument 2 of 'Receive', of type 'complex', cannot be written as {}: the type 'complex' {}.",
        ),
        (
            StreamItemMessage("s1", [object()]),
            "An item of the stream 's1': [0], of type 'object', cannot be written as {}: the type 'object' {}.",
        ),
        (
            StreamBindingFailure("1", HubException()),
            "A message of type 'StreamBindingFailure' cannot be written as {}: messages of this type are never sent.",
        ),
    ],
)
@EACH
def test_what_cannot_be_written_is_named_with_its_place(subject: Subject, message: HubMessage, text: str) -> None:
    with pytest.raises(SerializationError) as raised:
        subject.protocol.encode(message)
    assert str(raised.value) == text.format(subject.format_name, "cannot be written")


class Hostile:
    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(name)


@EACH
@pytest.mark.parametrize("make", [Hostile, lambda: {Hostile(): 1}, lambda: type, lambda: ..., lambda: iter([])])
def test_any_value_is_written_or_refused(subject: Subject, make: Callable[[], Any]) -> None:
    with pytest.raises(SerializationError):
        subject.protocol.encode(CompletionMessage("1", result=make(), has_result=True))
