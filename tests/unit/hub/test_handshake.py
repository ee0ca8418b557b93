from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest

from signalr_py import Hub, HubOptions, TransferFormat
from signalr_py.hub.handshake import HandshakeRefusedError, negotiate_protocol
from signalr_py.options import JsonPayload, MessagePackPayload
from signalr_py.protocol.handshake import HandshakeRequest
from signalr_py.protocol.json import JsonHubProtocol
from signalr_py.protocol.messagepack import MessagePackHubProtocol
from tests.support.clock import ManualClock
from tests.support.hub_client import RS
from tests.support.hub_server import serve
from tests.support.tasks import settle

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection

    from signalr_py.protocol.base import HubProtocol
    from tests.support.hub_client import HubClient, ProtocolName

REQUEST = b'{"protocol":"json","version":1}\x1e'
UNEXPECTED = "An unexpected error occurred during connection handshake."
CANCELED = "Handshake was canceled."
CANNOT_CARRY = (
    "Cannot use the 'messagepack' protocol on the current transport. "
    "The transport does not support 'Binary' transfer format."
)

PROTOCOLS: dict[str, HubProtocol] = {
    "json": JsonHubProtocol(JsonPayload()),
    "messagepack": MessagePackHubProtocol(MessagePackPayload()),
}


class EchoHub(Hub):
    async def echo(self, text: str) -> str:
        return text


class UntouchableHub(Hub):
    async def on_connected(self) -> None:
        raise AssertionError

    async def on_disconnected(self, error: Exception | None) -> None:
        raise AssertionError


def assert_refused(client: HubClient, text: str | None) -> None:
    """Assert the answer, that the connection is closed without a fault, and that it stays quiet whatever comes."""
    assert client.handshake_answer == (None if text is None else {"error": text})
    written = list(client.duplex.writes)
    assert len(written) == (text is not None)
    assert client.duplex.closes == [False]
    client.connection.feed(REQUEST)
    client.connection.tick(1e9)
    client.connection.overflowed()
    client.connection.authentication_expired()
    client.connection.leave(at_once=True)
    client.connection.abort()
    client.connection.end_of_input()
    assert client.duplex.writes == written
    assert client.duplex.closes == [False]


@pytest.mark.parametrize("name", ["json", "JSON", "Json", "messagepack", "MessagePack"])
@pytest.mark.parametrize("version", [-1, 0, 1, 2])
def test_a_protocol_is_found_in_any_case_and_up_to_version_two(name: str, version: int) -> None:
    found = negotiate_protocol(HandshakeRequest(name, version), PROTOCOLS, frozenset(TransferFormat))
    assert found.name == name.lower()


@pytest.mark.parametrize(
    ("request_", "formats", "text"),
    [
        (HandshakeRequest("XML", 1), frozenset(TransferFormat), "The protocol 'XML' is not supported."),
        (HandshakeRequest("", 9), frozenset(TransferFormat), "The protocol '' is not supported."),
        (
            HandshakeRequest("JSON", 3),
            frozenset(TransferFormat),
            "The server does not support version 3 of the 'json' protocol.",
        ),
        (
            HandshakeRequest("MessagePack", 1),
            frozenset({TransferFormat.TEXT}),
            CANNOT_CARRY,
        ),
    ],
)
def test_what_is_not_served_is_refused(request_: HandshakeRequest, formats: Any, text: str) -> None:
    with pytest.raises(HandshakeRefusedError) as caught:
        negotiate_protocol(request_, PROTOCOLS, formats)
    assert str(caught.value) == text


@pytest.mark.parametrize("cut", range(1, len(REQUEST)))
async def test_a_handshake_may_come_in_two_pieces(cut: int) -> None:
    async with serve(EchoHub) as server:
        client = server.open()
        client.send_bytes(REQUEST[:cut])
        assert client.duplex.writes == []
        client.send_bytes(REQUEST[cut:])
        assert client.duplex.writes == [b"{}\x1e"]
        assert await client.invoke("Echo", "hi") == "hi"


async def test_a_handshake_may_come_byte_by_byte() -> None:
    async with serve(EchoHub) as server:
        client = server.open()
        for number in range(len(REQUEST)):
            client.send_bytes(REQUEST[number : number + 1])
        assert client.handshake_answer == {}


@pytest.mark.parametrize("protocol", ["json", "messagepack"])
async def test_messages_may_follow_the_handshake_in_the_same_chunk(protocol: ProtocolName) -> None:
    async with serve(EchoHub) as server:
        client = server.open(protocol)
        first, one = client.invocation("Echo", "one")
        second, two = client.invocation("Echo", "two")
        behind = client.encode(one, two)
        client.request_handshake(behind=behind[:-4])
        client.send_bytes(behind[-4:])
        assert (await client.answer(first))["result"] == "one"
        assert (await client.answer(second))["result"] == "two"


@pytest.mark.parametrize(
    ("protocol", "expected"), [("json", TransferFormat.TEXT), ("messagepack", TransferFormat.BINARY)]
)
async def test_the_success_answer_is_json_in_the_format_of_the_protocol(
    protocol: ProtocolName, expected: TransferFormat
) -> None:
    async with serve(EchoHub) as server:
        client = server.open(protocol)
        formats_at_first_write: list[list[TransferFormat]] = []
        client.duplex.on_write = lambda _: formats_at_first_write.append(list(client.duplex.formats))
        client.request_handshake()
        assert client.duplex.writes == [b"{}\x1e"]
        assert formats_at_first_write == [[expected]]


@pytest.mark.parametrize(
    ("data", "text", "detail"),
    [
        (b'{"protocol":"xml","version":1}', "The protocol 'xml' is not supported.", ""),
        (b'{"protocol":"messagepack","version":1}', "The protocol 'messagepack' is not supported.", ""),
        (b'{"protocol":"json","version":3}', "The server does not support version 3 of the 'json' protocol.", ""),
        (b"", UNEXPECTED, "Unexpected end when reading JSON."),
        (b"[]", UNEXPECTED, "Unexpected JSON Token Type 'Array'. Expected a JSON Object."),
        (
            b'{"version":1}',
            UNEXPECTED,
            "Missing required property 'protocol'. Message content: {\"version\":1}",
        ),
        (b'{"protocol":1,"version":1}', UNEXPECTED, "Expected 'protocol' to be of type String."),
        (b'{"protocol":"json","version":"1"}', UNEXPECTED, "Expected 'version' to be of type Number."),
        (b"\xff\x00", UNEXPECTED, None),
    ],
)
@pytest.mark.parametrize("detailed", [False, True])
async def test_a_handshake_that_fails(data: bytes, text: str, detail: str | None, detailed: Any) -> None:
    options = HubOptions(supported_protocols=("json",), enable_detailed_errors=detailed)
    async with serve(UntouchableHub, options) as server:
        client = server.open()
        client.send_bytes(data + RS + b'{"type":6}\x1e')
        if detailed and text == UNEXPECTED:
            answer = client.handshake_answer
            assert answer is not None
            prefix = f"{UNEXPECTED} RemoteProtocolError: "
            assert answer["error"].startswith(prefix)
            text = answer["error"] if detail is None else prefix + detail
        assert_refused(client, text)
        assert len(server.lifetime.registry) == 0


async def test_a_protocol_that_the_transport_cannot_carry() -> None:
    async with serve(UntouchableHub) as server:
        client = server.open("messagepack", formats=frozenset({TransferFormat.TEXT}))
        client.request_handshake()
        assert_refused(client, CANNOT_CARRY)


@pytest.mark.parametrize("chunk", [1, 7, 100])
async def test_a_handshake_that_is_too_large(chunk: int) -> None:
    async with serve(UntouchableHub, HubOptions(maximum_receive_message_size=50)) as server:
        client = server.open()
        data = b" " * 100
        for start in range(0, len(data), chunk):
            if not client.duplex.closes:
                client.send_bytes(data[start : start + chunk])
        assert_refused(client, CANCELED)


async def test_a_handshake_of_exactly_the_allowed_size() -> None:
    async with serve(EchoHub, HubOptions(maximum_receive_message_size=len(REQUEST))) as server:
        client = server.open()
        client.send_bytes(REQUEST)
        assert client.handshake_answer == {}


async def test_a_handshake_that_does_not_come_in_time() -> None:
    clock = ManualClock()
    async with serve(UntouchableHub, HubOptions(handshake_timeout=5), clock=clock) as server:
        client = server.open()
        client.send_bytes(REQUEST[:-1])
        client.connection.tick(clock.advance(4.9))
        assert client.duplex.closes == []
        client.connection.tick(clock.advance(0.1))
        assert_refused(client, CANCELED)


async def test_a_client_that_leaves_before_its_handshake_is_not_answered() -> None:
    async with serve(UntouchableHub) as server:
        client = server.open()
        client.send_bytes(REQUEST[:-1])
        client.leave()
        assert_refused(client, None)


async def test_a_client_that_is_lost_while_it_is_refused() -> None:
    async with serve(UntouchableHub) as server:
        client = server.open()
        client.duplex.on_write = lambda _: client.leave()
        client.send_bytes(b"[]\x1e")
        assert client.duplex.closes == [False]


async def test_a_client_that_is_lost_while_it_is_welcomed() -> None:
    seen: list[str] = []

    class H(Hub):
        async def on_connected(self) -> None:
            seen.append("connected")

        async def on_disconnected(self, error: Exception | None) -> None:
            seen.append(f"disconnected {error}")

    async with serve(H) as server:
        client = server.open()
        client.duplex.on_write = lambda _: client.leave() if len(client.duplex.writes) == 1 else None
        client.request_handshake()
        await client.ended()
    assert seen == ["connected", "disconnected None"]


async def test_the_shutdown_of_the_server_ends_a_handshake() -> None:
    async with serve(UntouchableHub) as server:
        client = server.open()
        client.send_bytes(REQUEST[:5])
        client.connection.leave(at_once=False)
        assert_refused(client, None)


def failing_user(_: HTTPConnection) -> str | None:
    raise LookupError("secret of the database")


@pytest.mark.parametrize(
    ("detailed", "text"), [(False, UNEXPECTED), (True, f"{UNEXPECTED} LookupError: secret of the database")]
)
async def test_a_user_id_that_raises_refuses_the_handshake(
    caplog: pytest.LogCaptureFixture, detailed: Any, text: str
) -> None:
    options = HubOptions(enable_detailed_errors=detailed)
    async with serve(UntouchableHub, options, user_id=failing_user) as server:
        client = server.open()
        client.request_handshake()
        assert_refused(client, text)
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert record.getMessage() == "Finding the user of connection c1 failed."
    assert record.exc_info is not None


@pytest.mark.parametrize(
    "data",
    [b'{"secret":"hunter2"}', b"hunter2", b'{"protocol":"json","version":"hunter2"}', b'["hunter2"]'],
)
async def test_the_log_has_one_line_for_a_bad_handshake_and_no_payload(
    caplog: pytest.LogCaptureFixture, data: bytes
) -> None:
    caplog.set_level(logging.INFO)
    async with serve(UntouchableHub) as server:
        server.open().send_bytes(data + RS)
    (line,) = caplog.messages
    assert "c1" in line
    assert "hunter2" not in line


async def test_the_user_is_found_once_and_the_hub_sees_the_request() -> None:
    asked: list[HTTPConnection] = []

    def find(request: HTTPConnection) -> str | None:
        asked.append(request)
        return "bob"

    class H(Hub):
        async def who(self) -> str | None:
            return self.context.user_identifier

    async with serve(H, user_id=find) as server:
        client = server.connect()
        assert await client.invoke("Who") == await client.invoke("Who") == "bob"
        assert asked == [client.duplex.request]
        assert client.connection.user_id == "bob"


async def test_the_handshake_answer_is_the_first_thing_written() -> None:
    class H(Hub):
        async def on_connected(self) -> None:
            await self.clients.all.send("Welcome")

    async with serve(H) as server:
        client = server.open()
        await server.context.clients.all.send("TooEarly")
        client.request_handshake()
        await client.expect("Welcome")
        await settle()
        assert json.loads(client.duplex.writes[0].removesuffix(RS)) == {}
        assert client.calls("TooEarly") == []
