"""Laws of permessage-deflate, with zlib and the `websockets` library at the other end."""

from __future__ import annotations

import contextlib
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.exceptions import InvalidHeaderFormat, NegotiationError
from websockets.extensions.permessage_deflate import (
    ClientPerMessageDeflateFactory,
    PerMessageDeflate,
    ServerPerMessageDeflateFactory,
)
from websockets.frames import Frame, Opcode
from websockets.headers import build_extension, parse_extension
from websockets.typing import ExtensionName

from signalr_py.servers.websocket.deflate import DeflateSettings, Inflater, NegotiatedDeflate, compressor, negotiate
from signalr_py.servers.websocket.messages import WebSocketError

TAIL = b"\x00\x00\xff\xff"
NAME = ExtensionName("permessage-deflate")
MAXIMUM_SIZE = 200_000

_settings = st.builds(
    DeflateSettings,
    minimum_size=st.integers(1, 50),
    level=st.integers(1, 9),
    memory_level=st.integers(1, 9),
    maximum_window_bits=st.integers(9, 15),
    client_context_takeover=st.booleans(),
)
_pieces = st.binary(max_size=40) | st.sampled_from(
    [b"", b"a" * 300, bytes(range(256)), b'{"type":1,"target":"Receive"}']
)
_messages = st.lists(_pieces | st.builds(lambda piece, count: piece * count, _pieces, st.integers(1, 400)), max_size=6)
_clients = st.builds(
    ClientPerMessageDeflateFactory,
    server_no_context_takeover=st.booleans(),
    client_no_context_takeover=st.booleans(),
    server_max_window_bits=st.none() | st.integers(9, 15),
    client_max_window_bits=st.none() | st.just(True) | st.integers(9, 15),
)
_words = st.sampled_from(
    [
        *("permessage-deflate", "server_no_context_takeover", "client_no_context_takeover", "server_max_window_bits"),
        *(
            "client_max_window_bits",
            ";",
            "; ",
            ",",
            ", ",
            "=",
            " ",
            "\t",
            '"',
            "\\",
            "8",
            "9",
            "10",
            "15",
            "16",
            '"12"',
        ),
    ]
)
_parameters = st.tuples(
    st.sampled_from(
        [
            *("server_no_context_takeover", "client_no_context_takeover", "server_max_window_bits"),
            *("client_max_window_bits", "unknown"),
        ]
    ),
    st.none() | st.sampled_from(["7", "8", "9", "12", "15", "16", "010", "x"]),
)
_agreements = st.booleans().map(
    lambda takeover: NegotiatedDeflate(
        response="", window_bits=15, client_window_bits=15, client_context_takeover=takeover
    )
)


def agree(
    client: ClientPerMessageDeflateFactory, settings: DeflateSettings
) -> tuple[NegotiatedDeflate, PerMessageDeflate]:
    negotiated = negotiate(build_extension([(NAME, list(client.get_request_params()))]), settings)
    assert negotiated is not None
    ((name, parameters),) = parse_extension(negotiated.response)
    assert name == NAME
    return negotiated, client.process_response_params(parameters, [])


@given(_clients, _settings, _messages)
def test_the_library_reads_what_is_compressed(
    client: ClientPerMessageDeflateFactory, settings: DeflateSettings, messages: list[bytes]
) -> None:
    negotiated, peer = agree(client, settings)
    compress = compressor(negotiated.window_bits, settings)
    for message in messages:
        compressed = compress(message)
        if compressed is None:
            continue
        assert len(message) >= settings.minimum_size
        assert len(compressed) < len(message)
        received = peer.decode(Frame(Opcode.TEXT, compressed, fin=True, rsv1=True))
        assert received.data == message


@given(_clients, _settings, _messages)
def test_what_the_library_compresses_is_read(
    client: ClientPerMessageDeflateFactory, settings: DeflateSettings, messages: list[bytes]
) -> None:
    negotiated, peer = agree(client, settings)
    inflate = Inflater(negotiated, maximum_size=MAXIMUM_SIZE)
    for message in messages:
        sent = peer.encode(Frame(Opcode.TEXT, message))
        assert sent.rsv1
        assert inflate(bytes(sent.data)) == message


@given(_messages, st.integers(9, 15), st.integers(0, 9), _agreements)
def test_what_zlib_compresses_is_read(
    messages: list[bytes], bits: int, level: int, agreement: NegotiatedDeflate
) -> None:
    inflate = Inflater(agreement, maximum_size=MAXIMUM_SIZE)
    deflate = zlib.compressobj(level, zlib.DEFLATED, -bits)
    for message in messages:
        if not agreement.client_context_takeover:
            deflate = zlib.compressobj(level, zlib.DEFLATED, -bits)
        compressed = deflate.compress(message) + deflate.flush(zlib.Z_SYNC_FLUSH)
        assert inflate(compressed.removesuffix(TAIL)) == message


@given(_messages, st.integers(0, 3000), _agreements)
def test_a_message_is_limited_by_its_inflated_size(
    messages: list[bytes], maximum_size: int, agreement: NegotiatedDeflate
) -> None:
    inflate = Inflater(agreement, maximum_size=maximum_size)
    for message in messages:
        deflate = zlib.compressobj(wbits=-15)
        compressed = (deflate.compress(message) + deflate.flush(zlib.Z_SYNC_FLUSH)).removesuffix(TAIL)
        if len(message) <= maximum_size:
            assert inflate(compressed) == message
            continue
        with pytest.raises(WebSocketError) as caught:
            inflate(compressed)
        assert caught.value.code == 1009
        return


@given(st.lists(st.binary(max_size=60), max_size=4), st.integers(0, 500), _agreements)
def test_garbage_is_read_within_limits_or_refused(
    garbage: list[bytes], maximum_size: int, agreement: NegotiatedDeflate
) -> None:
    inflate = Inflater(agreement, maximum_size=maximum_size)
    for data in garbage:
        with contextlib.suppress(WebSocketError):
            assert len(inflate(data)) <= maximum_size


@given(st.data(), _pieces.filter(bool), _agreements)
def test_damaged_messages_are_read_within_limits_or_refused(
    data: st.DataObject, piece: bytes, agreement: NegotiatedDeflate
) -> None:
    inflate = Inflater(agreement, maximum_size=5000)
    deflate = zlib.compressobj(wbits=-15)
    damaged = bytearray(deflate.compress(piece * 20) + deflate.flush(zlib.Z_SYNC_FLUSH))
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    for _ in range(2):
        with contextlib.suppress(WebSocketError):
            assert len(inflate(bytes(damaged))) <= 5000


@given(st.lists(_words, max_size=15).map("".join) | st.text(max_size=30), _settings)
def test_any_header_is_answered_well_or_not_at_all(header: str, settings: DeflateSettings) -> None:
    negotiated = negotiate(header, settings)
    if negotiated is None:
        return
    assert any(name == NAME for name, _ in parse_extension(header.strip()))
    ((name, parameters),) = parse_extension(negotiated.response)
    assert name == NAME
    assert dict(parameters).keys() >= {"server_no_context_takeover"}
    assert 9 <= negotiated.window_bits <= settings.maximum_window_bits


@given(st.lists(st.lists(_parameters, max_size=4), max_size=3))
def test_the_offers_that_the_library_would_take_are_taken(offers: list[list[tuple[str, str | None]]]) -> None:
    header = build_extension([(NAME, offer) for offer in offers]) if offers else ""
    accepted = negotiate(header, DeflateSettings())
    library = ServerPerMessageDeflateFactory(server_no_context_takeover=True, client_no_context_takeover=True)
    for offer in offers:
        try:
            answer, _ = library.process_request_params(offer, [])
        except NegotiationError:
            continue
        assert accepted is not None
        expected = {name: value for name, value in answer if name != "client_max_window_bits"}
        assert dict(parse_extension(accepted.response)[0][1]) == expected
        return
    assert accepted is None


@given(st.lists(_words, max_size=12).map("".join))
def test_a_header_that_the_library_cannot_read_is_not_answered(header: str) -> None:
    try:
        parse_extension(header.strip())
    except InvalidHeaderFormat:
        assert negotiate(header, DeflateSettings()) is None
