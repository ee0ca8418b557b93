"""permessage-deflate: what is agreed on, what is compressed, and what is refused."""

from __future__ import annotations

import tracemalloc
import zlib

import pytest

from signalr_py.exceptions import OptionsError
from signalr_py.servers.websocket.deflate import DeflateSettings, Inflater, NegotiatedDeflate, compressor, negotiate
from signalr_py.servers.websocket.frames import FrameEncoder
from signalr_py.servers.websocket.messages import MessageAssembler, WebSocketError

TAIL = b"\x00\x00\xff\xff"
DEFAULT = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
KEEPING = DeflateSettings(client_context_takeover=True)
HELLO = bytes.fromhex("f248cdc9c90700")
HELLO_AGAIN = bytes.fromhex("f200110000")


def agreed(offers: str, settings: DeflateSettings | None = None) -> NegotiatedDeflate:
    negotiated = negotiate(offers, settings or DeflateSettings())
    assert negotiated is not None
    return negotiated


def inflater(maximum_size: int = 100_000, offers: str = "permessage-deflate", *, keeping: bool = False) -> Inflater:
    return Inflater(agreed(offers, KEEPING if keeping else None), maximum_size=maximum_size)


def deflated(data: bytes, *, bits: int = 15, flush: int = zlib.Z_SYNC_FLUSH) -> bytes:
    deflate = zlib.compressobj(6, zlib.DEFLATED, -bits)
    return (deflate.compress(data) + deflate.flush(flush)).removesuffix(TAIL)


@pytest.mark.parametrize(
    ("offers", "response", "window_bits"),
    [
        ("permessage-deflate", DEFAULT, 15),
        ("permessage-deflate; client_max_window_bits", DEFAULT, 15),
        ("permessage-deflate; client_max_window_bits=10", DEFAULT, 15),
        ("permessage-deflate; client_no_context_takeover; server_no_context_takeover", DEFAULT, 15),
        (
            "permessage-deflate; server_max_window_bits=10",
            "permessage-deflate; server_no_context_takeover; server_max_window_bits=10; client_no_context_takeover",
            10,
        ),
        (
            'permessage-deflate ;\tserver_max_window_bits = "1\\1"',
            "permessage-deflate; server_no_context_takeover; server_max_window_bits=11; client_no_context_takeover",
            11,
        ),
        ("x-webkit-deflate-frame, permessage-deflate", DEFAULT, 15),
        (', x; text="a, permessage-deflate; b" ,, permessage-deflate,', DEFAULT, 15),
        ("permessage-deflate; server_max_window_bits=8, permessage-deflate", DEFAULT, 15),
        ("permessage-deflate; unknown, permessage-deflate", DEFAULT, 15),
        (
            "permessage-deflate; server_max_window_bits=9, permessage-deflate",
            "permessage-deflate; server_no_context_takeover; server_max_window_bits=9; client_no_context_takeover",
            9,
        ),
    ],
)
def test_the_first_offer_that_can_be_met_is_taken(offers: str, response: str, window_bits: int) -> None:
    negotiated = agreed(offers)
    assert negotiated.response == response
    assert negotiated.window_bits == window_bits
    assert not negotiated.client_context_takeover


@pytest.mark.parametrize(
    "offers",
    [
        "",
        " ",
        ",",
        "x-webkit-deflate-frame",
        "Permessage-Deflate-2",
        "permessage-deflate; unknown",
        "permessage-deflate; server_max_window_bits",
        "permessage-deflate; server_max_window_bits=8",
        "permessage-deflate; server_max_window_bits=7",
        "permessage-deflate; server_max_window_bits=16",
        "permessage-deflate; server_max_window_bits=010",
        "permessage-deflate; server_max_window_bits=+9",
        'permessage-deflate; server_max_window_bits=""',
        "permessage-deflate; client_max_window_bits=0",
        "permessage-deflate; client_max_window_bits=x",
        "permessage-deflate; server_no_context_takeover=1",
        "permessage-deflate; client_no_context_takeover=true",
        'permessage-deflate; client_no_context_takeover=""',
        "permessage-deflate; client_max_window_bits; client_max_window_bits=10",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
        "permessage-deflate;",
        "permessage-deflate; =10",
        "permessage-deflate; server_max_window_bits=",
        'permessage-deflate; server_max_window_bits="10',
        "permessage-deflate permessage-deflate",
        "permessage-deflate, ;",
        "permessage-deflate\u00e9",
    ],
)
def test_an_offer_that_cannot_be_met_leaves_messages_as_they_are(offers: str) -> None:
    assert negotiate(offers, DeflateSettings()) is None


@pytest.mark.parametrize("filling", [" ", ";", "a;", "a=", '"', "\\", 'a="', "permessage-deflate;"])
def test_a_long_header_takes_time_in_proportion_to_its_length(filling: str) -> None:
    assert negotiate("permessage-deflate; a" + filling * 200_000 + "\u00e9", DeflateSettings()) is None


@pytest.mark.parametrize(
    ("offers", "bits", "response", "client_window_bits", "takeover"),
    [
        ("permessage-deflate", 15, "permessage-deflate; server_no_context_takeover", 15, True),
        ("permessage-deflate; client_no_context_takeover", 15, DEFAULT, 15, False),
        (
            "permessage-deflate; client_max_window_bits",
            11,
            "permessage-deflate; server_no_context_takeover; client_max_window_bits=11",
            11,
            True,
        ),
        (
            "permessage-deflate; client_max_window_bits=10",
            11,
            "permessage-deflate; server_no_context_takeover; client_max_window_bits=10",
            10,
            True,
        ),
        (
            "permessage-deflate; client_max_window_bits=8",
            15,
            "permessage-deflate; server_no_context_takeover; client_max_window_bits=8",
            9,
            True,
        ),
    ],
)
def test_context_takeover_of_the_client_is_bounded_as_far_as_it_allows(
    offers: str, bits: int, response: str, client_window_bits: int, *, takeover: bool
) -> None:
    settings = DeflateSettings(client_context_takeover=True, maximum_window_bits=bits)
    assert agreed(offers, settings) == NegotiatedDeflate(
        response=response,
        window_bits=bits,
        client_window_bits=client_window_bits,
        client_context_takeover=takeover,
    )


@pytest.mark.parametrize(
    "members",
    [
        {"minimum_size": 0},
        {"level": 0},
        {"level": 10},
        {"memory_level": 0},
        {"maximum_window_bits": 8},
        {"maximum_window_bits": 16},
        {"client_context_takeover": 1},
    ],
)
def test_a_setting_out_of_range_is_named(members: dict[str, int]) -> None:
    ((name, value),) = members.items()
    with pytest.raises(OptionsError, match=rf"DeflateSettings\({name}={value}\): allowed is"):
        DeflateSettings(**members)  # type: ignore[arg-type]


def test_only_messages_that_get_smaller_are_compressed() -> None:
    compress = compressor(15, DeflateSettings(minimum_size=10))
    assert compress(b"a" * 9) is None
    assert compress(bytes(range(256))) is None
    compressed = compress(b"a" * 1000)
    assert compressed is not None
    assert len(compressed) < 20
    assert not compressed.endswith(TAIL)
    assert inflater()(compressed) == b"a" * 1000


@pytest.mark.parametrize("window_bits", range(9, 16))
def test_a_message_needs_no_larger_window_than_agreed(window_bits: int) -> None:
    compress = compressor(window_bits, DeflateSettings(level=9))
    pattern = bytes(index * index % 251 for index in range(700))
    data = (pattern + b"-" * 40_000) * 2
    compressed = compress(data)
    assert compressed is not None
    assert zlib.decompressobj(-window_bits).decompress(compressed + TAIL) == data


def test_a_message_is_compressed_once_for_all_connections_of_a_variant() -> None:
    compress = compressor(15, DeflateSettings())
    compressed = []

    def counting(data: bytes) -> bytes | None:
        compressed.append(data)
        return compress(data)

    encoder = FrameEncoder(binary=False, compress=counting)
    data = b"a message " * 1000
    frames = {id(encoder.encode(data)) for _ in range(1000)}
    assert compressed == [data]
    assert len(frames) == 1


@pytest.mark.parametrize("keeping", [False, True])
def test_the_examples_of_the_standard_are_read(*, keeping: bool) -> None:
    inflate = inflater(keeping=keeping)
    final_block = bytes.fromhex("f348cdc9c9070000")
    without_compression = bytes.fromhex("000500faff48656c6c6f00")
    two_blocks = bytes.fromhex("f248050000 00ffffcac9c90700")
    for data in (HELLO, final_block, without_compression, two_blocks, final_block[:-1], HELLO):
        assert inflate(data) == b"Hello"
    assert inflate(b"\x00") == b""
    assert inflate(b"") == b""


def test_a_message_may_refer_to_the_one_before_it_only_if_that_was_agreed_on() -> None:
    inflate = inflater(keeping=True)
    assert inflate(HELLO) == b"Hello"
    assert inflate(HELLO_AGAIN) == b"Hello"
    inflate = inflater()
    assert inflate(HELLO) == b"Hello"
    with pytest.raises(WebSocketError) as caught:
        inflate(HELLO_AGAIN)
    assert caught.value.code == 1007


@pytest.mark.parametrize("keeping", [False, True])
@pytest.mark.parametrize(
    "data",
    [
        b"\xff" * 8,
        b"\x07",
        deflated(b"Hello", flush=zlib.Z_FINISH) + deflated(b"Hello"),
        deflated(b"Hello", flush=zlib.Z_FINISH) + b"\x00\x00",
        deflated(b"", flush=zlib.Z_FINISH) * 10_000,
    ],
)
def test_what_is_no_deflate_data_is_refused(data: bytes, *, keeping: bool) -> None:
    with pytest.raises(WebSocketError) as caught:
        inflater(keeping=keeping)(data)
    assert caught.value.code == 1007


@pytest.mark.parametrize("length", [1, 10, 50, 99])
def test_a_message_that_is_cut_short_is_refused(length: int) -> None:
    data = deflated(bytes(index * index % 251 for index in range(1000)))
    with pytest.raises(WebSocketError) as caught:
        inflater()(data[: len(data) * length // 100])
    assert caught.value.code == 1007


@pytest.mark.parametrize("keeping", [False, True])
@pytest.mark.parametrize("size", [0, 1, 1000, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20])
def test_the_size_is_limited_to_the_byte(size: int, *, keeping: bool) -> None:
    assert inflater(size, keeping=keeping)(deflated(b"a" * size)) == b"a" * size
    with pytest.raises(WebSocketError) as caught:
        inflater(size, keeping=keeping)(deflated(b"a" * (size + 1)))
    assert caught.value.code == 1009
    assert caught.value.reason == f"A message inflates to more than {size} bytes."


def test_no_limit_at_all_can_be_given() -> None:
    assert inflater(2**63 - 1)(deflated(b"a" * 5000)) == b"a" * 5000


@pytest.mark.parametrize("maximum_size", [32_768, 4 << 20])
def test_a_bomb_is_refused_before_it_takes_memory(maximum_size: int) -> None:
    bomb = deflated(bytes(64 << 20))
    inflate = inflater(maximum_size)
    tracemalloc.start()
    try:
        with pytest.raises(WebSocketError) as caught:
            inflate(bomb)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert caught.value.code == 1009
    assert peak < maximum_size + (3 << 20)


def memory_kept(*, keeping: bool) -> float:
    """Return the bytes that each of many connections keeps after a message."""
    data = deflated(bytes(index * index % 251 for index in range(50_000)))
    tracemalloc.start()
    try:
        connections = [inflater(keeping=keeping) for _ in range(100)]
        for inflate in connections:
            inflate(data)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return kept / len(connections)


def test_a_connection_keeps_no_window_unless_that_was_agreed_on() -> None:
    assert memory_kept(keeping=False) < 1024
    assert memory_kept(keeping=True) > 32_768


def test_the_assembler_joins_the_frames_of_a_compressed_message() -> None:
    data = b"a message " * 1000
    compress = compressor(15, DeflateSettings())
    compressed = compress(data)
    assert compressed is not None
    assembler = MessageAssembler(maximum_size=20_000, inflate=inflater(20_000))
    pieces = [compressed[:5], b"", compressed[5:]]
    taken = [
        assembler.take(opcode=0 if index else 1, fin=index == 2, rsv1=index == 0, rsv2=False, rsv3=False, data=piece)
        for index, piece in enumerate(pieces)
    ]
    assert taken == [None, None, data]
