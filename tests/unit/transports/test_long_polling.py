from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import pytest
from starlette.middleware.base import BaseHTTPMiddleware

from signalr_py.options import HttpConnectionOptions
from signalr_py.transports.long_polling import LongPollingTransport
from signalr_py.types import TransportType
from tests.support.connections import ConnectionSite, HostError
from tests.support.exchanges import Answer, HttpExchange, http_scope
from tests.support.tasks import settle

if TYPE_CHECKING:
    from starlette.middleware.base import RequestResponseEndpoint
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import Message, Receive, Scope, Send

NO_CACHE = {
    "cache-control": "no-cache, no-store",
    "pragma": "no-cache",
    "expires": "Thu, 01 Jan 1970 00:00:00 GMT",
}


class Site(ConnectionSite):
    """One connection, and polls of it."""

    def __init__(self, options: HttpConnectionOptions | None = None) -> None:
        super().__init__(options)
        self.choose(TransportType.LONG_POLLING)
        self.transport = LongPollingTransport(self.connection)
        self.was_last: list[bool] = []

    async def application(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.was_last.append(await self.transport.poll(scope, receive, send))

    def poll(self) -> HttpExchange:
        return HttpExchange(self.application, http_scope())

    async def waiting(self, poll: HttpExchange) -> None:
        """Wait until a poll waits for data."""
        await poll.until(lambda: poll.is_receiving)

    async def answer(self) -> Answer:
        """Make a poll that is answered at once."""
        async with self.poll() as poll:
            return await poll.answer()


def is_data(answer: Answer, body: bytes) -> bool:
    length = {"content-length": str(len(body))}
    return answer == Answer(
        status=200, headers=NO_CACHE | length | {"content-type": "application/octet-stream"}, body=body
    )


def is_empty(answer: Answer, status: int) -> bool:
    length = {} if status == 204 else {"content-length": "0"}
    return answer == Answer(status=status, headers=NO_CACHE | length | {"content-type": "text/plain"}, body=b"")


# What a poll is answered with.


async def test_the_first_poll_is_answered_at_once_and_empty_although_there_is_data() -> None:
    site = Site()
    site.write(b"news")

    async def first(scope: Scope, receive: Receive, send: Send) -> None:
        await site.transport.first()(scope, receive, send)

    async with HttpExchange(first, http_scope()) as poll:
        assert is_data(await poll.answer(), b"")
    assert not site.connection.is_attached
    assert is_data(await site.answer(), b"news")


async def test_everything_that_waits_is_answered_at_once() -> None:
    site = Site()
    site.write(b"one")
    site.write(b"two")
    assert is_data(await site.answer(), b"onetwo")
    assert site.was_last == [False]


async def test_a_poll_waits_for_data() -> None:
    site = Site()
    async with site.poll() as poll:
        await site.waiting(poll)
        assert site.connection.is_attached
        assert not poll.is_started
        site.write(b"news")
        assert is_data(await poll.answer(), b"news")
    assert not site.connection.is_attached


async def test_bytes_are_answered_as_they_are() -> None:
    site = Site()
    site.write(b"\x00\xff\n\r\n")
    assert is_data(await site.answer(), b"\x00\xff\n\r\n")


async def test_a_poll_without_data_is_answered_empty_after_the_poll_timeout() -> None:
    site = Site(HttpConnectionOptions(poll_timeout=0.001))
    assert is_empty(await site.answer(), 200)
    assert site.was_last == [False]
    assert site.handler.ends == 0
    site.write(b"news")
    assert is_data(await site.answer(), b"news")


async def test_the_disconnect_timeout_does_not_run_while_a_poll_waits() -> None:
    site = Site(HttpConnectionOptions(disconnect_timeout=15))
    async with site.poll() as poll:
        await site.waiting(poll)
        site.clock.now = 160
        site.connection.tick(160, 0)
        assert site.handler.ends == 0
        site.write(b"news")
        await poll.answer()
    site.clock.now = 175
    site.connection.tick(175, 0)
    assert site.handler.ends == 1


async def test_the_end_is_answered_with_204_once_nothing_is_left() -> None:
    site = Site()
    site.write(b"goodbye")
    site.handler.close()
    assert is_data(await site.answer(), b"goodbye")
    assert is_empty(await site.answer(), 204)
    assert site.was_last == [False, True]


async def test_a_poll_that_waits_is_answered_with_204_at_the_end() -> None:
    site = Site()
    async with site.poll() as poll:
        await site.waiting(poll)
        site.handler.close()
        assert is_empty(await poll.answer(), 204)
    assert site.was_last == [True]


async def test_a_poll_that_waits_gets_the_last_words_at_the_end() -> None:
    site = Site()
    async with site.poll() as poll:
        await site.waiting(poll)
        site.write(b"goodbye")
        site.handler.close()
        assert is_data(await poll.answer(), b"goodbye")
    assert is_empty(await site.answer(), 204)


# Several polls.


async def test_a_poll_takes_over_from_the_one_that_waits() -> None:
    site = Site()
    async with site.poll() as older, site.poll() as newer:
        await site.waiting(older)
        assert is_empty(await older.answer(), 204)
        await site.waiting(newer)
        assert site.was_last == [False]
        site.write(b"news")
        assert is_data(await newer.answer(), b"news")


async def test_a_poll_waits_until_the_earlier_one_has_delivered_what_it_took() -> None:
    site = Site()
    async with site.poll() as older:
        await site.waiting(older)
        older.hold()
        site.write(b"news")
        await older.until(lambda: older.held == 1)
        async with site.poll() as newer:
            site.write(b"more")
            await settle()
            assert not newer.is_started
            older.release()
            assert is_data(await older.answer(), b"news")
            assert is_data(await newer.answer(), b"more")


async def test_of_two_polls_that_want_to_take_over_the_second_loses() -> None:
    site = Site()
    async with site.poll() as older:
        await site.waiting(older)
        older.hold()
        async with site.poll() as winner, site.poll() as loser:
            assert is_empty(await loser.answer(), 409)
            older.release()
            assert is_empty(await older.answer(), 204)
            site.write(b"news")
            assert is_data(await winner.answer(), b"news")
    assert site.was_last == [False, False, False]


async def test_a_poll_that_comes_between_two_others_loses() -> None:
    site = Site()
    between = site.poll()

    async def older_and_at_once_another(scope: Scope, receive: Receive, send: Send) -> None:
        await site.application(scope, receive, send)
        await site.application(scope, between.receive, between.send)

    async with HttpExchange(older_and_at_once_another, http_scope()) as older:
        await site.waiting(older)
        async with site.poll() as winner:
            assert is_empty(await older.answer(), 204)
            assert [message.get("status") for message in between.sent] == [409, None]
            site.write(b"news")
            assert is_data(await winner.answer(), b"news")


async def test_a_poll_that_takes_over_at_the_end_is_answered_with_204_too() -> None:
    site = Site()
    async with site.poll() as older:
        await site.waiting(older)
        older.hold()
        site.handler.close()
        await older.until(lambda: older.held == 1)
        async with site.poll() as newer:
            await settle()
            older.release()
            assert is_empty(await older.answer(), 204)
            assert is_empty(await newer.answer(), 204)
    assert site.was_last == [False, True]


async def test_a_poll_may_take_over_after_another_gave_up_waiting() -> None:
    site = Site()
    async with site.poll() as older:
        await site.waiting(older)
        older.hold()
        async with site.poll() as impatient:
            await older.until(lambda: older.held == 1)
            impatient.task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await impatient.finished()
        async with site.poll() as newer:
            older.release()
            assert is_empty(await older.answer(), 204)
            site.write(b"news")
            assert is_data(await newer.answer(), b"news")


# Clients that are gone, or do not read.


async def test_a_poll_that_the_client_gives_up_keeps_what_comes_for_the_next_one() -> None:
    site = Site()
    async with site.poll() as poll:
        await site.waiting(poll)
        site.clock.now = 105
        poll.disconnect()
        site.write(b"news")
        await poll.finished()
    assert site.connection.inactive_since == 105
    assert site.handler.ends == 0
    assert site.was_last == [False]
    assert is_data(await site.answer(), b"news")


async def test_a_poll_that_the_client_gives_up_is_no_error_behind_a_middleware() -> None:
    site = Site()

    async def dispatch(request: Request, call_next: RequestResponseEndpoint) -> Response:
        return await call_next(request)

    async with HttpExchange(BaseHTTPMiddleware(site.application, dispatch), http_scope()) as poll:
        await site.waiting(poll)
        await settle()
        poll.disconnect()
        await poll.finished()
    assert not site.connection.is_attached


async def test_a_host_that_raises_in_receive_means_a_client_that_gave_up() -> None:
    site = Site()

    async def receive() -> Message:
        raise HostError

    async def application(scope: Scope, _: Receive, send: Send) -> None:
        await site.application(scope, receive, send)

    async with HttpExchange(application, http_scope()) as poll:
        await poll.finished()
    assert site.handler.ends == 0


async def test_a_host_that_raises_in_send_means_a_client_that_gave_up(caplog: pytest.LogCaptureFixture) -> None:
    site = Site()
    async with site.poll() as poll:
        await site.waiting(poll)
        poll.fail(HostError("a secret in its words"))
        with caplog.at_level(logging.DEBUG, logger="signalr_py"):
            site.write(b"news")
            await poll.finished()
    assert site.handler.ends == 0
    (record,) = caplog.records
    assert record.levelno == logging.DEBUG
    assert record.getMessage() == "Connection the id was lost while writing: HostError"
    assert record.exc_info is None


async def test_an_answer_that_takes_too_long_ends_the_connection() -> None:
    site = Site(HttpConnectionOptions(transport_send_timeout=10))
    async with site.poll() as poll:
        await site.waiting(poll)
        site.clock.now = 160
        poll.hold()
        site.write(b"news")
        await poll.until(lambda: poll.held == 1)
        site.connection.tick(169, 0)
        await settle()
        assert not poll.is_finished
        site.connection.tick(170, 0)
        await poll.finished()
        assert poll.held == 0
    assert site.handler.ends == 1
    assert is_empty(await site.answer(), 204)


async def test_a_client_that_does_not_read_is_disconnected() -> None:
    site = Site(HttpConnectionOptions(maximum_send_buffer_messages=2))
    for _ in range(5):
        site.write(b"news")
    assert site.handler.overflows == 1
    assert is_empty(await site.answer(), 204)


async def test_a_poll_that_waits_is_ended_by_an_abort() -> None:
    site = Site()
    async with site.poll() as poll:
        await site.waiting(poll)
        site.connection.abort()
        assert is_empty(await poll.answer(), 204)


@pytest.mark.parametrize("moment", ["waiting", "answering"])
async def test_a_poll_that_the_host_cancels_makes_room_for_the_next_one(moment: str) -> None:
    site = Site()
    async with site.poll() as poll:
        await site.waiting(poll)
        if moment == "answering":
            poll.hold()
            site.write(b"lost")
            await poll.until(lambda: poll.held == 1)
        poll.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await poll.finished()
    assert not site.connection.is_attached
    site.write(b"news")
    assert is_data(await site.answer(), b"news")
