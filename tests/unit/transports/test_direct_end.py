"""The end of a WebSocket that the host offers for plain calls."""

from __future__ import annotations

import asyncio
import logging

import pytest

from signalr_py.options import HttpConnectionOptions
from tests.support.connections import DirectSite, HostError
from tests.support.exchanges import text_message
from tests.support.tasks import settle


async def test_the_close_frame_follows_what_was_collected(direct_type: type[DirectSite]) -> None:
    site = direct_type()
    async with site.open() as socket:
        site.write(b"a")
        site.write(b"b")
        site.handler.close()
        assert socket.frames == ["ab"]
        assert socket.close_code == 1000
        assert len(site.direct.writes) == 1
        socket.disconnect()
        await socket.finished()
    assert not site.direct.is_aborted


async def test_the_close_frame_follows_an_answer_of_the_same_message(direct_type: type[DirectSite]) -> None:
    site = direct_type()

    def refuse(_: bytes) -> None:
        site.write(b"no")
        site.handler.close()
        site.write(b"too late")

    async with site.open() as socket:
        site.handler.on_feed = refuse
        site.direct.deliver_together(text_message("a"), text_message("b"))
        assert socket.frames == ["no"]
        assert socket.close_code == 1000
        assert site.handler.data == b"a"
        socket.disconnect()
        await socket.finished()


async def test_a_connection_that_ends_while_its_socket_is_full_is_closed_behind_the_rest(
    direct_type: type[DirectSite],
) -> None:
    site = direct_type()
    async with site.open() as socket:
        await site.stall(b"a")
        site.write(b"b")
        site.handler.close(failed=True)
        await settle()
        assert socket.close_code is None
        site.direct.take_up(1)
        assert socket.frames == ["a", "b"]
        assert socket.close_code is None
        socket.release()
        assert socket.close_code == 1011
        assert not socket.is_finished
        socket.disconnect()
        await socket.finished()
    assert not site.direct.is_aborted


async def test_the_time_for_the_close_begins_when_the_client_has_taken_what_was_written_before(
    direct_type: type[DirectSite],
) -> None:
    site = direct_type(close_timeout=0)
    async with site.open() as socket:
        site.direct.fill()
        site.write(b"much")
        site.handler.close()
        await settle()
        assert not site.direct.is_aborted
        socket.release()
        assert socket.frames == ["much"]
        assert socket.close_code == 1000
        socket.disconnect()
        await socket.finished()


@pytest.mark.parametrize("is_full", [False, True])
async def test_a_client_that_does_not_answer_the_close_is_dropped(
    direct_type: type[DirectSite], *, is_full: bool
) -> None:
    site = direct_type(close_timeout=0.001)
    async with site.open() as socket:
        if is_full:
            socket.hold()
        site.handler.close()
        await socket.finished()
    assert site.direct.is_aborted


async def test_nothing_is_dropped_when_the_client_answers_the_close(direct_type: type[DirectSite]) -> None:
    site = direct_type(close_timeout=0.001)
    async with site.open() as socket:
        site.handler.close()
        socket.disconnect()
        await socket.finished()
        await asyncio.sleep(0.002)
    assert not site.direct.is_aborted


async def test_the_time_for_the_close_is_not_the_time_of_a_write(direct_type: type[DirectSite]) -> None:
    site = direct_type(HttpConnectionOptions(transport_send_timeout=10))
    async with site.open() as socket:
        site.direct.fill()
        site.write(b"a")
        site.handler.close()
        assert socket.held == 1
        socket.release()
        site.advance(11)
        assert not site.direct.is_aborted
        socket.disconnect()
        await socket.finished()


@pytest.mark.parametrize("is_full", [False, True])
async def test_an_abort_drops_a_client_that_does_not_read_and_tells_another_one(
    direct_type: type[DirectSite], *, is_full: bool
) -> None:
    site = direct_type()
    async with site.open() as socket:
        if is_full:
            socket.hold()
        site.write(b"a")
        if is_full:
            await settle()
        site.connection.abort()
        assert site.direct.is_aborted == is_full
        assert socket.close_code == (None if is_full else 1000)
        assert socket.frames == []
        socket.disconnect()
        await socket.finished()
        assert socket.frames == []
    assert site.handler.ends == 1


async def test_a_client_that_overflows_in_its_own_turn_is_dropped(direct_type: type[DirectSite]) -> None:
    site = direct_type(HttpConnectionOptions(maximum_send_buffer_messages=2))

    def answer(_: bytes) -> None:
        for letter in "abcde":
            site.write(letter.encode())

    async with site.open() as socket:
        await site.stall(b"x")
        site.handler.on_feed = answer
        site.direct.deliver_together(text_message("flood me"), text_message("and more"))
        await socket.finished()
    assert site.handler.overflows == 1
    assert site.handler.data == b"flood me"
    assert site.direct.is_aborted


async def test_each_write_of_a_busy_connection_has_its_own_time(direct_type: type[DirectSite]) -> None:
    site = direct_type(HttpConnectionOptions(transport_send_timeout=10))
    async with site.open() as socket:
        socket.hold()
        for letter in "abc":
            site.write(letter.encode() * 70_000)
            await settle()
        for _ in range(2):
            site.advance(6)
            site.direct.take_up(0)
        site.advance(9.9)
        assert site.handler.ends == 0
        site.advance(0.1)
        await socket.finished()
    assert site.handler.ends == 1


# Clients that leave.


async def test_what_is_written_after_the_client_has_left_is_dropped() -> None:
    site = DirectSite()
    site.handlers.ends_with_input = False
    async with site.open() as socket:
        site.write(b"collected")
        socket.disconnect()
        assert site.write(b"late")
        await settle()
        assert site.direct.writes == []
        assert site.handler.ends == 1
        assert not site.connection.outbound
        site.handler.close()
        await socket.finished()


async def test_a_client_that_leaves_in_the_read_of_its_last_message_is_heard(direct_type: type[DirectSite]) -> None:
    site = direct_type()
    site.handlers.ends_with_input = False
    async with site.open() as socket:
        site.handler.on_feed = lambda data: site.write(data)
        site.direct.deliver_together(text_message("goodbye"), {"type": "websocket.disconnect", "code": 1000})
        await site.handler.ended()
        assert site.handler.data == b"goodbye"
        site.handler.close()
        await socket.finished()


async def test_a_client_that_leaves_before_the_hub_listens_ends_the_connection() -> None:
    site = DirectSite()
    async with site.socket as socket:
        socket.hold()
        await socket.until(lambda: socket.held == 1)
        site.direct.deliver_together(text_message("a"), {"type": "websocket.disconnect", "code": 1006})
        socket.release()
        await socket.finished()
    assert site.handler.data == b"a"
    assert site.handler.ends == 1
    assert not site.connection.is_attached


async def test_a_client_that_is_gone_at_the_acceptance_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    site = DirectSite()
    async with site.socket as socket:
        socket.fail(ConnectionResetError("with a secret in its words"))
        with caplog.at_level(logging.DEBUG, logger="signalr_py"):
            await socket.finished()
    assert not site.direct.has_started
    (record,) = caplog.records
    assert record.getMessage() == "Connection the id was lost while writing: ConnectionResetError"


# Failures.


async def test_a_faulty_acceptance_is_logged(direct_type: type[DirectSite], caplog: pytest.LogCaptureFixture) -> None:
    site = direct_type()
    async with site.socket as socket:
        socket.fail(HostError())
        await socket.finished()
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert site.handler.ends == 1


async def test_a_failing_handler_gets_no_more_messages_and_fails_the_request() -> None:
    site = DirectSite()

    def fail(_: bytes) -> None:
        site.write(b"partly")
        raise ValueError("a bug")

    async with site.open() as socket:
        site.handler.on_feed = fail
        site.direct.deliver_together(text_message("a"), text_message("b"))
        assert site.handler.data == b"a"
        assert socket.frames == ["partly"]
        with pytest.raises(ValueError, match="a bug"):
            await socket.finished()
    assert site.handler.ends == 1
    assert not site.connection.is_attached


async def test_a_handler_that_fails_on_messages_before_the_hub_listens_fails_the_request() -> None:
    site = DirectSite()

    def fail(_: bytes) -> None:
        raise ValueError("a bug")

    site.handlers.on_create = lambda handler: setattr(handler, "on_feed", fail)
    async with site.socket as socket:
        site.direct.deliver(text_message("a"))
        with pytest.raises(ValueError, match="a bug"):
            await socket.finished()
    assert site.handler.ends == 1


async def test_events_that_come_after_the_request_was_cancelled_are_harmless() -> None:
    site = DirectSite(HttpConnectionOptions(transport_send_timeout=10))
    async with site.open() as socket:
        site.write(b"collected")
        socket.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await socket.finished()
        (receiver,) = site.direct.receivers
        receiver.writing_paused()
        receiver.writing_resumed()
        receiver.message_received(b"late", is_last=True)
        receiver.disconnected(1006)
        await settle()
    assert site.handler.ends == 1
    assert site.handler.data == b""


async def test_a_request_that_is_cancelled_while_the_hub_finishes_leaves() -> None:
    site = DirectSite()
    site.handlers.ends_with_input = False
    async with site.open() as socket:
        socket.disconnect()
        await site.handler.ended()
        socket.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await socket.finished()
        site.handler.close()
    assert not site.connection.is_attached
