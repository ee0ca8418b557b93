"""Frames of the server, read back by the parser of the `websockets` library."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from signalr_py.servers.websocket.frames import FrameEncoder, frame


class _Inverted:
    """Stands for permessage-deflate in the parser: it takes the mark away and nothing else."""

    def decode(self, parsed: Frame, *, max_size: int | None = None) -> Frame:
        return Frame(parsed.opcode, parsed.data, parsed.fin, rsv1=not parsed.rsv1)


def _read_back(data: bytes, *, compressed: bool = False) -> Frame:
    reader = StreamReader()
    reader.feed_data(data)
    parser = Frame.parse(reader.read_exact, mask=False, extensions=[_Inverted()] if compressed else [])  # type: ignore[list-item]
    with pytest.raises(StopIteration) as ended:
        next(parser)
    assert not reader.buffer
    parsed = ended.value.value
    assert isinstance(parsed, Frame)
    return parsed


_lengths = st.sampled_from([0, 1, 125, 126, 127, 65535, 65536, 65537]) | st.integers(0, 70_000)


@given(length=_lengths, binary=st.booleans(), compressed=st.booleans())
def test_a_frame_is_read_back_as_the_message(length: int, *, binary: bool, compressed: bool) -> None:
    data = bytes(index % 251 for index in range(length))

    parsed = _read_back(frame(data, binary=binary, compressed=compressed), compressed=compressed)

    assert parsed == Frame(Opcode.BINARY if binary else Opcode.TEXT, data)


@given(data=st.binary(max_size=300), binary=st.booleans())
def test_an_encoder_makes_the_same_frames(data: bytes, *, binary: bool) -> None:
    assert FrameEncoder(binary=binary).encode(data) == frame(data, binary=binary)


@pytest.mark.parametrize(("length", "header"), [(125, 2), (126, 4), (65535, 4), (65536, 10)])
def test_a_length_takes_as_few_bytes_as_it_can(length: int, header: int) -> None:
    assert len(frame(bytes(length), binary=True)) == header + length


def test_a_message_is_framed_once_for_all_its_receivers() -> None:
    encoder = FrameEncoder(binary=False)
    message = b"hello"

    first = encoder.encode(message)

    assert encoder.encode(message) is first
    assert first == b"\x81\x05hello"


def test_another_message_gets_a_frame_of_its_own() -> None:
    encoder = FrameEncoder(binary=True)

    frames = [encoder.encode(data) for data in (b"one", b"two", b"one")]

    assert frames == [b"\x82\x03one", b"\x82\x03two", b"\x82\x03one"]


def test_a_message_is_compressed_once_for_all_its_receivers() -> None:
    taken: list[bytes] = []

    def compress(data: bytes) -> bytes:
        taken.append(data)
        return b"small"

    encoder = FrameEncoder(binary=True, compress=compress)
    message = bytes(1000)

    frames = {encoder.encode(message) for _ in range(3)}

    assert frames == {b"\xc2\x05small"}
    assert taken == [message]


def test_what_is_better_sent_as_it_is_carries_no_mark() -> None:
    encoder = FrameEncoder(binary=False, compress=lambda data: b"x" if len(data) > 3 else None)

    assert [encoder.encode(b"abc"), encoder.encode(b"abcd")] == [b"\x81\x03abc", b"\xc1\x01x"]


def test_an_empty_result_of_compression_is_sent_as_such() -> None:
    assert FrameEncoder(binary=False, compress=lambda _: b"").encode(b"abc") == b"\xc1\x00"


def test_a_message_that_cannot_be_compressed_is_not_taken_for_the_next_one() -> None:
    failures = iter([True, False])

    def compress(data: bytes) -> bytes:
        if next(failures):
            raise MemoryError
        return data[:1]

    encoder = FrameEncoder(binary=False, compress=compress)
    message = b"abc"
    with pytest.raises(MemoryError):
        encoder.encode(message)

    assert encoder.encode(message) == b"\xc1\x01a"


def test_messages_that_are_written_together_become_one() -> None:
    messages = [b"one", b"two"]

    assert FrameEncoder(binary=False).encode(messages) == b"\x81\x06onetwo"


@given(data=st.lists(st.binary(max_size=300), min_size=2), binary=st.booleans())
def test_joined_messages_are_read_back_in_their_order(data: list[bytes], *, binary: bool) -> None:
    assert _read_back(FrameEncoder(binary=binary).encode(data)).data == b"".join(data)


def test_the_same_messages_are_joined_once_for_all_their_receivers() -> None:
    encoder = FrameEncoder(binary=False)
    one, two = b"one", b"two"

    first = encoder.encode([one, two])

    assert encoder.encode([one, two]) is first
    assert encoder.encode([two, one]) == b"\x81\x06twoone"
    assert encoder.encode(one) == b"\x81\x03one"
    assert encoder.encode([one]) == b"\x81\x03one"


def test_compressed_messages_keep_their_frames_and_are_compressed_once_whatever_they_are_written_with() -> None:
    taken: list[bytes] = []

    def compress(data: bytes) -> bytes | None:
        taken.append(data)
        return data[:1] if len(data) > 3 else None

    encoder = FrameEncoder(binary=True, compress=compress)
    news, more, own = b"news!", b"more!", b"own"

    assert encoder.encode([news, more]) == b"\xc2\x01n\xc2\x01m"
    assert encoder.encode([own, more, news]) == b"\x82\x03own\xc2\x01m\xc2\x01n"
    assert encoder.encode(news) == b"\xc2\x01n"
    assert taken == [news, more, own]


def test_only_the_last_few_compressed_messages_are_kept() -> None:
    taken: list[bytes] = []

    def compress(data: bytes) -> bytes:
        taken.append(data)
        return b"small"

    encoder = FrameEncoder(binary=True, compress=compress)
    messages = [b"message %d" % number for number in range(17)]
    encoder.encode(messages)

    assert encoder.encode(messages[1:]) == b"\xc2\x05small" * 16
    assert taken == messages
    encoder.encode([messages[0]])
    assert taken == [*messages, messages[0]]


def test_a_large_compressed_message_is_kept_only_until_the_next() -> None:
    taken: list[int] = []

    def compress(data: bytes) -> bytes:
        taken.append(len(data))
        return b"small"

    encoder = FrameEncoder(binary=True, compress=compress)
    large = bytes(65_537)
    for data in (large, large, [large, b"x"], large):
        encoder.encode(data)

    assert taken == [65_537, 65_537, 1]
