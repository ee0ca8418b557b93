"""What the tests of the protocol share: a binder, ways to cut bytes, and messages to draw from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from signalr_py.exceptions import BindingError, HubException
from signalr_py.protocol.base import ArgumentsDecoder, FrameReader, HubProtocol, Parameters, ValueDecoder
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

if TYPE_CHECKING:
    from collections.abc import Mapping

    from msgspec import Raw

__all__ = ["Anything", "Binder", "chunks", "frames", "messages", "plain_values", "read_all", "refuse"]


class Binder:
    """Methods by name, and types for the results and items that are waited for."""

    def __init__(
        self,
        methods: Mapping[str, ArgumentsDecoder] | None = None,
        *,
        results: Mapping[str, ValueDecoder] | None = None,
        items: Mapping[str, ValueDecoder] | None = None,
    ) -> None:
        self.methods = methods or {}
        self.results = results or {}
        self.items = items or {}

    def arguments_decoder(self, target: str) -> ArgumentsDecoder:
        if target not in self.methods:
            raise HubException("Method does not exist.")
        return self.methods[target]

    def result_decoder(self, invocation_id: str) -> ValueDecoder | None:
        return self.results.get(invocation_id)

    def item_decoder(self, stream_id: str) -> ValueDecoder | None:
        return self.items.get(stream_id)


class Anything:
    """Takes any call, result and item, and gives plain values."""

    def __init__(self, protocol: HubProtocol) -> None:
        self._arguments = protocol.arguments_decoder(Parameters((), 0, accepts_more=True))
        self._value = protocol.value_decoder(object)

    def arguments_decoder(self, target: str) -> ArgumentsDecoder:
        return self._arguments

    def result_decoder(self, invocation_id: str) -> ValueDecoder | None:
        return self._value

    def item_decoder(self, stream_id: str) -> ValueDecoder | None:
        return self._value


def refuse(raw: Raw) -> Any:
    """A decoder that accepts nothing."""
    raise BindingError("It does not fit.")


def frames(reader: FrameReader) -> list[bytes]:
    """Take the frames that are there."""
    found = []
    while (frame := reader.next_frame()) is not None:
        found.append(frame)
    return found


def read_all(reader: FrameReader, pieces: list[bytes]) -> list[bytes]:
    """Feed bytes piece by piece and take the frames after each."""
    found = []
    for piece in pieces:
        reader.feed(piece)
        found += frames(reader)
    return found


@st.composite
def chunks(draw: st.DrawFn, data: bytes) -> list[bytes]:
    """Cut bytes anywhere."""
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=8)))
    return [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]


_text = st.text(st.characters(codec="utf-8"), max_size=8)
_names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)


def plain_values() -> st.SearchStrategy[Any]:
    """Values that are the same after a round trip in either format."""
    scalars = (
        st.none()
        | st.booleans()
        | st.integers(-(2**63), 2**64 - 1)
        | st.floats(allow_nan=False, allow_infinity=False)
        | _text
    )
    return st.recursive(
        scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_text, inner, max_size=3), max_leaves=6
    )


def messages() -> st.SearchStrategy[HubMessage]:
    """Every message that can be sent."""
    headers = st.none() | st.dictionaries(_names, _names, min_size=1, max_size=2)
    arguments = st.lists(plain_values(), max_size=3).map(tuple)
    stream_ids = st.lists(_names, max_size=2).map(tuple)
    sequence_ids = st.integers(0, 2**63 - 1)
    return st.one_of(
        st.builds(InvocationMessage, _names, arguments, st.none() | _names, stream_ids, headers),
        st.builds(StreamInvocationMessage, _names, _names, arguments, stream_ids, headers),
        st.builds(StreamItemMessage, _names, plain_values(), headers),
        st.builds(CompletionMessage, _names, st.none() | _names, headers=headers),
        st.builds(CompletionMessage, _names, result=plain_values(), has_result=st.just(True), headers=headers),
        st.builds(CancelInvocationMessage, _names, headers),
        st.just(PingMessage()),
        st.builds(CloseMessage, st.none() | _text, st.booleans()),
        st.builds(AckMessage, sequence_ids),
        st.builds(SequenceMessage, sequence_ids),
    )
