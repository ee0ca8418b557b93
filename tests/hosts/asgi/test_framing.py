"""Frames as RFC 6455 has them, and as it forbids them."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest

from tests.hosts.asgi.echo import Echo
from tests.hosts.asgi.raw_socket import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, frame
from tests.hosts.asgi.serving import problems

if TYPE_CHECKING:
    from tests.hosts.asgi.conftest import Serve

SIZES = [0, 1, 125, 126, 127, 128, 65535, 65536, 65537, 1_000_000]
HEADER_OF_2_TO_THE_62 = bytes((0x82, 0xFF)) + struct.pack("!Q", 1 << 62) + bytes(4)
NEGATIVE = bytes((0x82, 0xFF)) + struct.pack("!Q", 1 << 63) + bytes(4)

BROKEN = {
    **{f"reserved-bits-{rsv}": frame(TEXT, b"x", rsv=rsv) for rsv in range(1, 8)},
    **{f"reserved-bits-of-ping-{rsv}": frame(PING, b"x", rsv=rsv) for rsv in range(1, 8)},
    "reserved-bits-of-close": frame(CLOSE, b"\x03\xe8", rsv=1),
    "reserved-bits-of-binary": frame(BINARY, b"x" * 1000, rsv=4),
    "reserved-bits-in-a-message": frame(TEXT, b"x", fin=False) + frame(CONTINUATION, b"y", rsv=1),
    **{f"reserved-opcode-{opcode}": frame(opcode, b"x") for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)},
    "reserved-opcode-in-a-message": frame(TEXT, b"x", fin=False) + frame(5, b"y"),
    **{f"no-mask-{opcode}": frame(opcode, b"x", masked=False) for opcode in (TEXT, BINARY, PING)},
    "no-mask-of-close": frame(CLOSE, b"\x03\xe8", masked=False),
    "no-mask-in-a-message": frame(TEXT, b"x", fin=False) + frame(CONTINUATION, b"x", masked=False),
    **{f"long-control-{opcode}": frame(opcode, b"\x03\xe8" + b"x" * 124) for opcode in (CLOSE, PING, PONG)},
    **{f"16-bit-control-{opcode}": frame(opcode, b"\x03\xe8", length=16) for opcode in (CLOSE, PING, PONG)},
    **{f"fragmented-control-{opcode}": frame(opcode, b"\x03\xe8", fin=False) for opcode in (CLOSE, PING, PONG)},
    "continuation-of-nothing": frame(CONTINUATION, b"x"),
    "first-continuation-of-nothing": frame(CONTINUATION, b"x", fin=False),
    "continuation-after-a-message": frame(TEXT, b"x", fin=False) + frame(CONTINUATION) + frame(CONTINUATION, b"x"),
    "text-in-a-message": frame(TEXT, b"x", fin=False) + frame(TEXT, b"x"),
    "binary-in-a-message": frame(TEXT, b"x", fin=False) + frame(BINARY, b"x", fin=False),
    "16-bit-length-not-minimal": frame(TEXT, b"x" * 125, length=16),
    "64-bit-length-not-minimal": frame(TEXT, b"x" * 65535, length=64),
    "64-bit-length-of-nothing": frame(TEXT, b"", length=64),
    "negative-length": NEGATIVE,
    "http": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
async def test_what_breaks_the_protocol_ends_with_1002(
    serve: Serve, data: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    app = Echo()
    server = await serve(app)
    client = await server.open()
    client.write(data)
    received = await client.frames_until_end()
    assert received[-1] == ("close", 1002)
    assert [kind for kind, _ in received].count("close") == 1
    assert (await app.disconnects.get())["code"] == 1002
    await server.idle()
    assert problems(caplog) == []


@pytest.mark.parametrize(
    "data",
    [frame(3, b"x"), frame(TEXT, b"x", rsv=2), frame(CONTINUATION), frame(TEXT, b"\xff")],
    ids=["opcode", "reserved-bit", "continuation", "text"],
)
async def test_messages_before_the_broken_frame_are_received(serve: Serve, data: bytes) -> None:
    app = Echo()
    server = await serve(app)
    client = await server.open()
    client.write(frame(TEXT, b"first"), frame(TEXT, "✓".encode()), data, frame(TEXT, b"too late"), frame(PING))
    assert (await app.disconnects.get())["code"] in (1002, 1007)
    assert [message["text"] for message in app.received] == ["first", "✓"]
    assert [kind for kind, _ in await client.frames_until_end()][-1] == "close"
    await server.idle()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
async def test_messages_of_every_size_are_echoed(serve: Serve, opcode: int, size: int) -> None:
    server = await serve(Echo())
    client = await server.open()
    client.write(frame(opcode, b"*" * size))
    assert await client.message() == (b"*" * size if opcode == BINARY else "*" * size)
    await client.leave()


@pytest.mark.parametrize("size", [1, 126, 65536])
async def test_a_message_may_come_byte_by_byte(serve: Serve, size: int) -> None:
    server = await serve(Echo())
    client = await server.open()
    data = frame(TEXT, b"*" * size)
    for index in range(min(len(data), 300)):
        client.write(data[index : index + 1])
        await client.writer.drain()
    client.write(data[300:])
    assert await client.message() == "*" * size
    await client.leave()


async def test_many_small_frames_may_come_in_one_segment(serve: Serve) -> None:
    server = await serve(Echo())
    client = await server.open()
    client.write(*(frame(BINARY, b"%d" % number) for number in range(5000)))
    assert [await client.message() for _ in range(5000)] == [b"%d" % number for number in range(5000)]
    await client.leave()


@pytest.mark.parametrize("size", [0, 1, 125])
async def test_pings_are_answered(serve: Serve, size: int) -> None:
    server = await serve(Echo())
    client = await server.open()
    client.write(frame(PING, b"\xfe" * size))
    answer = await client.frame()
    assert (answer.opcode, bytes(answer.data), answer.fin) == (PONG, b"\xfe" * size, True)
    await client.leave()


async def test_ten_pings_are_answered_in_their_order(serve: Serve) -> None:
    server = await serve(Echo())
    client = await server.open()
    client.write(*(frame(PING, b"%d" % number) for number in range(10)))
    assert [bytes((await client.frame()).data) for _ in range(10)] == [b"%d" % number for number in range(10)]
    await client.leave()


async def test_pongs_that_nobody_asked_for_are_ignored(serve: Serve) -> None:
    server = await serve(Echo())
    client = await server.open()
    client.write(frame(PONG, b"unsolicited"), frame(PONG), frame(PING, b"x"), frame(TEXT, b"after"))
    assert bytes((await client.frame()).data) == b"x"
    assert await client.message() == "after"
    await client.leave()


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
async def test_fragments_are_joined_and_control_frames_between_them_answered(serve: Serve, opcode: int) -> None:
    server = await serve(Echo())
    client = await server.open()
    for pieces in ([b"a", b"b"], [b"", b"", b""], [b"x" * 70_000, b"", b"y"], [b"."] * 300):
        for index, piece in enumerate(pieces):
            client.write(frame(CONTINUATION if index else opcode, piece, fin=index == len(pieces) - 1))
            if index < len(pieces) - 1:
                client.write(frame(PONG), frame(PING, b"%d" % index))
        for index in range(len(pieces) - 1):
            answer = await client.frame()
            assert (answer.opcode, bytes(answer.data)) == (PONG, b"%d" % index)
        data = b"".join(pieces)
        assert await client.message() == (data if opcode == BINARY else data.decode())
    await client.leave()


async def test_the_close_may_come_inside_a_message(serve: Serve) -> None:
    app = Echo()
    server = await serve(app)
    client = await server.open()
    client.write(frame(TEXT, b"unfinished", fin=False))
    await client.leave(1001)
    assert (await app.disconnects.get())["code"] == 1001


VALID_TEXT = "κόσμε € ✓ 🎉 \x00 \ufffd \U0010ffff".encode()
INVALID_TEXT = {
    "stray-continuation-byte": b"\x80",
    "overlong": b"\xc0\xaf",
    "surrogate": b"\xed\xa0\x80",
    "too-large": b"\xf4\x90\x80\x80",
    "cut-short": b"\xce\xba\xe1\xbd",
    "bytes-that-never-occur": b"\xfe\xff",
    "in-the-middle": b"hello \xf0\x28\x8c\xbc world",
}


@pytest.mark.parametrize("cut", range(len(VALID_TEXT) + 1))
async def test_text_may_be_cut_anywhere(serve: Serve, cut: int) -> None:
    server = await serve(Echo())
    client = await server.open()
    client.write(frame(TEXT, VALID_TEXT[:cut], fin=False), frame(PING, b"x"), frame(CONTINUATION, VALID_TEXT[cut:]))
    assert bytes((await client.frame()).data) == b"x"
    assert await client.message() == VALID_TEXT.decode()
    await client.leave()


@pytest.mark.parametrize("data", INVALID_TEXT.values(), ids=INVALID_TEXT)
@pytest.mark.parametrize("fragments", ["none", "many", "before", "behind"])
async def test_text_that_is_not_utf8_ends_with_1007(serve: Serve, data: bytes, fragments: str) -> None:
    app = Echo()
    server = await serve(app)
    client = await server.open()
    match fragments:
        case "none":
            client.write(frame(TEXT, data))
        case "many":
            client.write(
                frame(TEXT, b"", fin=False),
                *(frame(CONTINUATION, data[index : index + 1], fin=False) for index in range(len(data))),
                frame(CONTINUATION),
            )
        case "before":
            client.write(frame(TEXT, data, fin=False), frame(CONTINUATION, b"fine"))
        case _:
            client.write(frame(TEXT, VALID_TEXT, fin=False), frame(CONTINUATION, data))
    code, reason = await client.expect_closed()
    assert (code, reason) == (1007, "A text message is not valid UTF-8.")
    assert (await app.disconnects.get())["code"] == 1007
    await server.idle()


async def test_binary_messages_need_not_be_utf8(serve: Serve) -> None:
    server = await serve(Echo())
    client = await server.open()
    for data in INVALID_TEXT.values():
        client.write(frame(BINARY, data[:1], fin=False), frame(CONTINUATION, data[1:]))
        assert await client.message() == data
    await client.leave()


async def test_a_message_at_the_limit_is_fine_and_one_above_ends_with_1009(serve: Serve) -> None:
    app = Echo()
    server = await serve(app, ws_max_size=1000)
    client = await server.open()
    client.write(frame(TEXT, b"x" * 1000))
    assert await client.message() == "x" * 1000
    client.write(frame(TEXT, b"x" * 1001))
    assert (await client.expect_closed())[0] == 1009
    assert (await app.disconnects.get())["code"] == 1009
    await server.idle()


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
async def test_the_limit_is_for_the_sum_of_fragments(serve: Serve, opcode: int) -> None:
    app = Echo()
    server = await serve(app, ws_max_size=1000)
    client = await server.open()
    client.write(frame(opcode, b"x" * 600, fin=False), frame(CONTINUATION, b"x" * 400))
    assert len(await client.message()) == 1000
    client.write(frame(opcode, b"x" * 600, fin=False), frame(CONTINUATION, b"x" * 401, fin=False))
    assert (await client.expect_closed())[0] == 1009
    assert (await app.disconnects.get())["code"] == 1009
    await server.idle()


async def test_a_length_alone_can_be_too_much(serve: Serve) -> None:
    app = Echo()
    server = await serve(app)
    client = await server.open()
    client.write(HEADER_OF_2_TO_THE_62)
    assert (await client.expect_closed())[0] == 1009
    assert (await app.disconnects.get())["code"] == 1009
    await server.idle()


async def test_a_client_that_goes_on_sending_too_much_still_hears_why(serve: Serve) -> None:
    app = Echo()
    server = await serve(app, ws_max_size=1000)
    client = await server.open()
    client.write(frame(BINARY, b"x" * 20_000_000))
    assert (await client.expect_close())[0] == 1009
    client.abort()
    await server.idle()


async def test_frames_right_behind_the_upgrade_are_read(serve: Serve) -> None:
    app = Echo()
    server = await serve(app)
    client = await server.connect()
    client.ask()
    client.write(frame(TEXT, b"early "), frame(TEXT, "✓".encode()))
    await client.answered()
    assert client.response.status == 101
    client.write(frame(TEXT, b"late"))
    last = ""
    while last != "late":
        last = str(await client.message())
    await client.leave()
