from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from starlette.requests import HTTPConnection

from signalr_py.options import HttpConnectionOptions
from signalr_py.transports.server_sent_events import ServerSentEventsTransport, event
from signalr_py.types import TransportType
from tests.support.connections import ConnectionSite, HostError
from tests.support.exchanges import HttpExchange, http_scope
from tests.support.tasks import settle

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

HEADERS = {
    "content-type": "text/event-stream",
    "cache-control": "no-cache,no-store",
    "pragma": "no-cache",
    "content-encoding": "identity",
    "x-accel-buffering": "no",
}
START = b":\r\n"


class Site(ConnectionSite):
    """One event stream with a recording handler on top of it."""

    def __init__(self, options: HttpConnectionOptions | None = None) -> None:
        super().__init__(options)
        self.response = HttpExchange(self.application, http_scope())

    async def application(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.connection.choose(TransportType.SERVER_SENT_EVENTS, HTTPConnection(scope))
        await ServerSentEventsTransport(self.connection, receive, send).run()

    async def connected(self) -> None:
        await self.response.body_is(START)
        await settle()


def payload_of(text: bytes) -> bytes:
    """Read one event as a client does that takes CR LF for the end of a line."""
    assert text.endswith(b"\r\n\r\n")
    lines = text.removesuffix(b"\r\n\r\n").split(b"\r\n")
    assert all(line.startswith(b"data: ") for line in lines)
    return b"\n".join(line.removeprefix(b"data: ") for line in lines)


# Events.


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        (b'{"type":6}\x1e', b'data: {"type":6}\x1e\r\n\r\n'),
        (b"", b"data: \r\n\r\n"),
        (b"a\nb", b"data: a\r\ndata: b\r\n\r\n"),
        (b"a\r\nb", b"data: a\r\ndata: b\r\n\r\n"),
        (b"a\n", b"data: a\r\ndata: \r\n\r\n"),
        (b"\n\n", b"data: \r\ndata: \r\ndata: \r\n\r\n"),
        (b"a\rb", b"data: a\rb\r\n\r\n"),
    ],
)
def test_each_line_of_a_payload_is_a_data_line(payload: bytes, text: bytes) -> None:
    assert event(payload) == text


@given(st.lists(st.binary() | st.sampled_from([b"\n", b"\r\n", b"data: ", b"\x1e"])).map(b"".join))
@example(b"\r\r\n")
@example(b"\n\r")
def test_an_event_gives_its_payload_back(payload: bytes) -> None:
    text = event(payload)
    assert payload_of(text) == payload.replace(b"\r\n", b"\n")
    assert text.count(b"\r\n\r\n") == 1 or b"\r\n" in payload.replace(b"\r\n", b"")


# The response.


async def test_the_response_starts_at_once_with_a_comment() -> None:
    site = Site()
    async with site.response as response:
        await site.connected()
        answer = await response.started()
    assert answer.status == 200
    assert answer.headers == HEADERS
    assert answer.body == START
    assert response.sent[1] == {"type": "http.response.body", "body": START, "more_body": True}


async def test_a_middleware_that_adds_headers_changes_one_response_only() -> None:
    for _ in range(2):
        site = Site()
        async with site.response as response:
            await site.connected()
            response.sent[0]["headers"].append((b"x-request-id", b"1"))
            assert [name for name, _ in response.sent[0]["headers"]].count(b"x-request-id") == 1


async def test_what_is_written_in_one_turn_is_one_event_of_whole_messages() -> None:
    site = Site()
    async with site.response as response:
        await site.connected()
        site.write(b"{}\x1e")
        site.write(b'{"type":6}\x1e')
        await response.body_is(START + b'data: {}\x1e{"type":6}\x1e\r\n\r\n')
        site.write(b'{"type":6}\x1e')
        await response.body_is(START + b'data: {}\x1e{"type":6}\x1e\r\n\r\ndata: {"type":6}\x1e\r\n\r\n')


async def test_what_was_written_before_the_request_is_sent() -> None:
    site = Site()
    site.connection.feed(b"handshake")
    site.handlers.on_create = lambda handler: setattr(handler, "on_feed", lambda _: site.write(b"answer"))
    async with site.response as response:
        await response.body_is(START + b"data: answer\r\n\r\n")


async def test_the_server_ends_the_response_after_the_last_message() -> None:
    site = Site()
    async with site.response as response:
        await site.connected()
        site.write(b"goodbye")
        site.handler.close()
        answer = await response.answer()
    assert answer.body == START + b"data: goodbye\r\n\r\n"
    assert site.handler.ends == 1
    assert not site.connection.is_attached


async def test_a_connection_that_ended_before_the_request_is_answered_and_ended() -> None:
    site = Site()
    site.handlers.on_create = lambda handler: handler.close()
    async with site.response as response:
        assert (await response.answer()).body == START


async def test_a_client_that_goes_ends_the_connection() -> None:
    site = Site()
    async with site.response as response:
        await site.connected()
        response.send_body(b"", more=False)
        await settle()
        assert site.handler.ends == 0
        response.disconnect()
        await response.finished()
    assert site.handler.ends == 1
    assert not response.is_complete
    assert not site.connection.is_attached


async def test_the_request_lasts_until_the_hub_has_finished() -> None:
    site = Site()
    site.handlers.ends_with_input = False
    async with site.response as response:
        await site.connected()
        response.disconnect()
        await site.handler.ended()
        await settle()
        assert not response.is_finished
        site.handler.close()
        await response.finished()


# Clients that are gone, or do not read.


async def test_a_host_that_raises_means_a_client_that_is_gone(caplog: pytest.LogCaptureFixture) -> None:
    site = Site()
    async with site.response as response:
        await site.connected()
        response.fail(ConnectionResetError("a secret in its words"))
        with caplog.at_level(logging.DEBUG, logger="signalr_py"):
            site.write(b"news")
            await response.finished()
    assert site.handler.ends == 1
    (record,) = caplog.records
    assert record.levelno == logging.DEBUG
    assert record.getMessage() == "Connection the id was lost while writing: ConnectionResetError"
    assert record.exc_info is None


async def test_a_host_that_raises_in_receive_means_a_client_that_is_gone() -> None:
    site = Site()

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        async def broken_receive() -> Message:
            raise HostError

        await site.application(scope, broken_receive, send)

    async with HttpExchange(application, http_scope()) as response:
        await response.finished()
    assert site.handler.ends == 1


@pytest.mark.parametrize("moment", ["start", "event", "end"])
async def test_a_write_that_takes_too_long_ends_the_connection(moment: str) -> None:
    site = Site(HttpConnectionOptions(transport_send_timeout=10))
    async with site.response as response:
        if moment == "start":
            response.hold()
        else:
            await site.connected()
            response.hold()
        if moment == "event":
            site.write(b"news")
        elif moment == "end":
            site.handler.close()
        await response.until(lambda: response.held == 1)
        site.connection.tick(109.9, 0)
        await settle()
        assert not response.is_finished
        site.clock.now = 110
        site.connection.tick(110, 0)
        await response.finished()
        assert response.held == 0
    assert site.handler.ends == 1


async def test_each_event_of_a_busy_stream_has_its_own_time() -> None:
    site = Site(HttpConnectionOptions(transport_send_timeout=10))
    async with site.response as response:
        await site.connected()
        response.hold()
        for text in (b"a", b"b", b"c"):
            site.write(text)
            await response.until(lambda: response.held == 1)
            site.advance(0)
            site.clock.now += 6
            site.write(b"next ")
            response.release()
            response.hold()
            await settle()
            site.connection.tick(site.clock.now, 0)
        assert response.held == 1
        assert site.handler.ends == 0
        site.advance(10)
        await response.finished()
    assert site.handler.ends == 1


async def test_a_faulty_send_of_the_application_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    site = Site()
    async with site.response as response:
        await site.connected()
        response.fail(HostError("a bug"))
        site.write(b"news")
        await response.finished()
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert record.exc_info is not None


async def test_a_stream_without_news_is_not_a_write_that_takes_too_long() -> None:
    site = Site(HttpConnectionOptions(transport_send_timeout=10))
    async with site.response as response:
        await site.connected()
        site.connection.tick(160, 0)
        site.write(b"news")
        await response.body_is(START + b"data: news\r\n\r\n")
        await settle()
        site.connection.tick(220, 0)
        await settle()
        assert not response.is_finished


async def test_a_client_that_does_not_read_is_disconnected() -> None:
    site = Site(HttpConnectionOptions(maximum_send_buffer_messages=2))
    async with site.response as response:
        await site.connected()
        response.hold()
        for _ in range(5):
            site.write(b"news")
        await response.finished()
    assert site.handler.overflows == 1


async def test_a_request_that_the_host_cancels_ends_the_connection() -> None:
    site = Site()
    async with site.response as response:
        await site.connected()
        response.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await response.finished()
    assert site.handler.ends == 1
    assert not site.connection.is_attached
