from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalr_py.exceptions import HubDefinitionError, HubException, RemoteProtocolError, SerializationError
from signalr_py.options import MessagePackPayload
from signalr_py.protocol.base import Parameters
from signalr_py.protocol.framing import LengthPrefixedFrameReader
from signalr_py.protocol.messagepack import MessagePackHubProtocol
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

MESSAGEPACK = MessagePackHubProtocol()
ANYTHING = Anything(MESSAGEPACK)


def test_it_is_binary() -> None:
    assert (MESSAGEPACK.name, MESSAGEPACK.transfer_format) == ("messagepack", TransferFormat.BINARY)
    assert isinstance(MESSAGEPACK.frame_reader(10), LengthPrefixedFrameReader)


def test_the_frame_reader_keeps_the_limit() -> None:
    reader = MESSAGEPACK.frame_reader(3)
    reader.feed(b"\x03abc")
    with pytest.raises(RemoteProtocolError):
        reader.next_frame()


@given(data=st.data(), sent=st.lists(messages(), max_size=4))
def test_messages_make_the_round_trip_however_they_are_cut(data: st.DataObject, sent: list[HubMessage]) -> None:
    pieces = data.draw(chunks(b"".join(map(MESSAGEPACK.encode, sent))))
    assert [MESSAGEPACK.decode(frame, ANYTHING) for frame in read_all(MESSAGEPACK.frame_reader(None), pieces)] == sent


def test_an_unknown_type_does_not_hide_what_follows_it() -> None:
    reader = MESSAGEPACK.frame_reader(None)
    reader.feed(bytes.fromhex("029163 05930580a131"))
    first, second = reader.next_frame(), reader.next_frame()
    assert first is not None
    assert second is not None
    assert MESSAGEPACK.decode(first, ANYTHING) is None
    assert MESSAGEPACK.decode(second, ANYTHING) is not None


def test_options_spell_the_values_both_ways() -> None:
    names = MessagePackHubProtocol(MessagePackPayload(enums="name"))
    binder = Binder({"Pick": names.arguments_decoder(Parameters((TransferFormat,), 1))})
    wire = names.encode(InvocationMessage("Pick", (TransferFormat.BINARY,)))
    assert wire == b"\x12\x96\x01\x80\xc0\xa4Pick\x91\xa6BINARY\x90"
    assert names.decode(wire[1:], binder) == InvocationMessage("Pick", (TransferFormat.BINARY,))


def test_results_are_read_by_a_decoder_for_their_type() -> None:
    binder = Binder(results={"1": MESSAGEPACK.value_decoder(list[int])})
    assert MESSAGEPACK.decode(bytes.fromhex("950380a131039101"), binder) == CompletionMessage(
        "1", result=[1], has_result=True
    )


def test_types_that_cannot_be_read_are_refused_at_start_up() -> None:
    with pytest.raises(HubDefinitionError, match="'complex'"):
        MESSAGEPACK.value_decoder(complex)
    with pytest.raises(HubDefinitionError, match="'complex'"):
        MESSAGEPACK.arguments_decoder(Parameters((int, complex), 2))


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (
            InvocationMessage("Receive", (1, 2j)),
            (
                "Argument 2 of 'Receive', of type 'complex', cannot be written as MessagePack: "
                "the type 'complex' cannot be written."
            ),
        ),
        (
            StreamItemMessage("s1", [object()]),
            (
                "An item of the stream 's1', of type 'list', cannot be written as MessagePack: "
                "the type 'object' cannot be written."
            ),
        ),
        (
            InvocationBindingFailure("Receive", None, HubException()),
            (
                "A message of type 'InvocationBindingFailure' cannot be written as MessagePack: "
                "messages of this type are never sent."
            ),
        ),
    ],
)
def test_what_cannot_be_written_is_named_with_its_place(message: HubMessage, text: str) -> None:
    with pytest.raises(SerializationError) as raised:
        MESSAGEPACK.encode(message)
    assert str(raised.value) == text


class Hostile:
    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(name)


@pytest.mark.parametrize("make", [Hostile, lambda: {Hostile(): 1}, lambda: type, lambda: ..., lambda: iter([])])
def test_any_value_is_written_or_refused(make: Callable[[], Any]) -> None:
    with pytest.raises(SerializationError):
        MESSAGEPACK.encode(CompletionMessage("1", result=make(), has_result=True))
