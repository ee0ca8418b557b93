"""Messages out of frames, which the `websockets` library writes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.streams import StreamReader
from websockets.uri import parse_uri

from signalr_py.servers.websocket.messages import MessageAssembler, WebSocketError

_CONTROL = frozenset({Opcode.CLOSE, Opcode.PING, Opcode.PONG})


@dataclass(frozen=True)
class _Message:
    data: bytes
    binary: bool
    cuts: list[int]

    def fragments(self) -> list[bytes]:
        edges = [0, *sorted(cut % (len(self.data) + 1) for cut in self.cuts), len(self.data)]
        return [self.data[start:end] for start, end in pairwise(edges)]


_payloads = st.tuples(st.binary(max_size=60), st.just(value=True)) | st.tuples(
    st.text(max_size=60).map(str.encode), st.just(value=False)
)
_messages = st.builds(
    lambda payload, cuts: _Message(payload[0], payload[1], cuts), _payloads, st.lists(st.integers(0, 500), max_size=6)
)


def _take(
    assembler: MessageAssembler,
    opcode: int,
    data: bytes,
    *,
    fin: bool = True,
    rsv1: bool = False,
    rsv2: bool = False,
    rsv3: bool = False,
) -> bytes | None:
    return assembler.take(opcode=opcode, fin=fin, rsv1=rsv1, rsv2=rsv2, rsv3=rsv3, data=data)


def _sent(messages: list[_Message], pings: list[bytes]) -> bytes:
    """Return what a client sends that puts control frames between the fragments."""
    client = ClientProtocol(parse_uri("ws://server/"), state=State.OPEN)
    between = iter(pings)
    for message in messages:
        first, *rest = message.fragments()
        send = client.send_binary if message.binary else client.send_text
        send(first, fin=not rest)
        for index, fragment in enumerate(rest, start=1):
            client.send_ping(next(between, b""))
            client.send_continuation(fragment, fin=index == len(rest))
    return b"".join(client.data_to_send())


def _frames(data: bytes) -> list[Frame]:
    reader = StreamReader()
    reader.feed_data(data)
    frames: list[Frame] = []
    while reader.buffer:
        with pytest.raises(StopIteration) as ended:
            next(Frame.parse(reader.read_exact, mask=True))
        frames.append(ended.value.value)
    return frames


@given(messages=st.lists(_messages, max_size=4), pings=st.lists(st.binary(max_size=5)))
def test_messages_come_out_as_they_went_in(messages: list[_Message], pings: list[bytes]) -> None:
    assembler = MessageAssembler(maximum_size=1000)
    received = []

    for frame in _frames(_sent(messages, pings)):
        if frame.opcode not in _CONTROL:
            message = _take(assembler, frame.opcode, bytes(frame.data), fin=frame.fin)
            assert assembler.in_progress is (message is None)
            if message is not None:
                received.append((message, assembler.binary))

    assert received == [(message.data, message.binary) for message in messages]


@given(text=st.text(min_size=1), cut=st.integers(0, 1000))
def test_text_may_be_cut_inside_a_character(text: str, cut: int) -> None:
    data = text.encode()
    assembler = MessageAssembler(maximum_size=len(data))

    begun = _take(assembler, Opcode.TEXT, data[: cut % len(data)], fin=False)

    assert begun is None
    assert _take(assembler, Opcode.CONT, data[cut % len(data) :]) == data


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


_NOT_TEXT = [b"\xff", b"\xc3", b"\xe2\x82", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\xaf", b"\xf0\x80\x80\xaf"]
_almost_text = st.lists(st.text().map(str.encode) | st.sampled_from(_NOT_TEXT) | st.binary(max_size=3), max_size=4)


@given(data=_almost_text.map(b"".join), cuts=st.lists(st.integers(0, 500), max_size=4))
def test_text_that_is_not_utf8_is_refused_wherever_it_is_cut(data: bytes, cuts: list[int]) -> None:
    first, *rest = _Message(data, binary=False, cuts=cuts).fragments()
    assembler = MessageAssembler(maximum_size=10_000)

    def take() -> bytes | None:
        message = _take(assembler, Opcode.TEXT, first, fin=not rest)
        for index, fragment in enumerate(rest, start=1):
            message = _take(assembler, Opcode.CONT, fragment, fin=index == len(rest))
        return message

    if _is_text(data):
        assert take() == data
    else:
        with pytest.raises(WebSocketError, match="1007"):
            take()


@pytest.mark.parametrize("data", _NOT_TEXT)
def test_binary_messages_may_hold_anything(data: bytes) -> None:
    assert _take(MessageAssembler(maximum_size=10), Opcode.BINARY, data) == data


@pytest.mark.parametrize("data", [b"\xff", b"a\xed\xa0\x80", b"\xf4\x90"])
def test_text_that_can_no_longer_become_utf8_is_refused_before_its_end(data: bytes) -> None:
    assembler = MessageAssembler(maximum_size=10)

    with pytest.raises(WebSocketError, match="1007"):
        _take(assembler, Opcode.TEXT, data, fin=False)


def test_a_continuation_without_a_message_breaks_the_protocol() -> None:
    with pytest.raises(WebSocketError, match="1002") as error:
        _take(MessageAssembler(maximum_size=10), Opcode.CONT, b"")

    assert error.value.reason == "A continuation frame came without a message to continue."


def test_a_continuation_after_the_last_frame_breaks_the_protocol() -> None:
    assembler = MessageAssembler(maximum_size=10)
    _take(assembler, Opcode.TEXT, b"a", fin=False)
    _take(assembler, Opcode.CONT, b"b")

    with pytest.raises(WebSocketError, match="1002"):
        _take(assembler, Opcode.CONT, b"c")


@pytest.mark.parametrize("opcode", [Opcode.TEXT, Opcode.BINARY])
def test_a_message_inside_a_message_breaks_the_protocol(opcode: Opcode) -> None:
    assembler = MessageAssembler(maximum_size=10)
    _take(assembler, Opcode.TEXT, b"a", fin=False)

    with pytest.raises(WebSocketError, match="1002"):
        _take(assembler, opcode, b"b")


@pytest.mark.parametrize("opcode", [3, 4, 5, 6, 7, 11, 12, 13, 14, 15])
def test_a_reserved_opcode_breaks_the_protocol(opcode: int) -> None:
    with pytest.raises(WebSocketError, match="1002"):
        _take(MessageAssembler(maximum_size=10), opcode, b"")


@pytest.mark.parametrize("opcode", [Opcode.TEXT, Opcode.BINARY, Opcode.CONT])
@pytest.mark.parametrize("bits", [(True, False, False), (False, True, False), (False, False, True), (True, True, True)])
def test_a_reserved_bit_breaks_the_protocol(opcode: Opcode, bits: tuple[bool, bool, bool]) -> None:
    assembler = MessageAssembler(maximum_size=10)
    if opcode is Opcode.CONT:
        _take(assembler, Opcode.TEXT, b"a", fin=False)

    with pytest.raises(WebSocketError, match="1002"):
        _take(assembler, opcode, b"b", rsv1=bits[0], rsv2=bits[1], rsv3=bits[2])


@pytest.mark.parametrize("bits", [(False, True, False), (False, False, True)])
def test_the_other_reserved_bits_stay_reserved_with_compression(bits: tuple[bool, bool, bool]) -> None:
    with pytest.raises(WebSocketError, match="1002"):
        _take(
            MessageAssembler(maximum_size=10, inflate=bytes.upper),
            Opcode.TEXT,
            b"",
            rsv1=bits[0],
            rsv2=bits[1],
            rsv3=bits[2],
        )


@given(sizes=st.lists(st.integers(0, 8), min_size=1, max_size=8), maximum=st.integers(0, 40))
def test_the_limit_is_for_the_sum_of_the_fragments(sizes: list[int], maximum: int) -> None:
    assembler = MessageAssembler(maximum_size=maximum)

    def take() -> list[bytes | None]:
        return [
            _take(assembler, Opcode.CONT if index else Opcode.BINARY, bytes(size), fin=index == len(sizes) - 1)
            for index, size in enumerate(sizes)
        ]

    if sum(sizes) <= maximum:
        assert take()[-1] == bytes(sum(sizes))
    else:
        with pytest.raises(WebSocketError, match="1009"):
            take()


def test_the_limit_is_for_each_message_alone() -> None:
    assembler = MessageAssembler(maximum_size=4)

    for _ in range(3):
        assert _take(assembler, Opcode.BINARY, b"ab", fin=False) is None
        assert _take(assembler, Opcode.CONT, b"cd") == b"abcd"


def test_endless_empty_fragments_take_no_memory() -> None:
    assembler = MessageAssembler(maximum_size=4)
    _take(assembler, Opcode.TEXT, b"ab", fin=False)

    for _ in range(10_000):
        assert _take(assembler, Opcode.CONT, b"", fin=False) is None

    assert _take(assembler, Opcode.CONT, b"cd") == b"abcd"


def test_a_compressed_message_is_inflated_whole() -> None:
    taken: list[bytes] = []

    def inflate(data: bytes) -> bytes:
        taken.append(data)
        return data * 10

    assembler = MessageAssembler(maximum_size=3, inflate=inflate)

    assert _take(assembler, Opcode.TEXT, b"ab", rsv1=True) == b"ab" * 10
    assert _take(assembler, Opcode.BINARY, b"c", rsv1=True, fin=False) is None
    assert _take(assembler, Opcode.CONT, b"d", fin=False) is None
    assert _take(assembler, Opcode.CONT, b"") == b"cd" * 10
    assert _take(assembler, Opcode.TEXT, b"e") == b"e"
    assert taken == [b"ab", b"cd"]


@pytest.mark.parametrize("fragmented", [True, False])
def test_inflated_text_is_checked(*, fragmented: bool) -> None:
    assembler = MessageAssembler(maximum_size=3, inflate=lambda _: b"\xff")
    if fragmented:
        _take(assembler, Opcode.TEXT, b"a", rsv1=True, fin=False)

    with pytest.raises(WebSocketError, match="1007"):
        _take(assembler, Opcode.CONT if fragmented else Opcode.TEXT, b"b", rsv1=not fragmented)


def test_compressed_bytes_need_not_be_utf8() -> None:
    assembler = MessageAssembler(maximum_size=3, inflate=lambda _: b"text")

    assert _take(assembler, Opcode.TEXT, b"\xff", rsv1=True, fin=False) is None
    assert _take(assembler, Opcode.CONT, b"\xff") == b"text"


def test_what_inflating_finds_wrong_is_passed_on() -> None:
    def inflate(data: bytes) -> bytes:
        raise WebSocketError(1009, "too big")

    with pytest.raises(WebSocketError) as error:
        _take(MessageAssembler(maximum_size=3, inflate=inflate), Opcode.TEXT, b"a", rsv1=True)

    assert (error.value.code, error.value.reason) == (1009, "too big")


def test_reasons_fit_into_a_close_frame() -> None:
    with pytest.raises(WebSocketError) as error:
        _take(MessageAssembler(maximum_size=0), Opcode.TEXT, b"a")

    longest = error.value.reason.replace("0 bytes", f"{2**63} bytes")

    assert len(longest.encode()) <= 123
