"""A WebSocket that the host offers for plain calls: what goes out in which write, and when it is read."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from typing import TYPE_CHECKING

import pytest

from signalr_py.options import HttpConnectionOptions
from signalr_py.transports.direct_socket import EXTENSION, DirectWebSocket, direct_web_socket
from signalr_py.types import TransferFormat
from tests.support.connections import DirectSite
from tests.support.exchanges import text_message, websocket_scope
from tests.support.tasks import settle

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

SLICE = 65_536

variable: ContextVar[str] = ContextVar("variable", default="nothing")


async def one_turn() -> None:
    """Let everything run that has been scheduled."""
    await asyncio.sleep(0)


def test_a_host_without_the_extension_offers_nothing() -> None:
    assert direct_web_socket(websocket_scope()) is None
    assert direct_web_socket({"type": "websocket"}) is None
    assert direct_web_socket({"type": "websocket", "extensions": None}) is None


async def test_what_the_host_offers_is_found() -> None:
    socket: DirectWebSocket = DirectSite().direct
    assert direct_web_socket({"type": "websocket", "extensions": {EXTENSION: socket}}) is socket


@pytest.mark.parametrize(
    ("transfer_format", "frame"), [(TransferFormat.TEXT, "é{}\x1e"), (TransferFormat.BINARY, "é{}\x1e".encode())]
)
async def test_the_format_of_the_connection_decides_the_kind_of_its_frames(
    direct_type: type[DirectSite], transfer_format: TransferFormat, frame: str | bytes
) -> None:
    site = direct_type()
    async with site.open() as socket:
        site.connection.use_format(transfer_format)
        site.write("é{}\x1e".encode())
        await socket.frames_are(frame)


async def test_no_task_is_started_for_a_write(direct_type: type[DirectSite]) -> None:
    site = direct_type()
    async with site.open() as socket:
        tasks = asyncio.all_tasks()
        site.write(b"a")
        await socket.frames_are("a")
        assert asyncio.all_tasks() == tasks


# Writing.


async def test_what_is_written_while_a_message_is_taken_goes_out_in_one_write_before_the_call_returns(
    direct_type: type[DirectSite],
) -> None:
    site = direct_type()
    async with site.open() as socket:

        def answer(_: bytes) -> None:
            for each in (b"one", b"two", b"three"):
                site.write(each)
            assert site.direct.writes == []

        site.handler.on_feed = answer
        socket.send_text("a call")
        assert site.direct.writes == [b"\x81\x0bonetwothree"]
        await one_turn()
        assert len(site.direct.writes) == 1


async def test_what_is_written_otherwise_goes_out_in_one_write_at_the_next_turn(direct_type: type[DirectSite]) -> None:
    site = direct_type()
    async with site.open():
        site.write(b"one")
        site.write(b"two")
        assert site.direct.writes == []
        await one_turn()
        assert site.direct.writes == [b"\x81\x06onetwo"]
        site.write(b"six")
        await one_turn()
        assert site.direct.writes[1:] == [b"\x81\x03six"]


async def test_what_waits_for_the_next_turn_goes_out_before_the_answer_to_a_message(
    direct_type: type[DirectSite],
) -> None:
    site = direct_type()
    async with site.open() as socket:
        site.handler.on_feed = lambda _: site.write(b"answer")
        site.write(b"news")
        socket.send_text("a call")
        assert site.direct.writes == [b"\x81\x0anewsanswer"]
        await one_turn()
        assert len(site.direct.writes) == 1


async def test_answers_to_messages_of_one_read_go_out_together_behind_the_last(direct_type: type[DirectSite]) -> None:
    site = direct_type()
    async with site.open():
        site.handler.on_feed = lambda data: site.write(data)
        site.direct.deliver_together(text_message("a"), text_message("b"), text_message("c"))
        assert site.direct.writes == [b"\x81\x03abc"]
        await one_turn()
        assert len(site.direct.writes) == 1


async def test_an_answer_waits_no_longer_than_a_turn_for_a_last_message_that_never_comes(
    direct_type: type[DirectSite],
) -> None:
    site = direct_type()
    async with site.open():
        site.handler.on_feed = lambda data: site.write(data)
        (receiver,) = site.direct.receivers
        receiver.message_received(b"a", is_last=False)
        receiver.message_received(b"b", is_last=False)
        assert site.direct.writes == []
        await one_turn()
        assert site.direct.writes == [b"\x81\x02ab"]


async def test_what_is_written_after_a_message_waits_for_the_next_turn_again(direct_type: type[DirectSite]) -> None:
    site = direct_type()
    async with site.open() as socket:
        socket.send_text("silence")
        site.write(b"later")
        assert site.direct.writes == []
        await one_turn()
        assert site.direct.writes == [b"\x81\x05later"]


async def test_a_write_of_another_connection_while_a_message_is_taken_comes_in_the_next_turn(
    direct_type: type[DirectSite],
) -> None:
    site, other = direct_type(), direct_type()
    other.turns = site.turns
    async with site.open() as socket, other.open():
        site.handler.on_feed = lambda _: other.write(b"hello")
        socket.send_text("greet")
        assert other.direct.writes == site.direct.writes == []
        await one_turn()
        assert other.direct.writes == [b"\x81\x05hello"]


async def test_a_burst_is_written_whenever_enough_has_been_collected(direct_type: type[DirectSite]) -> None:
    site = direct_type()
    async with site.open():
        for _ in range(40):
            assert site.write(b"x" * 10_000)
        assert [len(each) for each in site.direct.writes] == [70_010] * 5
        await one_turn()
        assert [len(each) for each in site.direct.writes] == [70_010] * 5 + [50_004]


@pytest.mark.parametrize("where", ["in a message", "elsewhere"])
async def test_a_stream_that_never_suspends_is_told_to_wait_by_a_client_that_does_not_read(
    direct_type: type[DirectSite], where: str
) -> None:
    site = direct_type(HttpConnectionOptions(transport_max_buffer_size=SLICE))
    writes = 0

    def stream(_: bytes) -> None:
        nonlocal writes
        while site.write(b"x" * 1000):
            writes += 1
            assert writes < 1000

    async with site.open() as socket:
        socket.hold()
        site.handler.on_feed = stream
        if where == "elsewhere":
            stream(b"")
        else:
            socket.send_text("stream")
        statistics = site.connection.statistics()
        assert SLICE <= statistics.bytes_waiting < SLICE + 1000
        assert writes == 2 * (SLICE // 1000 + 1) - 1 or writes == 2 * (SLICE // 1000)
        draining = asyncio.create_task(site.connection.drain())
        await settle()
        assert not draining.done()
        socket.release()
        await draining


async def test_a_paused_socket_leaves_messages_to_the_buffer_and_gets_them_in_order(
    direct_type: type[DirectSite],
) -> None:
    site = direct_type()
    async with site.open() as socket:
        await site.stall(b"a")
        for each in (b"b", b"c"):
            site.write(each)
        assert site.connection.statistics().messages_waiting == 2
        socket.release()
        assert site.connection.statistics().messages_waiting == 0
        site.write(b"d")
        await socket.until(lambda: "".join(map(str, socket.frames)) == "abcd")


async def test_a_socket_that_pauses_again_gets_the_rest_later(direct_type: type[DirectSite]) -> None:
    site = direct_type()
    async with site.open() as socket:
        messages = [letter * 60_000 for letter in "abcd"]
        await site.stall(b"first")
        for message in messages:
            site.write(message.encode())
        site.direct.take_up(1)
        assert socket.frames == ["first", "a" * 60_000]
        assert site.connection.statistics().messages_waiting == 2
        site.write(b"last")
        site.direct.take_up(0)
        assert site.connection.statistics().messages_waiting == 2
        site.direct.take_up(None)
        assert socket.frames == ["first", *messages[:3], "d" * 60_000 + "last"]


async def test_what_was_collected_before_a_pause_is_not_overtaken_by_what_came_during_it(
    direct_type: type[DirectSite],
) -> None:
    site = direct_type()
    async with site.open() as socket:
        site.direct.fill()
        site.write(b"a")
        site.direct.pong()
        site.write(b"b")
        assert site.connection.statistics().messages_waiting == 1
        site.direct.take_up(None)
        site.write(b"c")
        await socket.until(lambda: "".join(map(str, socket.frames)) == "abc")


async def test_a_socket_that_is_full_from_the_start_is_known_to_be(direct_type: type[DirectSite]) -> None:
    site = direct_type()
    site.early = b"handshake"
    site.handlers.on_create = lambda handler: setattr(handler, "on_feed", lambda _: site.write(b"a"))
    site.direct.fill()
    async with site.open() as socket:
        site.write(b"b")
        await settle()
        assert site.connection.statistics().messages_waiting == 1
        socket.release()
        await socket.frames_are("a", "b")


async def test_stalled_clients_do_not_delay_others(direct_type: type[DirectSite]) -> None:
    stalled, other = direct_type(), direct_type()
    other.turns = stalled.turns
    async with stalled.open() as slow, other.open() as fast:
        slow.hold()
        for number in range(100):
            for site in (stalled, other):
                site.write(f"{number};".encode())
            await one_turn()
            assert fast.frames[-1] == f"{number};"
        assert slow.frames == []
        assert stalled.connection.statistics().messages_waiting == 99


# Reading.


async def test_messages_that_come_before_the_hub_takes_them_are_fed_at_once(direct_type: type[DirectSite]) -> None:
    site = direct_type()
    async with site.socket as socket:
        socket.hold()
        await socket.until(lambda: socket.held == 1)
        site.direct.deliver_together(text_message("a"), text_message("b"))
        socket.release()
        await site.handler.data_is(b"ab")
        assert site.handler.chunks == [b"a", b"b"]


async def test_reading_is_paused_once_while_the_hub_takes_nothing_and_resumed_once(
    direct_type: type[DirectSite],
) -> None:
    site = direct_type(HttpConnectionOptions(application_max_buffer_size=4))
    async with site.open() as socket:
        site.connection.pause_reading()
        site.direct.deliver_together(text_message("one;"), text_message("two;"), text_message("six;"))
        assert site.handler.data == b"one;two;six;"
        assert (site.direct.pauses, site.direct.resumptions) == (1, 0)
        socket.send_text("last")
        await settle()
        assert site.handler.data == b"one;two;six;"
        site.connection.resume_reading()
        await site.handler.data_is(b"one;two;six;last")
        assert (site.direct.pauses, site.direct.resumptions) == (1, 1)
        site.connection.pause_reading()
        socket.send_text("more")
        assert site.direct.pauses == 2


async def test_the_end_of_the_connection_resumes_reading(direct_type: type[DirectSite]) -> None:
    site = direct_type(HttpConnectionOptions(application_max_buffer_size=1))
    async with site.open() as socket:
        site.connection.pause_reading()
        socket.send_text("a")
        assert site.direct.pauses == 1
        site.handler.close()
        assert site.direct.resumptions
        socket.disconnect()
        await socket.finished()


# Context variables.


async def test_the_hub_runs_with_the_variables_of_the_request(direct_type: type[DirectSite]) -> None:
    site = direct_type()
    seen: list[str] = []
    application = site.direct._app

    async def with_variable(scope: Scope, receive: Receive, send: Send) -> None:
        variable.set("the request's")
        await application(scope, receive, send)

    site.direct._app = with_variable
    async with site.open() as socket:
        variable.set("the host's")
        site.handler.on_feed = lambda _: seen.append(variable.get())
        socket.send_text("a")
        socket.send_text("b")
        assert variable.get() == "the host's"
    assert seen == ["the request's"] * 2
