from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalr_py.exceptions import RemoteProtocolError
from signalr_py.protocol.handshake import (
    HandshakeReader,
    HandshakeRequest,
    HandshakeResponse,
    HandshakeSizeError,
    encode_request,
    encode_response,
    parse_response,
)
from tests.unit.protocol.samples import chunks


def request_in(data: bytes, maximum_size: int | None = None) -> HandshakeRequest | None:
    return HandshakeReader(maximum_size).feed(data)


def fault_in(text: str | bytes) -> str:
    data = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(RemoteProtocolError) as raised:
        request_in(data + b"\x1e")
    return str(raised.value)


def test_a_request_is_read_with_the_bytes_behind_it() -> None:
    reader = HandshakeReader()
    assert reader.feed(b'{"protocol":"json","version":1}\x1e{"type":6}\x1e') == HandshakeRequest("json", 1)
    assert reader.remainder == b'{"type":6}\x1e'


@pytest.mark.parametrize(
    "text",
    [
        '{"version":2,"protocol":"MessagePack"}',
        '{"extra":{"a":[1]},"protocol":"MessagePack","version":2,"minorVersion":0}',
        '{"protocol":"json","version":1,"version":2,"protocol":"MessagePack"}',
        ' { "protocol" : "Message\\u0050ack" , "version" : 2 } trailing',
    ],
)
def test_members_come_in_any_order_and_unknown_ones_are_skipped(text: str) -> None:
    assert request_in(text.encode() + b"\x1e") == HandshakeRequest("MessagePack", 2)


@pytest.mark.parametrize("version", [0, -1, 2**31 - 1])
def test_any_version_of_32_bits_is_read(version: int) -> None:
    assert request_in(encode_request("json", version)) == HandshakeRequest("json", version)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "Unexpected end when reading JSON."),
        (" \n", "Unexpected end when reading JSON."),
        ("{", "Error reading JSON."),
        ("nonsense", "Error reading JSON."),
        ("[]", "Unexpected JSON Token Type 'Array'. Expected a JSON Object."),
        ("1", "Unexpected JSON Token Type 'Number'. Expected a JSON Object."),
        ("{}", "Missing required property 'protocol'. Message content: {}"),
        ('{"version":1}', "Missing required property 'protocol'. Message content: {\"version\":1}"),
        ('{"protocol":"é"}', 'Missing required property \'version\'. Message content: {"protocol":"é"}'),
        ('{"Protocol":"json"}', 'Missing required property \'protocol\'. Message content: {"Protocol":"json"}'),
        ('{"protocol":1,"version":1}', "Expected 'protocol' to be of type String."),
        ('{"protocol":null,"version":1}', "Expected 'protocol' to be of type String."),
        ('{"protocol":"json","version":"1"}', "Expected 'version' to be of type Number."),
        ('{"protocol":"json","version":null}', "Expected 'version' to be of type Number."),
        ('{"protocol":"json","version":true}', "Expected 'version' to be of type Number."),
        ('{"protocol":"json","version":1.0}', "Expected 'version' to be a whole number of 32 bits."),
        ('{"protocol":"json","version":2147483648}', "Expected 'version' to be a whole number of 32 bits."),
        (b'{"protocol":"\xff","version":1}', "Error reading JSON."),
        (b'{"protocol":"\\ud800","version":1}', "Error reading JSON."),
        (b'{"x":"\xff"}', 'Missing required property \'protocol\'. Message content: {"x":"\ufffd"}'),
        ("{" + '"a":[' * 20_000, "Error reading JSON."),
    ],
)
def test_a_malformed_request_is_refused_in_the_words_of_the_reference(text: str | bytes, fault: str) -> None:
    assert fault_in(text) == fault


def test_the_size_limit_counts_the_separator_and_nothing_behind_it() -> None:
    request = encode_request("json")
    assert request_in(request + b"x" * 1000, len(request)) == HandshakeRequest("json", 1)
    assert request_in(request[:-1], len(request)) is None
    with pytest.raises(HandshakeSizeError) as raised:
        request_in(request, len(request) - 1)
    assert str(raised.value) == (
        "The handshake request is larger than 31 bytes. "
        "The size can be configured with HubOptions(maximum_receive_message_size=...)."
    )


def test_a_request_without_an_end_is_refused_as_soon_as_it_is_too_large() -> None:
    reader = HandshakeReader(10)
    assert reader.feed(b"0123456789") is None
    with pytest.raises(HandshakeSizeError):
        reader.feed(b"0")


@given(data=st.data(), trailing=st.binary(max_size=20))
def test_any_split_gives_the_same_request_and_remainder(data: st.DataObject, trailing: bytes) -> None:
    wire = encode_request("messagepack", 2) + trailing
    reader, request, rest = HandshakeReader(), None, b""
    for piece in data.draw(chunks(wire)):
        if request is None:
            request = reader.feed(piece)
        else:
            rest += piece
    assert request == HandshakeRequest("messagepack", 2)
    assert reader.remainder + rest == trailing


@given(st.text(), st.integers(-(2**31), 2**31 - 1))
def test_every_request_makes_the_round_trip(protocol: str, version: int) -> None:
    assume_encodable = protocol.encode("utf-8", "ignore").decode()
    assert request_in(encode_request(assume_encodable, version)) == HandshakeRequest(assume_encodable, version)


@given(data=st.data())
def test_arbitrary_and_mutated_requests_give_a_request_or_a_remote_protocol_error(data: st.DataObject) -> None:
    wire = bytearray(data.draw(st.sampled_from([encode_request("json"), b'{"version":-1e5,"protocol":null}\x1e'])))
    for place, byte in data.draw(st.lists(st.tuples(st.integers(0, len(wire) - 1), st.integers(0, 255)), max_size=3)):
        wire[place] = byte
    for attempt in (bytes(wire), data.draw(st.binary()) + b"\x1e"):
        try:
            request = request_in(attempt, data.draw(st.none() | st.integers(1, 40)))
        except RemoteProtocolError:
            continue
        assert request is None or isinstance(request, HandshakeRequest)


def test_the_answer_is_empty_or_has_the_reason() -> None:
    assert encode_response() == b"{}\x1e"
    assert json.loads(encode_response("no\x1e").removesuffix(b"\x1e")) == {"error": "no\x1e"}
    assert encode_response("") == b'{"error":""}\x1e'


@pytest.mark.parametrize("error", [None, "", "The protocol 'x' is not supported."])
def test_an_answer_is_read_with_the_bytes_behind_it(error: str | None) -> None:
    assert parse_response(encode_response(error) + b"rest") == (HandshakeResponse(error), b"rest")
    assert parse_response(encode_response(error)[:-1]) is None


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b'{"type":6}\x1e', "Expected a handshake response from the server."),
        (b'{"error":null}\x1e', "Expected 'error' to be of type String."),
        (b"[]\x1e", "Unexpected JSON Token Type 'Array'. Expected a JSON Object."),
    ],
)
def test_anything_else_is_no_answer(data: bytes, fault: str) -> None:
    with pytest.raises(RemoteProtocolError) as raised:
        parse_response(data)
    assert str(raised.value) == fault


def test_unknown_members_of_an_answer_are_skipped() -> None:
    assert parse_response(b'{"minorVersion":0}\x1e') == (HandshakeResponse(), b"")
