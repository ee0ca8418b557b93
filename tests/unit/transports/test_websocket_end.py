from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import pytest

from signalr_py.options import HttpConnectionOptions
from tests.support.connections import HostError, WebSocketSite
from tests.support.exchanges import WebSocketExchange, websocket_scope
from tests.support.tasks import SENDS_AT_ONCE, settle

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send


async def test_a_client_that_closes_ends_the_connection(site_type: type[WebSocketSite]) -> None:
    site = site_type()
    async with site.socket as socket:
        await site.connected()
        socket.disconnect(1001)
        await socket.finished()
    assert site.handler.ends == 1
    assert socket.close_code is None
    assert not site.connection.is_attached


async def test_the_request_lasts_until_the_hub_has_finished(waiting_site_type: type[WebSocketSite]) -> None:
    site = waiting_site_type()
    site.handlers.ends_with_input = False
    async with site.socket as socket:
        await site.connected()
        socket.disconnect()
        await site.handler.ended()
        await settle()
        assert not socket.is_finished
        site.handler.close()
        await socket.finished()


@pytest.mark.parametrize(("failed", "code"), [(False, 1000), (True, 1011)])
async def test_the_server_closes_after_the_last_message(
    site_type: type[WebSocketSite], *, failed: bool, code: int
) -> None:
    site = site_type()
    async with site.socket as socket:
        await site.connected()
        site.write(b"goodbye")
        site.handler.close(failed=failed)
        assert await socket.closed() == code
        assert socket.frames == ["goodbye"]
        assert socket.sent[-1] == {"type": "websocket.close", "code": code, "reason": ""}
        await settle()
        assert not socket.is_finished
        socket.disconnect()
        await socket.finished()
    assert site.handler.ends == 1


async def test_the_server_closes_after_what_still_waits(site_type: type[WebSocketSite]) -> None:
    site = site_type()
    async with site.socket as socket:
        await site.connected()
        socket.hold()
        site.write(b"a")
        site.write(b"b")
        site.handler.close()
        await settle()
        assert socket.close_code is None
        socket.release()
        await socket.closed()
        assert "".join(map(str, socket.frames)) == "ab"


async def test_the_server_closes_after_an_idle_writer(site_type: type[WebSocketSite]) -> None:
    site = site_type()
    async with site.socket as socket:
        await site.connected()
        socket.hold()
        site.write(b"a")
        socket.release()
        await socket.frames_are("a")
        await settle()
        site.handler.close()
        assert await socket.closed() == 1000


async def test_what_the_client_sends_after_the_servers_close_is_harmless(site_type: type[WebSocketSite]) -> None:
    site = site_type()
    async with site.socket as socket:
        await site.connected()
        site.handler.close()
        await socket.closed()
        socket.send_text("late")
        socket.disconnect()
        await socket.finished()


async def test_a_client_that_does_not_answer_the_close_is_dropped(site_type: type[WebSocketSite]) -> None:
    site = site_type(close_timeout=0.001)
    async with site.socket as socket:
        await site.connected()
        site.handler.close()
        await socket.finished()
        assert socket.close_code == 1000
        assert socket.task.cancelling() == 0


# Clients that are gone, or do not read.


async def test_a_host_that_raises_in_a_write_means_a_client_that_is_gone(caplog: pytest.LogCaptureFixture) -> None:
    site = WebSocketSite()
    async with site.socket as socket:
        await site.connected()
        socket.fail(ConnectionResetError("with a secret in its words"))
        with caplog.at_level(logging.DEBUG, logger="signalr_py"):
            site.write(b"news")
            await site.handler.ended()
        assert site.write(b"more")
        socket.disconnect(1006)
        await socket.finished()
    assert site.handler.ends == 1
    (record,) = caplog.records
    assert record.levelno == logging.DEBUG
    assert record.getMessage() == "Connection the id was lost while writing: ConnectionResetError"
    assert record.exc_info is None


@pytest.mark.parametrize("waiting", [0, 1])
async def test_a_host_that_raises_in_a_suspended_write_means_a_client_that_is_gone(waiting: int) -> None:
    site = WebSocketSite()
    async with site.socket as socket:
        await site.connected()
        socket.hold()
        for _ in range(1 + waiting):
            site.write(b"news")
        await settle()
        socket.fail(HostError())
        await site.handler.ended()
        socket.disconnect(1006)
        await socket.finished()
    assert socket.frames == []
    assert not site.connection.outbound


async def test_a_host_that_raises_while_accepting_means_a_client_that_is_gone(site_type: type[WebSocketSite]) -> None:
    site = site_type()
    async with site.socket as socket:
        socket.fail(HostError())
        await socket.finished()
    assert site.handler.ends == 1
    assert site.connection.has_ended
    assert not site.connection.is_attached


async def test_a_host_that_raises_for_the_close_means_a_client_that_is_gone() -> None:
    site = WebSocketSite()
    async with site.socket as socket:
        await site.connected()
        socket.fail(HostError())
        site.handler.close()
        await site.handler.ended()
        socket.disconnect(1006)
        await socket.finished()


async def test_a_client_that_is_gone_and_whose_host_never_says_so_is_dropped() -> None:
    site = WebSocketSite(close_timeout=0.001)
    async with site.socket as socket:
        await site.connected()
        socket.fail(HostError())
        site.write(b"news")
        await socket.finished()


async def test_a_write_that_takes_too_long_drops_the_client(site_type: type[WebSocketSite]) -> None:
    site = site_type(HttpConnectionOptions(transport_send_timeout=10))
    async with site.socket as socket:
        await site.connected()
        socket.hold()
        site.write(b"a")
        site.write(b"b")
        await settle()
        site.clock.now = 110
        site.connection.tick(110, 0)
        await socket.finished()
        assert socket.task.cancelling() == 0
        assert socket.held == 0
    assert site.handler.ends == 1
    assert socket.frames == []


async def test_the_time_of_a_write_ends_with_it(site_type: type[WebSocketSite]) -> None:
    site = site_type(HttpConnectionOptions(transport_send_timeout=10))
    async with site.socket as socket:
        await site.connected()
        socket.hold()
        site.write(b"a")
        await settle()
        socket.release()
        await socket.frames_are("a")
        await settle()
        site.clock.now = 160
        site.connection.tick(160, 0)
        assert site.handler.ends == 0


async def test_a_close_frame_that_takes_too_long_drops_the_client() -> None:
    site = WebSocketSite(HttpConnectionOptions(transport_send_timeout=10))
    async with site.socket as socket:
        await site.connected()
        socket.hold()
        site.handler.close()
        await socket.until(lambda: socket.held == 1)
        site.connection.tick(110, 0)
        await socket.finished()


async def test_an_abort_in_the_same_turn_as_a_suspended_write_leaves_nothing_behind() -> None:
    site = WebSocketSite()
    async with site.socket as socket:
        await site.connected()
        socket.hold()
        site.write(b"a")
        if not SENDS_AT_ONCE:
            await settle()
        assert socket.held == 1
        site.connection.abort()
        await socket.finished()
        assert socket.held == 0


async def test_no_close_frame_follows_an_abort(site_type: type[WebSocketSite]) -> None:
    site = site_type()
    async with site.socket as socket:
        await site.connected()
        socket.hold()
        site.write(b"a")
        site.handler.close()
        await settle()
        site.connection.abort()
        socket.release()
        await socket.finished()
    assert socket.close_code is None


async def test_aborting_again_does_nothing(site_type: type[WebSocketSite]) -> None:
    site = site_type()
    async with site.socket as socket:
        await site.connected()
        site.connection.abort()
        site.connection.abort()
        await socket.finished()
        assert socket.task.cancelling() == 0


@pytest.mark.parametrize("next_event", ["nothing", "a disconnect", "more"])
async def test_a_client_that_overflows_in_its_own_turn_is_dropped(next_event: str) -> None:
    site = WebSocketSite(HttpConnectionOptions(maximum_send_buffer_messages=2))
    site.handlers.ends_with_input = False

    def answer(data: bytes) -> None:
        for _ in range(5):
            site.write(b"x")

    async with site.socket as socket:
        await site.connected()
        socket.hold()
        site.handler.on_feed = answer
        socket.send_text("flood me")
        if next_event == "a disconnect":
            socket.disconnect()
        elif next_event == "more":
            socket.send_text("and more")
        await socket.finished()
        assert socket.task.cancelling() == 0
    assert site.handler.overflows == 1


async def test_a_send_that_survives_its_cancellation_does_not_keep_the_socket() -> None:
    site = WebSocketSite()
    stubborn = asyncio.Event()

    async def send(message: Message) -> None:
        try:
            await site.socket.send(message)
        except asyncio.CancelledError:
            stubborn.set()

    async def application(scope: Scope, receive: Receive, _: Send) -> None:
        await site.application(scope, receive, send)

    site.socket = WebSocketExchange(application, websocket_scope())
    async with site.socket as socket:
        await site.connected()
        socket.hold()
        site.write(b"a")
        await settle()
        site.connection.abort()
        await socket.finished()
    assert stubborn.is_set()


@pytest.mark.parametrize("moment", ["reading", "accepting", "writing", "closing"])
async def test_a_request_that_the_host_cancels_ends_the_connection(
    waiting_site_type: type[WebSocketSite], moment: str
) -> None:
    site = waiting_site_type()
    async with site.socket as socket:
        if moment == "accepting":
            socket.hold()
            await socket.until(lambda: socket.held == 1)
        else:
            await site.connected()
        if moment == "writing":
            socket.hold()
            site.write(b"a")
            await settle()
        if moment == "closing":
            site.handler.close()
            await socket.closed()
        socket.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await socket.finished()
    assert site.handler.ends == 1
    assert not site.connection.is_attached


@pytest.mark.parametrize("first", ["the host", "the abort"])
async def test_a_cancellation_by_the_host_is_not_swallowed_by_an_abort(
    waiting_site_type: type[WebSocketSite], first: str
) -> None:
    site = waiting_site_type()
    async with site.socket as socket:
        await site.connected()
        if first == "the host":
            socket.task.cancel()
            site.connection.abort()
        else:
            site.connection.abort()
            socket.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await socket.finished()


async def test_a_failing_handler_does_not_keep_the_connection(waiting_site_type: type[WebSocketSite]) -> None:
    site = waiting_site_type()

    def fail(data: bytes) -> None:
        raise ValueError("a bug")

    async with site.socket as socket:
        await site.connected()
        site.handler.on_feed = fail
        socket.send_text("hello")
        with pytest.raises(ValueError, match="a bug"):
            await socket.finished()
    assert site.handler.ends == 1
    assert not site.connection.is_attached


async def test_a_stalled_client_does_not_delay_the_others() -> None:
    stalled, other = WebSocketSite(), WebSocketSite()
    async with stalled.socket as slow, other.socket as fast:
        await stalled.connected()
        await other.connected()
        slow.hold()
        for number in range(100):
            for site in (stalled, other):
                site.write(f"{number};".encode())
            if not SENDS_AT_ONCE:
                await settle()
            assert fast.frames[-1] == f"{number};"
        assert slow.frames == []
        assert stalled.connection.statistics().messages_waiting == 99
