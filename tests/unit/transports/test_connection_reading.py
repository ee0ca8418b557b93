from __future__ import annotations

import asyncio

from signalr_py.options import HttpConnectionOptions
from signalr_py.types import TransportType
from tests.support.connections import ConnectionSite
from tests.support.tasks import settle

LP = TransportType.LONG_POLLING


async def test_what_comes_before_the_transport_is_fed_when_it_is_chosen() -> None:
    site = ConnectionSite()
    site.connection.feed(b"hand")
    site.connection.feed(b"shake")
    site.choose(LP)
    assert site.handler.chunks == [b"handshake"]
    site.connection.feed(b"more")
    assert site.handler.chunks == [b"handshake", b"more"]


async def test_nothing_is_fed_when_nothing_came_early() -> None:
    site = ConnectionSite()
    site.choose(LP)
    assert site.handler.chunks == []


async def test_empty_bytes_are_not_fed_and_do_not_pile_up() -> None:
    site = ConnectionSite()
    for _ in range(3):
        site.connection.feed(b"")
    assert not site.connection._early
    site.choose(LP)
    site.connection.feed(b"")
    assert site.handler.chunks == []


async def test_reading_stops_when_too_much_comes_before_the_transport() -> None:
    site = ConnectionSite(HttpConnectionOptions(application_max_buffer_size=10))
    site.connection.feed(b"x" * 9)
    await site.connection.wait_readable()
    site.connection.feed(b"x")
    waiting = asyncio.create_task(site.connection.wait_readable())
    await settle()
    assert not waiting.done()
    site.choose(LP)
    await waiting


async def test_a_handler_that_pauses_while_early_bytes_are_fed_is_not_overruled() -> None:
    site = ConnectionSite(HttpConnectionOptions(application_max_buffer_size=4))
    site.handlers.on_create = lambda handler: setattr(handler, "on_feed", lambda _: handler.duplex.pause_reading())
    site.connection.feed(b"handshake")
    site.choose(LP)
    site.connection.feed(b"more")
    waiting = asyncio.create_task(site.connection.wait_readable())
    await settle()
    assert not waiting.done()
    site.connection.resume_reading()
    await waiting


async def test_reading_goes_on_while_it_is_paused_until_the_buffer_is_full() -> None:
    site = ConnectionSite(HttpConnectionOptions(application_max_buffer_size=10))
    site.choose()
    site.connection.feed(b"x" * 100)
    site.connection.pause_reading()
    assert await site.connection.wait_readable()
    site.connection.feed(b"y" * 9)
    assert await site.connection.wait_readable()
    assert site.handler.data == b"x" * 100 + b"y" * 9
    site.connection.feed(b"z")
    waiting = asyncio.create_task(site.connection.wait_readable())
    await settle()
    assert not waiting.done()
    site.connection.resume_reading()
    assert await waiting
    assert site.handler.data == b"x" * 100 + b"y" * 9 + b"z"


async def test_pausing_again_does_not_make_room_and_resuming_does() -> None:
    site = ConnectionSite(HttpConnectionOptions(application_max_buffer_size=10))
    site.choose()
    for _ in range(2):
        site.connection.pause_reading()
        site.connection.feed(b"x" * 5)
    waiting = asyncio.create_task(site.connection.wait_readable())
    await settle()
    assert not waiting.done()
    site.connection.resume_reading()
    site.connection.pause_reading()
    assert await waiting
    site.connection.feed(b"x" * 9)
    assert await site.connection.wait_readable()


async def test_the_end_of_the_connection_resumes_reading() -> None:
    site = ConnectionSite(HttpConnectionOptions(application_max_buffer_size=1))
    site.choose()
    site.connection.pause_reading()
    site.connection.feed(b"x")
    waiting = asyncio.create_task(site.connection.wait_readable())
    await settle()
    assert not waiting.done()
    site.handler.close()
    assert not await waiting


async def test_reading_does_not_stop_after_the_end_of_the_connection() -> None:
    site = ConnectionSite(HttpConnectionOptions(application_max_buffer_size=1))
    site.choose()
    site.connection.pause_reading()
    site.handler.close()
    site.connection.feed(b"x")
    await site.connection.wait_readable()
    assert site.handler.chunks == []


async def test_the_handler_learns_once_that_the_client_has_gone() -> None:
    site = ConnectionSite()
    site.choose()
    site.connection.end_of_input()
    site.connection.end_of_input()
    assert site.handler.ends == 1
    assert site.connection.has_ended


async def test_nothing_is_fed_after_the_client_has_gone() -> None:
    site = ConnectionSite()
    site.choose()
    assert site.connection.takes_input
    site.connection.end_of_input()
    site.connection.feed(b"late")
    assert site.handler.chunks == []
    assert not site.connection.takes_input


async def test_a_connection_takes_no_input_once_the_hub_has_finished() -> None:
    site = ConnectionSite()
    site.choose()
    site.handler.close()
    assert not site.connection.takes_input


async def test_a_client_that_goes_before_choosing_a_transport_ends_the_connection() -> None:
    site = ConnectionSite()
    site.connection.end_of_input()
    assert site.connection.has_ended
    assert site.handlers.created == []


async def test_who_waits_to_feed_waits_again_when_the_buffer_is_full_at_once() -> None:
    site = ConnectionSite(HttpConnectionOptions(application_max_buffer_size=1))
    site.choose()
    site.connection.pause_reading()
    site.connection.feed(b"x")
    waiting = asyncio.create_task(site.connection.wait_readable())
    await settle()
    site.connection.resume_reading()
    site.connection.pause_reading()
    site.connection.feed(b"y")
    await settle()
    assert not waiting.done()
    site.connection.resume_reading()
    await waiting
