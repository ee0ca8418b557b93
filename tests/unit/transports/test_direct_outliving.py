"""A WebSocket that stays open when its request has ended, so that nothing waits for it."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import pytest

from tests.support.connections import OutlivingSite
from tests.support.endpoints import ServedHub
from tests.support.stateful import back, opened, served
from tests.support.tasks import settle
from tests.support.waiting import tasks_left

if TYPE_CHECKING:
    from starlette.types import Message

    from tests.support.endpoints import SocketKind
    from tests.support.exchanges import WebSocketExchange

KINDS: tuple[SocketKind, ...] = ("outliving",)
EARLY: tuple[Message, ...] = (
    {"type": "websocket.receive", "text": "a"},
    {"type": "websocket.disconnect", "code": 1000},
)


async def test_the_request_ends_at_once_and_no_task_is_left() -> None:
    site = OutlivingSite()
    async with site.socket as socket:
        await site.direct.returned()
        assert not socket.is_finished
        assert site.connection.is_attached
        assert tasks_left() == []
        site.handler.on_feed = lambda data: site.write(data)
        socket.send_text("echo")
        assert socket.frames == ["echo"]
        site.write(b"news")
        await socket.frames_are("echo", "news")
        assert site.finished == []


async def test_the_connection_is_finished_when_the_hub_is_after_the_client_has_left() -> None:
    site = OutlivingSite()
    site.handlers.ends_with_input = False
    async with site.open() as socket:
        socket.disconnect()
        assert site.handler.ends == 1
        assert not site.connection.is_attached
        await settle()
        assert site.finished == []
        site.handler.close()
        assert site.finished == [site.connection]


async def test_the_connection_is_finished_when_the_client_answers_the_close_of_the_hub() -> None:
    site = OutlivingSite()
    async with site.open() as socket:
        site.handler.close()
        assert socket.close_code == 1000
        assert site.finished == []
        socket.disconnect()
        assert site.finished == [site.connection]


async def test_a_client_that_has_left_before_the_request_ends_keeps_it_until_the_hub_has_finished() -> None:
    site = OutlivingSite()
    site.handlers.ends_with_input = False
    site.direct.deliver_together(*EARLY)
    async with site.socket as socket:
        handler = await site.handlers.next()
        await handler.ended()
        assert handler.data == b"a"
        await settle()
        assert not site.direct.task.done()
        handler.close()
        await socket.finished()


async def test_a_failing_handler_is_logged_and_its_client_told(caplog: pytest.LogCaptureFixture) -> None:
    site = OutlivingSite()

    def fail(_: bytes) -> None:
        site.write(b"partly")
        raise ValueError("a bug")

    async with site.open() as socket:
        site.handler.on_feed = fail
        site.direct.deliver_together(*EARLY[:1], *EARLY[:1])
        assert site.handler.data == b"a"
        assert socket.frames == ["partly"]
        assert socket.close_code == 1011
        socket.disconnect(1011)
        assert site.handler.ends == 1
        assert site.finished == [site.connection]
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert record.getMessage() == "Connection the id failed."
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], ValueError)


async def test_a_cancelled_acceptance_ends_the_connection() -> None:
    site = OutlivingSite()
    async with site.socket as socket:
        socket.hold()
        await socket.until(lambda: socket.held == 1)
        socket.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await socket.finished()
    assert site.handler.ends == 1
    assert site.finished == []


async def test_the_endpoint_forgets_a_connection_when_the_hub_has_finished() -> None:
    hub = served(KINDS)
    negotiated = await hub.negotiate()
    async with hub.websocket(id=negotiated.token) as socket:
        handler = await hub.handlers.next()
        handler.ends_with_input = False
        await socket.until(lambda: socket.is_receiving)
        socket.disconnect()
        assert handler.ends == 1
        assert hub.manager.find(negotiated.id) is not None
        handler.close()
        assert hub.manager.find(negotiated.id) is None


async def test_the_endpoint_keeps_a_connection_whose_client_left_early_until_the_hub_has_finished() -> None:
    hub = served(KINDS)
    hub.handlers.ends_with_input = False
    negotiated = await hub.negotiate()
    socket = hub.websocket(id=negotiated.token)
    for message in EARLY:
        socket.deliver(message)
    async with socket:
        handler = await hub.handlers.next()
        await handler.ended()
        await settle()
        assert hub.manager.find(negotiated.id) is not None
        handler.close()
        await socket.finished()
        assert hub.manager.find(negotiated.id) is None


async def test_the_endpoint_keeps_a_connection_whose_client_comes_back_again_and_again() -> None:
    hub = served(KINDS)
    async with opened(hub) as (negotiated, socket, handler):
        socket.disconnect(1006)
        for number in range(1, 4):
            async with hub.websocket(id=negotiated.token) as returned:
                await back(returned, handler, number)
                assert returned.task.done()
                returned.disconnect(1006)
            assert hub.manager.find(negotiated.id) is not None
            assert handler.duplex.is_suspended
        handler.close()
        hub.advance(0)
        assert handler.ends == 0
        assert hub.manager.find(negotiated.id) is None


def test_a_server_that_runs_again_does_not_wait_for_what_an_earlier_event_loop_has_not_written() -> None:
    hub = ServedHub(sockets=KINDS)

    async def connected() -> WebSocketExchange:
        socket = await hub.websocket().__aenter__()
        await socket.until(lambda: socket.is_receiving)
        return socket

    async def says_news() -> None:
        socket = await connected()
        hub.handlers.latest.duplex.write(b"news")
        await socket.frames_are("news")
        await socket.__aexit__(None, None, None)

    earlier = asyncio.new_event_loop()
    try:
        earlier.run_until_complete(connected())
        earlier.call_soon(hub.handlers.latest.duplex.write, b"never written")
        earlier.call_soon(earlier.stop)
        earlier.run_forever()
    finally:
        earlier.close()
    asyncio.run(asyncio.wait_for(says_news(), 5))
