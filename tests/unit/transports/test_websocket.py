from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from signalr_py.options import HttpConnectionOptions
from signalr_py.types import TransferFormat
from tests.support.connections import WebSocketSite
from tests.support.exchanges import WebSocketExchange, websocket_scope
from tests.support.tasks import SENDS_AT_ONCE, settle

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

    from tests.support.handlers import RecordingHandler

FRAME = 65_536


async def test_bytes_pass_both_ways(site_type: type[WebSocketSite]) -> None:
    site = site_type()
    async with site.socket as socket:
        await socket.accepted()
        socket.send_text('{"protocol":"json"}\x1e')
        socket.send_bytes(b"\x01\x02")
        await site.handler.data_is(b'{"protocol":"json"}\x1e\x01\x02')
        site.write(b"{}\x1e")
        await socket.frames_are("{}\x1e")
        socket.disconnect()
        await socket.finished()
    assert socket.sent[0] == {"type": "websocket.accept", "subprotocol": None, "headers": []}


async def test_a_subprotocol_is_answered(site_type: type[WebSocketSite]) -> None:
    site = site_type()
    site.subprotocol = "v1"
    async with site.socket as socket:
        await socket.accepted()
        assert socket.sent[0]["subprotocol"] == "v1"


async def test_json_goes_out_in_text_frames_and_messagepack_in_binary_ones() -> None:
    site = WebSocketSite()
    async with site.socket as socket:
        await site.connected()
        site.write(b'{"error":"no"}\x1e')
        await settle()
        site.connection.use_format(TransferFormat.TEXT)
        site.write("{}\x1eé".encode())
        await settle()
        site.connection.use_format(TransferFormat.BINARY)
        site.write(b"{}\x1e")
        await socket.frames_are('{"error":"no"}\x1e', "{}\x1eé", b"{}\x1e")
        assert all(("text" in message) != ("bytes" in message) for message in socket.sent[1:])


async def test_unknown_events_of_the_host_are_ignored() -> None:
    site = WebSocketSite()
    async with site.socket as socket:
        await site.connected()
        socket.deliver({"type": "websocket.surprise"})
        socket.send_text("after")
        await site.handler.data_is(b"after")


async def test_an_empty_frame_is_taken(site_type: type[WebSocketSite]) -> None:
    site = site_type()
    async with site.socket as socket:
        await site.connected()
        socket.send_bytes(b"")
        socket.send_text("")
        socket.send_text("after")
        await site.handler.data_is(b"after")


# Writing.


async def test_a_write_is_sent_by_the_call_itself_without_a_task() -> None:
    site = WebSocketSite()
    async with site.socket as socket:
        await site.connected()
        tasks = asyncio.all_tasks()
        for text in ("one", "two", "three"):
            assert site.write(text.encode())
            if not SENDS_AT_ONCE:
                await settle()
            assert socket.frames[-1] == text
        assert len(asyncio.all_tasks() - tasks) == (0 if SENDS_AT_ONCE else 1)


async def test_what_is_written_behind_a_suspended_send_is_sent_by_one_writer_and_order_is_kept() -> None:
    site = WebSocketSite()
    async with site.socket as socket:
        await site.connected()
        tasks = asyncio.all_tasks()
        socket.hold()
        for number in range(5):
            assert site.write(f"{number};".encode())
        await settle()
        names = {task.get_name() for task in asyncio.all_tasks() - tasks}
        assert names == {"signalr_py send" if SENDS_AT_ONCE else "signalr_py websocket writer"}
        assert socket.frames == []
        socket.release()
        await socket.until(lambda: "".join(map(str, socket.frames)) == "0;1;2;3;4;")
        await settle()
        (writer,) = asyncio.all_tasks() - tasks
        socket.hold()
        site.write(b"5;")
        site.write(b"6;")
        await settle()
        assert writer in asyncio.all_tasks()
        socket.release()
        await socket.until(lambda: "".join(map(str, socket.frames)).endswith("4;5;6;"))
        await settle()
        assert asyncio.all_tasks() - tasks == {writer}


async def test_a_write_while_the_writer_sends_waits_its_turn() -> None:
    site = WebSocketSite()
    async with site.socket as socket:
        await site.connected()
        socket.hold()
        site.write(b"a")
        await settle()
        site.write(b"b")
        socket.release()
        site.write(b"c")
        await socket.frames_are("a", "bc")


async def test_what_waits_is_sent_in_frames_of_whole_messages(site_type: type[WebSocketSite]) -> None:
    site = site_type()
    async with site.socket as socket:
        await site.connected()
        site.connection.use_format(TransferFormat.BINARY)
        socket.hold()
        site.write(b"first")
        await settle()
        messages = [bytes([n]) * size for n, size in enumerate((FRAME - 10, 10, 1, FRAME, 2 * FRAME, 3, 4))]
        for message in messages:
            site.write(message)
        socket.release()
        one, two, three, four, five, six, seven = messages
        await socket.frames_are(b"first", one + two, three, four, five, six + seven)


async def test_a_send_that_yields_to_the_loop_is_finished() -> None:
    site = WebSocketSite()
    frames: list[str] = []

    async def send(message: Message) -> None:
        await asyncio.sleep(0)
        await site.socket.send(message)
        await asyncio.sleep(0)
        frames.append(message.get("text", ""))

    async def application(scope: Scope, receive: Receive, _: Send) -> None:
        await site.application(scope, receive, send)

    site.socket = WebSocketExchange(application, websocket_scope())
    async with site.socket as socket:
        await site.connected()
        for text in ("a", "b", "c"):
            site.write(text.encode())
        expected = ["a", "bc"] if SENDS_AT_ONCE else ["abc"]
        await socket.frames_are(*expected)
        await settle()
        assert frames == ["", *expected]


async def test_what_was_written_before_the_upgrade_is_sent_after_it(site_type: type[WebSocketSite]) -> None:
    site = site_type()
    site.early = b"handshake"
    site.handlers.on_create = lambda handler: setattr(handler, "on_feed", lambda _: site.write(b"answer"))
    async with site.socket as socket:
        await socket.frames_are("answer")
        assert socket.sent[0]["type"] == "websocket.accept"


async def test_a_connection_that_ended_before_the_upgrade_is_closed_after_it(site_type: type[WebSocketSite]) -> None:
    site = site_type()

    def refuse(handler: RecordingHandler) -> None:
        def on_feed(data: bytes) -> None:
            handler.duplex.write(b"refused")
            handler.close()

        handler.on_feed = on_feed

    site.early = b"handshake"
    site.handlers.on_create = refuse
    async with site.socket as socket:
        assert await socket.closed() == 1000
        assert socket.frames == ["refused"]
        socket.disconnect()
        await socket.finished()


# Reading.


async def test_a_full_buffer_is_fed_no_more_while_reading_is_paused(site_type: type[WebSocketSite]) -> None:
    site = site_type(HttpConnectionOptions(application_max_buffer_size=4))
    async with site.socket as socket:
        await site.connected()
        site.handler.on_feed = lambda _: site.connection.pause_reading()
        for text in ("one;", "two;", "six;"):
            socket.send_text(text)
        await site.handler.data_is(b"one;two;")
        await settle()
        assert site.handler.data == b"one;two;"
        assert not socket.is_receiving
        site.connection.resume_reading()
        await site.handler.data_is(b"one;two;six;")


@pytest.mark.parametrize("is_text", [False, True])
async def test_a_large_message_is_fed_in_slices_between_which_others_have_their_turn(
    site_type: type[WebSocketSite], *, is_text: bool
) -> None:
    site = site_type(HttpConnectionOptions(application_max_buffer_size=10))
    async with site.socket as socket:
        await site.connected()
        turns: list[int] = []

        def note_turn(_: bytes) -> None:
            asyncio.get_running_loop().call_soon(turns.append, len(site.handler.chunks))

        site.handler.on_feed = note_turn
        data = b"exactly 10" + b"x" * 10 + b"the rest"
        if is_text:
            socket.send_text(data.decode())
        else:
            socket.send_bytes(data)
        await site.handler.data_is(data)
        await settle()
    assert site.handler.chunks == [b"exactly 10", b"x" * 10, b"the rest"]
    assert turns == [1, 2, 3]


async def test_a_large_message_stops_where_reading_is_paused(site_type: type[WebSocketSite]) -> None:
    site = site_type(HttpConnectionOptions(application_max_buffer_size=3))
    async with site.socket as socket:
        await site.connected()
        site.handler.on_feed = lambda _: site.connection.pause_reading()
        socket.send_text("onetwothree")
        await site.handler.data_is(b"onetwo")
        await settle()
        assert site.handler.data == b"onetwo"
        site.connection.resume_reading()
        await site.handler.data_is(b"onetwothree")


async def test_a_connection_that_ends_within_a_large_message_takes_no_more_of_it(
    site_type: type[WebSocketSite],
) -> None:
    site = site_type(HttpConnectionOptions(application_max_buffer_size=3))
    async with site.socket as socket:
        await site.connected()
        site.handler.on_feed = lambda _: site.handler.close()
        socket.send_text("onetwo")
        await socket.closed()
        socket.disconnect()
        await socket.finished()
    assert site.handler.data == b"one"


async def test_a_client_that_leaves_while_reading_is_paused_is_noticed(site_type: type[WebSocketSite]) -> None:
    site = site_type()
    async with site.socket as socket:
        await site.connected()
        site.handler.on_feed = lambda _: site.connection.pause_reading()
        socket.send_text("a call that takes long")
        await site.handler.data_is(b"a call that takes long")
        socket.disconnect(1006)
        await site.handler.ended()
