from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalr_py.exceptions import RemoteProtocolError
from signalr_py.protocol.framing import (
    RECORD_SEPARATOR,
    LengthPrefixedFrameReader,
    TextFrameReader,
    length_prefixed,
)
from tests.unit.protocol.samples import chunks, frames, read_all

if TYPE_CHECKING:
    from signalr_py.protocol.base import FrameReader

TOO_LARGE = (
    "The maximum message size of 8B was exceeded. "
    "The message size can be configured with HubOptions(maximum_receive_message_size=...)."
)
TOO_LONG = "Messages over 2GB in size are not supported."


def wire_of(reader: type[FrameReader], bodies: list[bytes]) -> bytes:
    if reader is TextFrameReader:
        return b"".join(body + RECORD_SEPARATOR for body in bodies)
    return b"".join(map(length_prefixed, bodies))


READERS = pytest.mark.parametrize("reader", [TextFrameReader, LengthPrefixedFrameReader])


@READERS
def test_a_chunk_with_one_message_gives_it(reader: type[TextFrameReader]) -> None:
    one = reader()
    one.feed(wire_of(reader, [b"{}"]))
    assert one.buffered == 3
    assert one.next_frame() == b"{}"
    assert one.next_frame() is None
    assert one.buffered == 0


@READERS
def test_it_is_exhausted_behind_the_last_message_and_not_in_front_of_one(reader: type[TextFrameReader]) -> None:
    one = reader()
    assert one.is_exhausted
    one.feed(wire_of(reader, [b"first", b"second"]))
    assert not one.is_exhausted
    assert one.next_frame() == b"first"
    assert not one.is_exhausted
    assert one.next_frame() == b"second"
    assert one.is_exhausted
    one.feed(wire_of(reader, [b"third"])[:-1])
    assert one.next_frame() is None
    assert one.is_exhausted


@READERS
def test_it_is_not_exhausted_in_front_of_what_it_refuses(reader: type[TextFrameReader]) -> None:
    one = reader(3)
    one.feed(wire_of(reader, [b"four"]))
    with pytest.raises(RemoteProtocolError):
        one.next_frame()
    assert not one.is_exhausted


@READERS
def test_messages_come_one_by_one_and_the_rest_waits(reader: type[TextFrameReader]) -> None:
    one = reader()
    data = wire_of(reader, [b"first", b"", b"third"])
    one.feed(data[:-2])
    assert frames(one) == [b"first", b""]
    assert one.buffered == 4
    one.feed(data[-2:])
    assert frames(one) == [b"third"]
    assert one.buffered == 0


@READERS
def test_bytes_may_be_fed_before_the_frames_in_front_were_taken(reader: type[TextFrameReader]) -> None:
    one = reader()
    one.feed(wire_of(reader, [b"a", b"b", b"c"]))
    assert one.next_frame() == b"a"
    one.feed(wire_of(reader, [b"d"]))
    assert one.next_frame() == b"b"
    one.feed(b"")
    one.feed(wire_of(reader, [b"e"]))
    assert frames(one) == [b"c", b"d", b"e"]


@READERS
@given(data=st.data(), bodies=st.lists(st.binary(max_size=200).map(lambda body: body.replace(b"\x1e", b""))))
def test_any_split_gives_the_same_frames(
    reader: type[TextFrameReader], data: st.DataObject, bodies: list[bytes]
) -> None:
    wire = wire_of(reader, bodies)
    assert read_all(reader(), data.draw(chunks(wire))) == bodies
    assert read_all(reader(), [wire[place : place + 1] for place in range(len(wire))]) == bodies


@READERS
@given(pieces=st.lists(st.binary(max_size=20)), maximum=st.none() | st.integers(1, 30))
def test_arbitrary_bytes_give_frames_or_a_remote_protocol_error(
    reader: type[TextFrameReader], pieces: list[bytes], maximum: int | None
) -> None:
    one = reader(maximum)
    try:
        found = read_all(one, pieces)
    except RemoteProtocolError:
        return
    assert sum(map(len, found)) + one.buffered <= len(b"".join(pieces))
    assert maximum is None or all(len(frame) < maximum for frame in found)


def outcomes(reader: FrameReader, first: bytes | None) -> list[bytes | str]:
    """Return the frames up to the end of what is there, or to an error."""
    found: list[bytes | str] = []
    try:
        frame = reader.next_frame() if first is None else reader.next_frame(first)
        while frame is not None:
            found.append(frame)
            frame = None if reader.is_exhausted else reader.next_frame()
    except RemoteProtocolError as error:
        found.append(str(error))
    return found


@READERS
@given(data=st.data(), bodies=st.lists(st.binary(max_size=140)), maximum=st.none() | st.integers(1, 140))
def test_bytes_given_with_the_question_are_as_if_they_were_fed_before(
    reader: type[TextFrameReader], data: st.DataObject, bodies: list[bytes], maximum: int | None
) -> None:
    one, other = reader(maximum), reader(maximum)
    wire = [wire_of(reader, [body]) for body in bodies]
    for piece in data.draw(st.just(wire) | chunks(b"".join(wire))):
        other.feed(piece)
        assert outcomes(one, piece) == outcomes(other, None)
        assert (one.buffered, one.is_exhausted) == (other.buffered, other.is_exhausted)


@READERS
def test_a_message_of_just_the_allowed_size_is_read(reader: type[TextFrameReader]) -> None:
    one = reader(8)
    one.feed(wire_of(reader, [b"seven b"]))
    assert frames(one) == [b"seven b"]


@READERS
def test_messages_in_front_of_one_that_is_too_large_come_first(reader: type[TextFrameReader]) -> None:
    one = reader(8)
    one.feed(wire_of(reader, [b"ok", b"eight by", b"ok"]))
    assert one.next_frame() == b"ok"
    for _ in range(2):
        with pytest.raises(RemoteProtocolError) as raised:
            one.next_frame()
        assert str(raised.value) == TOO_LARGE


def test_text_that_passes_the_limit_without_a_separator_is_refused_at_once() -> None:
    one = TextFrameReader(8)
    one.feed(b"12345678")
    assert one.next_frame() is None
    one.feed(b"9")
    with pytest.raises(RemoteProtocolError, match="maximum message size of 8B"):
        one.next_frame()


def test_text_is_searched_only_once() -> None:
    searched: list[bytes] = []

    class Watched(bytes):
        def split(self, *separator: Any) -> list[bytes]:
            searched.append(self)
            return super().split(*separator)

    one = TextFrameReader()
    chunks = [Watched(str(number).encode()) for number in range(1000)]
    for chunk in chunks:
        one.feed(chunk)
        assert one.next_frame() is None
    assert searched == chunks
    one.feed(b"\x1e")
    assert one.next_frame() == b"".join(chunks)


def test_a_length_over_the_limit_is_refused_before_its_message_is_there() -> None:
    one = LengthPrefixedFrameReader(8)
    one.feed(b"\x08")
    with pytest.raises(RemoteProtocolError) as raised:
        one.next_frame()
    assert str(raised.value) == TOO_LARGE


@pytest.mark.parametrize("prefix", ["ffffffff0f", "8080808008", "8080808080", "ffffffffff"])
def test_a_length_of_more_than_31_bits_is_refused(prefix: str) -> None:
    one = LengthPrefixedFrameReader()
    one.feed(bytes.fromhex(prefix))
    with pytest.raises(RemoteProtocolError) as raised:
        one.next_frame()
    assert str(raised.value) == TOO_LONG


@pytest.mark.parametrize("prefix", ["", "80", "80808080", "ffffffff07"])
def test_a_length_of_31_bits_or_a_part_of_one_waits_for_more(prefix: str) -> None:
    one = LengthPrefixedFrameReader()
    one.feed(bytes.fromhex(prefix))
    assert one.next_frame() is None
    assert one.buffered == len(prefix) // 2


@pytest.mark.parametrize(
    ("length", "prefix"), [(0, "00"), (1, "01"), (127, "7f"), (128, "8001"), (16_383, "ff7f"), (16_384, "808001")]
)
def test_a_length_takes_seven_bits_a_byte_lowest_first(length: int, prefix: str) -> None:
    body = b"x" * length
    assert length_prefixed(body) == bytes.fromhex(prefix) + body


def test_a_long_prefix_may_have_needless_zeros() -> None:
    one = LengthPrefixedFrameReader()
    one.feed(bytes.fromhex("8280808000") + b"ab")
    assert frames(one) == [b"ab"]
