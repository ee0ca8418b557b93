from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalr_py.exceptions import RemoteProtocolError
from signalr_py.protocol.messagepack_reader import MessagePackReader, array_length
from tests.unit.protocol.second_opinion import extension, packed

if TYPE_CHECKING:
    from collections.abc import Callable

NEVER_USED = b"\xc1"
BIG = 2**16


def fault_of(read: Callable[[MessagePackReader], Any], data: bytes) -> str:
    with pytest.raises(RemoteProtocolError) as raised:
        read(MessagePackReader(data))
    return str(raised.value)


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=40)
    | st.binary(max_size=40)
    | st.builds(extension, st.integers(0, 127), st.binary(max_size=40)),
    lambda inner: st.lists(inner, max_size=20) | st.dictionaries(st.text(max_size=4), inner, max_size=20),
    max_leaves=20,
)


@given(st.lists(values, min_size=1), st.binary())
def test_items_are_stepped_over_one_by_one(items: list[Any], trailing: bytes) -> None:
    reader = MessagePackReader(b"".join(map(packed, items)) + NEVER_USED + trailing)
    for item in items:
        assert bytes(reader.item()) == packed(item)
    assert bytes(reader.item()) == NEVER_USED + trailing


@pytest.mark.parametrize(
    "value",
    [
        *(0, -1, 127, -33, 200, 2**16 - 1, -(2**15), 2**32 - 1, -(2**31), 2**64 - 1, -(2**63), 1.5, None, True, False),
        *("", "x" * 31, "x" * 255, "x" * BIG, b"", b"x" * 256, b"x" * BIG, [], [1] * 15, [1] * 16, [1] * BIG),
        *({}, dict.fromkeys(range(15)), dict.fromkeys(range(16)), dict.fromkeys(range(BIG))),
        *(extension(5, b"x" * size) for size in (0, 1, 2, 3, 4, 8, 16, 17, 255, 256, BIG)),
    ],
    ids=lambda value: f"{type(value).__name__}-{len(packed(value))}",
)
def test_every_form_of_an_item_is_known(value: Any) -> None:
    data = packed(value)
    reader = MessagePackReader(data + b"\x00")
    assert bytes(reader.item()) == data
    assert reader.int32("rest") == 0
    cut = MessagePackReader(data[:-1])
    assert bytes(cut.item()) == data[:-1]
    assert bytes(cut.item()) == data[:-1]


def test_a_float_of_32_bits_is_an_item() -> None:
    assert bytes(MessagePackReader(bytes.fromhex("ca3fc0000001")).item()) == bytes.fromhex("ca3fc00000")


@pytest.mark.parametrize(
    "data", [b"", NEVER_USED, b"\x91", b"\x92\x01", b"\x81\x01", b"\xdd\xff\xff\xff\xff\x01", b"\xd9"]
)
def test_what_is_no_item_is_all_that_is_left(data: bytes) -> None:
    assert bytes(MessagePackReader(data).item()) == data


def test_fields_are_read_in_order() -> None:
    reader = MessagePackReader(packed([1, {"a": None}, "text", [True], -(2**63)]))
    assert reader.message_length() == 5
    assert reader.int32("type") == 1
    assert reader.map_length("headers") == 1
    assert reader.string("key") == "a"
    assert reader.string("value") is None
    assert reader.string("target") == "text"
    assert reader.array_length("arguments") == 1
    assert reader.boolean("flag") is True
    assert reader.int64("sequenceId") == -(2**63)


NOT_TEXT = [b"", b"\xa1", packed(1), packed(b"bytes"), packed(["a"]), b"\xa1\xff", NEVER_USED]
NOT_INT = [b"", b"\xcd\x00", packed(1.0), packed("1"), packed(None), packed(True), packed(2**31), packed(-(2**31) - 1)]


@pytest.mark.parametrize("data", NOT_TEXT)
def test_anything_but_text_or_nil_is_refused_for_text(data: bytes) -> None:
    assert fault_of(lambda reader: reader.string("target"), data) == "Reading 'target' as String failed."


@pytest.mark.parametrize("data", NOT_INT)
def test_anything_but_an_integer_of_32_bits_is_refused_for_one(data: bytes) -> None:
    assert fault_of(lambda reader: reader.int32("messageType"), data) == "Reading 'messageType' as Int32 failed."


@pytest.mark.parametrize("data", [packed(2**63), packed("1"), packed(1.5), b""])
def test_anything_but_an_integer_of_64_bits_is_refused_for_one(data: bytes) -> None:
    assert fault_of(lambda reader: reader.int64("sequenceId"), data) == "Reading 'sequenceId' as Int64 failed."


@pytest.mark.parametrize("data", [packed(1), packed(None), b""])
def test_anything_but_true_or_false_is_refused_for_a_boolean(data: bytes) -> None:
    fault = fault_of(lambda reader: reader.boolean("allowReconnect"), data)
    assert fault == "Reading 'allowReconnect' as Boolean failed."


@pytest.mark.parametrize("data", [b"", packed({}), packed(1), packed(None), b"\x91", b"\xdc\x00", b"\xdc\x00\x02\x01"])
def test_anything_but_a_whole_array_is_refused_for_one(data: bytes) -> None:
    fault = fault_of(lambda reader: reader.array_length("arguments"), data)
    assert fault == "Reading array length for 'arguments' failed."
    assert fault_of(MessagePackReader.message_length, data) == "A message is no MessagePack array, or is cut off."
    assert array_length(data) is None


@pytest.mark.parametrize("data", [b"", packed([]), packed(1), packed(None), b"\x81\x01", b"\xde\x00\x02\x01\x02\x03"])
def test_anything_but_a_whole_map_is_refused_for_one(data: bytes) -> None:
    assert fault_of(lambda reader: reader.map_length("headers"), data) == "Reading map length for 'headers' failed."


@pytest.mark.parametrize("count", [0, 1, 15, 16, BIG])
def test_the_length_of_an_array_needs_only_its_head(count: int) -> None:
    assert array_length(packed([0] * count)) == count
    assert MessagePackReader(packed(dict.fromkeys(range(count)))).map_length("headers") == count


def test_items_may_be_nested_to_any_depth() -> None:
    data = b"\x91" * 20_000 + b"\xc0"
    assert bytes(MessagePackReader(data).item()) == data
    assert bytes(MessagePackReader(data[:-1]).item()) == data[:-1]


READS: list[Callable[[MessagePackReader], Any]] = [
    MessagePackReader.message_length,
    lambda reader: reader.map_length("headers"),
    lambda reader: reader.string("target"),
    lambda reader: reader.int32("type"),
    lambda reader: reader.boolean("flag"),
]


@given(st.binary())
@pytest.mark.parametrize("read", READS)
def test_arbitrary_bytes_are_read_or_refused(read: Callable[[MessagePackReader], Any], data: bytes) -> None:
    with contextlib.suppress(RemoteProtocolError):
        read(MessagePackReader(data))
