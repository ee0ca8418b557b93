"""Messages and handshakes that no client should send."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.hosts.application import AppOptions
from tests.hosts.places import HOSTS, PLACES, UVICORN, Place
from tests.hosts.witnesses import nobody_notices
from tests.support.raw_channels import WebSocketChannel
from tests.support.raw_client import RS, TRANSPORTS, connect

if TYPE_CHECKING:
    from tests.hosts.conftest import Servers

LIMIT = 32_768

hosts = pytest.mark.parametrize("place", [PLACES[host] for host in HOSTS], ids=list(HOSTS))

CLOSE_WITH_ERROR = {"type": 7, "error": "Connection closed with an error.", "allowReconnect": True}
CLEAN_END = {"WebSockets": "code 1000", "ServerSentEvents": "end of stream", "LongPolling": "status 204"}

NO_MESSAGES = {
    "empty": "",
    "rubbish": "rubbish",
    "cut": '{"type":1,',
    "array": "[]",
    "text": '"type"',
    "null": "null",
    "number": "1",
    "byte-order-mark": '\ufeff{"type":6}',
    "no-type": "{}",
    "type-null": '{"type":null}',
    "type-text": '{"type":"6"}',
    "type-fraction": '{"type":6.5}',
    "type-huge": '{"type":1e400}',
    "type-many-digits": '{"type":' + "9" * 5000 + "}",
    "no-target": '{"type":1,"arguments":[]}',
    "target-null": '{"type":1,"target":null,"arguments":[]}',
    "target-number": '{"type":1,"target":5,"arguments":[]}',
    "no-arguments": '{"type":1,"target":"Echo"}',
    "arguments-null": '{"type":1,"target":"Echo","arguments":null}',
    "arguments-object": '{"type":1,"target":"Echo","arguments":{}}',
    "id-null": '{"type":1,"invocationId":null,"target":"Echo","arguments":["x"]}',
    "id-number": '{"type":1,"invocationId":5,"target":"Echo","arguments":["x"]}',
    "headers-array": '{"type":1,"headers":[],"target":"Echo","arguments":["x"]}',
    "header-number": '{"type":1,"headers":{"a":1},"target":"Echo","arguments":["x"]}',
    "stream-ids-null": '{"type":1,"streamIds":null,"target":"Echo","arguments":["x"]}',
    "stream-id-null": '{"type":1,"streamIds":[null],"target":"Echo","arguments":["x"]}',
    "item-without-id": '{"type":2,"item":1}',
    "no-item": '{"type":2,"invocationId":"1"}',
    "completion-without-id": '{"type":3,"result":1}',
    "result-and-error": '{"type":3,"invocationId":"1","result":1,"error":"x"}',
    "stream-without-id": '{"type":4,"target":"Echo","arguments":["x"]}',
    "cancel-without-id": '{"type":5}',
    "ack-without-number": '{"type":8}',
    "allow-reconnect-text": '{"type":7,"allowReconnect":"yes"}',
    "deep": '{"type":1,"target":"Echo","arguments":[' + "[" * 100 + "]" * 100 + "]}",
    "deepest": "[" * 30_000,
    "control-character": '{"type":1,"target":"a\nb","arguments":[]}',
    "nan": '{"type":1,"target":"Echo","arguments":[NaN]}',
    "too-large": '{"type":1,"target":"Echo","arguments":["' + "x" * LIMIT + '"]}',
    "never-ending": "x" * (2 * LIMIT),
}

IGNORED = {
    "type-0": '{"type":0}',
    "type-negative": '{"type":-1}',
    "type-unknown": '{"type":42,"target":"Echo","arguments":["x"]}',
    "more-behind-the-message": '{"type":6}{"type":6}rubbish',
    "item-of-no-stream": '{"type":2,"invocationId":"nothing","item":{}}',
    "completion-of-no-call": '{"type":3,"invocationId":"nothing","result":{}}',
    "cancellation-of-no-call": '{"type":5,"invocationId":"nothing"}',
    "stray-ack": '{"type":8,"sequenceId":99}',
    "stray-sequence": '{"type":9,"sequenceId":99}',
    "unknown-members": '{"type":6,"more":{"and":["more"]}}',
    "unknown-method-without-id": '{"type":1,"target":"Nothing","arguments":[]}',
    "wrong-arguments-without-id": '{"type":1,"target":"Add","arguments":["x"]}',
}

CANNOT_BIND = "Failed to invoke '{}' due to an error on the server."
NO_METHOD = CANNOT_BIND + " HubException: Method does not exist."
REFUSED_CALLS: dict[str, tuple[str, list[Any], str]] = {
    "no-such-method": ("Nothing", [], NO_METHOD),
    "private-method": ("_board", [], NO_METHOD),
    "hook": ("OnConnected", [], NO_METHOD),
    "base-member": ("Context", [], NO_METHOD),
    "special-method": ("__init__", [], NO_METHOD),
    "strange-name": ("\u0000'\"💚", [], NO_METHOD),
    "empty-name": ("", [], NO_METHOD),
    "too-few": ("Add", [1], CANNOT_BIND),
    "too-many": ("Add", [1, 2, 3], CANNOT_BIND),
    "wrong-type": ("Add", [1, "2"], CANNOT_BIND),
    "out-of-range": ("Large", [1.5], CANNOT_BIND),
}

NO_HANDSHAKES = {
    "empty": "",
    "rubbish": "rubbish",
    "array": "[]",
    "message": '{"type":6}',
    "no-version": '{"protocol":"json"}',
    "no-protocol": '{"version":1}',
    "protocol-null": '{"protocol":null,"version":1}',
    "version-text": '{"protocol":"json","version":"1"}',
    "version-huge": '{"protocol":"json","version":1e400}',
    "deep": "[" * 10_000,
}
HANDSHAKE_ERROR = "An unexpected error occurred during connection handshake."
REFUSED_HANDSHAKES = {
    "unknown": ('{"protocol":"smoke signals","version":1}', "The protocol 'smoke signals' is not supported."),
    "too-new": (
        '{"protocol":"json","version":3}',
        "The server does not support version 3 of the 'json' protocol.",
    ),
    **{name: (text, HANDSHAKE_ERROR) for name, text in NO_HANDSHAKES.items()},
}


@hosts
async def test_what_is_no_message_ends_the_connection_on_every_host(servers: Servers, place: Place) -> None:
    server = servers(place)
    url = place.url(server)
    for name in ("rubbish", "target-null", "too-large", "never-ending"):
        async with nobody_notices(server, url), connect(url) as client:
            await client.send(NO_MESSAGES[name] + RS)
            assert await client.expect_close() == CLOSE_WITH_ERROR
            assert await client.wait_ended() == "code 1000"


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("text", NO_MESSAGES.values(), ids=NO_MESSAGES)
async def test_what_is_no_message_ends_the_connection(servers: Servers, transport: str, text: str) -> None:
    place = PLACES[UVICORN]
    server = servers(place)
    url = place.url(server)
    async with nobody_notices(server, url), connect(url, transport) as client:
        await client.send(text + RS)
        assert await client.expect_close() == CLOSE_WITH_ERROR
        assert await client.wait_ended() == CLEAN_END[transport]


@hosts
async def test_bytes_that_are_no_text_end_the_connection(servers: Servers, place: Place) -> None:
    server = servers(place)
    url = place.url(server)
    for data in (
        b'{"type":1,"target":"\xff\xfe","arguments":[]}\x1e',
        bytes(range(0x80, 0x100)) + b"\x1e",
        b"\x00" * 100 + b"\x1e",
    ):
        async with nobody_notices(server, url), connect(url) as client:
            assert isinstance(client.channel, WebSocketChannel)
            await client.channel.websocket.send(data)
            assert await client.expect_close() == CLOSE_WITH_ERROR
            assert await client.wait_ended() == "code 1000"


@hosts
async def test_what_can_be_ignored_is(servers: Servers, place: Place) -> None:
    server = servers(place)
    url = place.url(server)
    async with nobody_notices(server, url, lines=0), connect(url) as client:
        for text in IGNORED.values():
            await client.send(text + RS)
            assert await client.invoke("Echo", text) == text
        assert all(message.get("type") != 7 for message in client.received)


@hosts
async def test_calls_that_cannot_be_made_are_refused_one_by_one(servers: Servers, place: Place) -> None:
    server = servers(place)
    url = place.url(server)
    async with nobody_notices(server, url, lines=0), connect(url) as client:
        for target, arguments, error in REFUSED_CALLS.values():
            call_id = await client.start(target, *arguments)
            answer = await client.take(lambda message: message.get("type") == 3)
            assert answer == {"type": 3, "invocationId": call_id, "error": error.format(target)}
        await client.send({"type": 4, "invocationId": "s", "target": "Echo", "arguments": ["x"]})
        answer = await client.take(lambda message: message.get("type") == 3)
        assert answer["error"] == (
            "The client attempted to invoke the non-streaming 'Echo' method with a streaming invocation."
        )


@hosts
async def test_a_message_of_the_largest_size_is_fine(servers: Servers, place: Place) -> None:
    url = place.url(servers(place))
    async with connect(url) as client:
        frame = json.dumps({"type": 1, "invocationId": "1", "target": "Echo", "arguments": [""]}) + RS
        text = "x" * (LIMIT - len(frame))
        await client.send(frame.replace('""', f'"{text}"'))
        assert await client.result("1") == text


@hosts
async def test_messages_before_a_bad_one_are_answered(servers: Servers, place: Place) -> None:
    url = place.url(servers(place))
    async with connect(url) as client:
        call = {"type": 1, "invocationId": "1", "target": "Echo", "arguments": ["x"]}
        await client.send(call, "rubbish" + RS, {**call, "invocationId": "2"})
        assert await client.expect_close() == CLOSE_WITH_ERROR
        assert {"type": 3, "invocationId": "2", "result": "x"} not in client.received


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize(("text", "error"), REFUSED_HANDSHAKES.values(), ids=REFUSED_HANDSHAKES)
async def test_a_bad_handshake_is_answered(servers: Servers, transport: str, text: str, error: str) -> None:
    place = PLACES[UVICORN]
    server = servers(place)
    url = place.url(server)
    async with nobody_notices(server, url), connect(url, transport, handshake=False) as client:
        await client.send(text + RS)
        assert await client.take(lambda message: "error" in message) == {"error": error}
        assert await client.wait_ended() == CLEAN_END[transport]


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_handshake_without_end_is_canceled(servers: Servers, transport: str) -> None:
    place = PLACES[UVICORN]
    server = servers(place)
    url = place.url(server)
    async with nobody_notices(server, url), connect(url, transport, handshake=False) as client:
        await client.send('{"protocol":"json",' + " " * LIMIT)
        assert await client.take(lambda message: "error" in message) == {"error": "Handshake was canceled."}
        assert await client.wait_ended() == CLEAN_END[transport]


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_handshake_that_never_comes_is_canceled(servers: Servers, transport: str) -> None:
    place = Place(HOSTS[UVICORN], AppOptions(hub={"handshake_timeout": 0.1}))
    server = servers(place)
    url = place.url(server)
    async with nobody_notices(server, url), connect(url, transport, handshake=False) as client:
        assert await client.take(lambda message: "error" in message) == {"error": "Handshake was canceled."}
        assert await client.wait_ended() == CLEAN_END[transport]


async def test_a_binary_protocol_over_an_event_stream_is_refused(servers: Servers) -> None:
    place = PLACES[UVICORN]
    server = servers(place)
    url = place.url(server)
    async with nobody_notices(server, url), connect(url, "ServerSentEvents", handshake=False) as client:
        assert await client.shake_hands("messagepack") == {
            "error": "Cannot use the 'messagepack' protocol on the current transport. "
            "The transport does not support 'Binary' transfer format."
        }
        assert await client.wait_ended() == "end of stream"
