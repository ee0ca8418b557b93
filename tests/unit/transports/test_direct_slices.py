"""Large messages of a WebSocket that the host offers for plain calls, and what comes behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from signalr_py.options import HttpConnectionOptions
from tests.support.connections import DirectSite, OutlivingSite
from tests.support.exchanges import text_message
from tests.support.tasks import settle

if TYPE_CHECKING:
    from starlette.types import Message

OPTIONS = HttpConnectionOptions(application_max_buffer_size=3)
LEAVING: Message = {"type": "websocket.disconnect", "code": 1000}


async def test_what_comes_behind_a_large_message_stays_behind_it(direct_type: type[DirectSite]) -> None:
    site = direct_type(OPTIONS)
    async with site.open() as socket:
        site.direct.deliver_together(text_message("onetwo"), text_message("s"), text_message("ix"))
        socket.send_text("end")
        await site.handler.data_is(b"onetwosixend")
        assert (site.direct.pauses, site.direct.resumptions) == (1, 1)


async def test_a_large_message_waits_for_a_hub_that_takes_nothing(direct_type: type[DirectSite]) -> None:
    site = direct_type(OPTIONS)
    async with site.open() as socket:
        site.connection.pause_reading()
        site.direct.deliver_together(text_message("one"), text_message("twosix"))
        await settle()
        assert site.handler.data == b"one"
        site.connection.resume_reading()
        await site.handler.data_is(b"onetwosix")
        await settle()
        socket.send_text("end")
        await site.handler.data_is(b"onetwosixend")


async def test_reading_goes_on_when_the_hub_takes_the_last_slice(direct_type: type[DirectSite]) -> None:
    site = direct_type(OPTIONS)
    async with site.open() as socket:
        site.handler.on_feed = lambda data: site.connection.pause_reading() if data == b"two" else None
        socket.send_text("onetwo")
        await site.handler.data_is(b"onetwo")
        socket.send_text("six")
        await site.handler.data_is(b"onetwosix")
        socket.send_text("end")
        await settle()
        assert site.handler.data == b"onetwosix"
        site.connection.resume_reading()
        await site.handler.data_is(b"onetwosixend")


async def test_a_client_that_leaves_behind_a_large_message_is_heard(direct_type: type[DirectSite]) -> None:
    site = direct_type(OPTIONS)
    async with site.open() as socket:
        site.handler.on_feed = site.write
        site.direct.deliver_together(text_message("onetwo"), LEAVING)
        assert site.handler.ends == 0
        await site.handler.ended()
        assert site.handler.data == b"onetwo"
        assert socket.frames == []
        await socket.finished()


@pytest.mark.parametrize("site_type", [DirectSite, OutlivingSite])
async def test_a_client_that_has_left_behind_a_large_message_before_the_hub_listens_is_heard(
    site_type: type[DirectSite],
) -> None:
    site = site_type(OPTIONS)
    site.direct.deliver_together(text_message("onetwo"), LEAVING)
    async with site.socket as socket:
        handler = await site.handlers.next()
        await handler.ended()
        assert handler.data == b"onetwo"
        await socket.finished()
    assert not site.connection.is_attached


async def test_the_rest_of_a_large_message_is_dropped_with_its_connection(direct_type: type[DirectSite]) -> None:
    site = direct_type(OPTIONS)
    async with site.open() as socket:
        site.direct.deliver_together(text_message("onetwo"))
        site.connection.abort()
        site.direct.drop(1006)
        await socket.finished()
    assert site.handler.data == b""
    assert site.handler.ends == 1


async def test_a_request_that_is_cancelled_takes_no_more_of_a_large_message() -> None:
    site = DirectSite(OPTIONS)
    async with site.open() as socket:
        socket.send_text("onetwo")
        site.direct.task.cancel()
        await settle()
        assert site.handler.data in (b"", b"one")
        assert site.handler.ends == 1
