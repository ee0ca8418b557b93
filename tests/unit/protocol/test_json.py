from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalr_py.exceptions import HubDefinitionError, HubException, RemoteProtocolError, SerializationError
from signalr_py.options import JsonPayload
from signalr_py.protocol.base import Parameters
from signalr_py.protocol.framing import TextFrameReader
from signalr_py.protocol.json import JsonHubProtocol
from signalr_py.protocol.messages import (
    CompletionMessage,
    HubMessage,
    InvocationBindingFailure,
    InvocationMessage,
    StreamItemMessage,
)
from signalr_py.types import TransferFormat
from tests.unit.protocol.samples import Anything, Binder, chunks, messages, read_all

if TYPE_CHECKING:
    from collections.abc import Callable

JSON = JsonHubProtocol()
ANYTHING = Anything(JSON)


def test_it_is_json_text() -> None:
    assert (JSON.name, JSON.transfer_format) == ("json", TransferFormat.TEXT)
    assert isinstance(JSON.frame_reader(10), TextFrameReader)


def test_the_frame_reader_keeps_the_limit() -> None:
    reader = JSON.frame_reader(3)
    reader.feed(b"{  }\x1e")
    with pytest.raises(RemoteProtocolError):
        reader.next_frame()


@given(data=st.data(), sent=st.lists(messages(), max_size=4))
def test_messages_make_the_round_trip_however_they_are_cut(data: st.DataObject, sent: list[HubMessage]) -> None:
    pieces = data.draw(chunks(b"".join(map(JSON.encode, sent))))
    assert [JSON.decode(frame, ANYTHING) for frame in read_all(JSON.frame_reader(None), pieces)] == sent


def test_an_unknown_type_does_not_hide_what_follows_it() -> None:
    reader = JSON.frame_reader(None)
    reader.feed(b'{"type":99}\x1e{"type":5,"invocationId":"1"}\x1e')
    first, second = reader.next_frame(), reader.next_frame()
    assert first is not None
    assert second is not None
    assert JSON.decode(first, ANYTHING) is None
    assert JSON.decode(second, ANYTHING) is not None


def test_options_spell_the_values_both_ways() -> None:
    names = JsonHubProtocol(JsonPayload(enums="name"))
    binder = Binder({"Pick": names.arguments_decoder(Parameters((TransferFormat,), 1))})
    wire = names.encode(InvocationMessage("Pick", (TransferFormat.BINARY,)))
    assert wire == b'{"type":1,"target":"Pick","arguments":["BINARY"]}\x1e'
    assert names.decode(wire[:-1], binder) == InvocationMessage("Pick", (TransferFormat.BINARY,))


def test_results_are_read_by_a_decoder_for_their_type() -> None:
    binder = Binder(results={"1": JSON.value_decoder(list[int])})
    assert JSON.decode(b'{"type":3,"invocationId":"1","result":[1]}', binder) == CompletionMessage(
        "1", result=[1], has_result=True
    )


def test_types_that_cannot_be_read_are_refused_at_start_up() -> None:
    with pytest.raises(HubDefinitionError, match="'complex'"):
        JSON.value_decoder(complex)
    with pytest.raises(HubDefinitionError, match="'complex'"):
        JSON.arguments_decoder(Parameters((int, complex), 2))


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (
            InvocationMessage("Receive", (1, 2j)),
            (
                "Argument 2 of 'Receive', of type 'complex', cannot be written as JSON: "
                "the type 'complex' cannot be written."
            ),
        ),
        (
            StreamItemMessage("s1", [object()]),
            (
                "An item of the stream 's1', of type 'list', cannot be written as JSON: "
                "the type 'object' cannot be written."
            ),
        ),
        (
            InvocationBindingFailure("Receive", None, HubException()),
            (
                "A message of type 'InvocationBindingFailure' cannot be written as JSON: "
                "messages of this type are never sent."
            ),
        ),
    ],
)
def test_what_cannot_be_written_is_named_with_its_place(message: HubMessage, text: str) -> None:
    with pytest.raises(SerializationError) as raised:
        JSON.encode(message)
    assert str(raised.value) == text


class Hostile:
    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(name)


@pytest.mark.parametrize("make", [Hostile, lambda: {Hostile(): 1}, lambda: type, lambda: ..., lambda: iter([])])
def test_any_value_is_written_or_refused(make: Callable[[], Any]) -> None:
    with pytest.raises(SerializationError):
        JSON.encode(CompletionMessage("1", result=make(), has_result=True))
