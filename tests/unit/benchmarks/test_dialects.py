"""What the load says and understands."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.dialects import DIALECTS, DialectError, Message
from benchmarks.dialects.bare import BareDialect
from benchmarks.dialects.signalr import JsonDialect, MessagePackDialect
from benchmarks.dialects.socketio import SocketIoDialect
from signalr_py.protocol.handshake import HandshakeReader, encode_response

JSON = JsonDialect()
PACK = MessagePackDialect()
SOCKET_IO = SocketIoDialect()


def packed(*members: object) -> bytes:
    body = msgspec.msgpack.encode(members)
    return bytes([len(body)]) + body


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (b'{"type":3,"invocationId":"1","result":null}\x1e', Message("result", "1")),
        (b'{"type":3,"invocationId":"1"}\x1e', Message("end", "1")),
        (b'{"type":2,"invocationId":"1","item":7}\x1e', Message("item", "1", 7)),
        (b'{"type":1,"target":"Receive","arguments":["a"]}\x1e', Message("push", "", "a")),
        (b'{"type":6}\x1e', Message("ping")),
    ],
)
def test_json_is_read(payload: bytes, message: Message) -> None:
    assert JSON.read(payload * 2) == [message] * 2


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (packed(3, {}, "1", 3, None), Message("result", "1")),
        (packed(3, {}, "1", 2), Message("end", "1")),
        (packed(2, {}, "1", 7), Message("item", "1", 7)),
        (packed(1, {}, None, "Receive", ["a"], []), Message("push", "", "a")),
        (packed(1, {}, None, "Receive", ["a"]), Message("push", "", "a")),
        (packed(6), Message("ping")),
    ],
)
def test_messagepack_is_read(payload: bytes, message: Message) -> None:
    assert PACK.read(payload * 2) == [message] * 2


@pytest.mark.parametrize(
    "payload", [packed(3, {}, "1", 1, "an error"), packed(7, None), packed(6)[:-1], b"\xff", b"\x01\xc1"]
)
def test_bad_messagepack_is_found(payload: bytes) -> None:
    with pytest.raises(DialectError):
        PACK.read(payload)


@given(st.text(max_size=5_000))
def test_a_message_of_any_length_comes_back(text: str) -> None:
    for dialect in (JSON, PACK):
        assert dialect.read(dialect.push(text)) == [Message("push", "", text)]
        assert BareDialect(dialect).read(dialect.call("9", "Echo", text)) == [Message("result", "9", text)]


def test_a_bare_server_gets_the_bytes_of_the_hub_protocol() -> None:
    for dialect in (JSON, PACK):
        bare = BareDialect(dialect)
        assert bare.call("1", "Echo", "a") == dialect.call("1", "Echo", "a")
        assert bare.shout("a") == dialect.push("a")
        assert bare.read(bare.shout("a")) == [Message("push", "", "a")]
        assert bare.is_binary is dialect.is_binary


def test_a_bare_server_has_no_handshake_and_no_streams() -> None:
    bare = BareDialect(JSON)
    assert not bare.has_handshake
    assert (bare.opening(), bare.reply(b"x")) == (None, None)
    with pytest.raises(DialectError):
        bare.is_welcome(b"x")
    with pytest.raises(DialectError):
        bare.stream("1", 2)


@pytest.mark.parametrize("dialect", [JSON, PACK])
def test_the_handshake_is_what_the_package_reads(dialect: JsonDialect | MessagePackDialect) -> None:
    request = HandshakeReader().feed(dialect.opening())
    assert request is not None
    assert dialect.is_welcome(encode_response())
    assert dialect.reply(b"") is None
    with pytest.raises(DialectError):
        dialect.is_welcome(encode_response("no"))


def test_streams_are_asked_for() -> None:
    assert b'"arguments":[5,0]' in JSON.stream("1", 5)
    assert msgspec.msgpack.decode(PACK.stream("1", 5)[1:]) == [4, {}, "1", "Counter", [5, 0], []]
    with pytest.raises(DialectError):
        SOCKET_IO.stream("1", 5)


def test_socket_io_opens_in_two_steps() -> None:
    assert SOCKET_IO.opening() is None
    assert SOCKET_IO.is_welcome(b'0{"sid":"x"}') is False
    assert SOCKET_IO.reply(b'0{"sid":"x"}') == b"40"
    assert SOCKET_IO.is_welcome(b'40{"sid":"y"}') is True
    assert SOCKET_IO.is_welcome(b"2") is False
    assert SOCKET_IO.reply(b"2") == b"3"
    with pytest.raises(DialectError):
        SOCKET_IO.is_welcome(b'44{"message":"no"}')


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (b'431000["a"]', Message("result", "1000", "a")),
        (b'42["Receive","a"]', Message("push", "", "a")),
        (b"2", Message("ping")),
    ],
)
def test_socket_io_is_read(payload: bytes, message: Message) -> None:
    assert SOCKET_IO.read(payload) == [message]


@pytest.mark.parametrize("payload", [b"41", b'42["Other","a"]', b"431000[}]", b'431000["a","b"]'])
def test_bad_socket_io_is_found(payload: bytes) -> None:
    with pytest.raises(DialectError):
        SOCKET_IO.read(payload)


def test_socket_io_calls() -> None:
    assert SOCKET_IO.call("7", "Echo", "a") == b'427["Echo","a"]'
    assert SOCKET_IO.shout("a") == b'42["Broadcast","a"]'


def test_every_dialect_can_be_made() -> None:
    assert {name: make().is_binary for name, make in DIALECTS.items()} == {
        "json": False,
        "messagepack": True,
        "bare-json": False,
        "bare-messagepack": True,
        "socketio": False,
    }
