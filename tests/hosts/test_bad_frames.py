"""WebSocket frames that no client should send, and ends without a goodbye."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest

from tests.hosts.places import HOSTS, PLACES
from tests.hosts.witnesses import nobody_notices
from tests.support.raw_channels import WebSocketChannel
from tests.support.raw_client import RS, RawClient, connect

if TYPE_CHECKING:
    from tests.hosts.conftest import Servers
    from tests.hosts.places import Place

pytestmark = pytest.mark.parametrize(("host", "place"), [(host, PLACES[host]) for host in HOSTS], ids=list(HOSTS))

TEXT, BINARY, PING = 0x1, 0x2, 0x9
FINAL, MASKED = 0x80, 0x80


HUGE = bytes((FINAL | BINARY, MASKED | 127)) + struct.pack("!Q", 1 << 62) + bytes(4) + b"x" * 1000


def frame(opcode: int, payload: bytes, *, first: int = FINAL, mask: bool = True) -> bytes:
    """Return a WebSocket frame; the mask is zero, so the payload stays readable."""
    size = len(payload)
    short, long = (size, b"") if size < 126 else (126, struct.pack("!H", size))
    return bytes((first | opcode, (MASKED if mask else 0) | short)) + long + (bytes(4) if mask else b"") + payload


BAD_FRAMES = {
    "invalid-utf-8": frame(TEXT, b'{"type":6,"x":"\xff\xfe"}\x1e'),
    "reserved-opcode": frame(0x3, b"x"),
    "reserved-bit": frame(TEXT, b"x", first=FINAL | 0x40),
    "no-mask": frame(TEXT, b'{"type":6}\x1e', mask=False),
    "fragmented-ping": frame(PING, b"x", first=0),
    "long-ping": frame(PING, b"x" * 126),
    "continuation-of-nothing": frame(0x0, b"x"),
    "text-inside-text": frame(TEXT, b"x", first=0) + frame(TEXT, b"x"),
    "negative": bytes((FINAL | BINARY, MASKED | 127)) + struct.pack("!Q", 1 << 63) + bytes(4),
    "close-with-one-byte": frame(0x8, b"x"),
    "close-with-reserved-code": frame(0x8, struct.pack("!H", 1005)),
    "close-with-invalid-utf-8": frame(0x8, struct.pack("!H", 1000) + b"\xff"),
    "http": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
}

UNDECODABLE = {host: "Invalid UTF-8 sequence received from client." for host in HOSTS if host.startswith("uvicorn")}


def write(client: RawClient, data: bytes) -> None:
    """Write bytes behind the back of the client's WebSocket."""
    assert isinstance(client.channel, WebSocketChannel)
    client.channel.websocket.transport.write(data)


@pytest.mark.parametrize("data", BAD_FRAMES.values(), ids=BAD_FRAMES)
async def test_bad_frames_end_the_connection(servers: Servers, host: str, place: Place, data: bytes) -> None:
    server = servers(place)
    url = place.url(server)
    async with nobody_notices(server, url, host_failure=UNDECODABLE.get(host)), connect(url) as watcher:
        await watcher.invoke("Watch")
        async with connect(url) as client:
            write(client, data)
            await client.wait_ended()
        connection_id, _ = await watcher.expect("Left")
        assert connection_id == client.connection_id


async def test_a_client_that_just_disappears(servers: Servers, host: str, place: Place) -> None:
    server = servers(place)
    url = place.url(server)
    async with nobody_notices(server, url, lines=4), connect(url) as watcher:
        await watcher.invoke("Watch")
        for beginning in (b"", frame(TEXT, b'{"type":1,')[:-3], frame(TEXT, b'{"type":1,'), HUGE):
            async with connect(url) as client:
                write(client, beginning)
                assert isinstance(client.channel, WebSocketChannel)
                client.channel.websocket.transport.abort()
            connection_id, _ = await watcher.expect("Left")
            assert connection_id == client.connection_id


async def test_unusual_frames_are_fine(servers: Servers, host: str, place: Place) -> None:
    server = servers(place)
    url = place.url(server)
    call = '{"type":1,"invocationId":"1","target":"Echo","arguments":["✓"]}'.encode() + RS.encode()
    async with nobody_notices(server, url, lines=0), connect(url) as client:
        pieces = [call[i : i + 1] for i in range(len(call))]
        for data in (
            frame(BINARY, call),
            frame(TEXT, b"") + frame(TEXT, call),
            frame(TEXT, call[:40], first=0) + frame(PING, b"in between") + frame(0x0, call[40:]),
            frame(BINARY, b"", first=0) + b"".join(frame(0x0, p, first=0) for p in pieces) + frame(0x0, b""),
            b"".join(frame(BINARY, piece) for piece in pieces),
            frame(0xA, b"a pong that nobody asked for") + frame(BINARY, call),
        ):
            write(client, data)
            assert await client.result("1") == "✓"
