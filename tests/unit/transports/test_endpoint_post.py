from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from signalr_py.options import HttpConnectionOptions
from tests.support.endpoints import Negotiated, ServedHub
from tests.support.exchanges import Answer, HttpExchange
from tests.support.tasks import settle

if TYPE_CHECKING:
    from tests.support.handlers import RecordingHandler

LIMIT = 100


def empty(status: int) -> Answer:
    return Answer(status=status, headers={"content-type": "text/plain", "content-length": "0"}, body=b"")


class Polled:
    """A polled connection that takes 100 bytes before the hub reads."""

    def __init__(self) -> None:
        self.hub = ServedHub(HttpConnectionOptions(application_max_buffer_size=LIMIT))
        self.negotiated: Negotiated

    async def start(self, *, has_transport: bool = True) -> None:
        self.negotiated = await self.hub.negotiate()
        if has_transport:
            await self.hub.request(id=self.negotiated.token)

    @property
    def handler(self) -> RecordingHandler:
        return self.hub.handlers.latest

    async def post(self, body: bytes) -> Answer:
        return await self.hub.request("POST", id=self.negotiated.token, body=body)

    def open(self, body: bytes | None = None) -> HttpExchange:
        return self.hub.open("POST", id=self.negotiated.token, body=body)


@pytest.fixture
async def polled() -> Polled:
    polled = Polled()
    await polled.start()
    return polled


@pytest.mark.parametrize("content_type", ["text/plain;charset=UTF-8", "application/octet-stream", "application/json"])
async def test_a_body_reaches_the_hub_whatever_its_type(polled: Polled, content_type: str) -> None:
    headers = {"Content-Type": content_type}
    answer = await polled.hub.request("POST", id=polled.negotiated.token, headers=headers, body=b"\x00\xffhello\x1e")
    assert answer == empty(200)
    assert polled.handler.data == b"\x00\xffhello\x1e"


async def test_an_empty_body_is_taken(polled: Polled) -> None:
    assert await polled.post(b"") == empty(200)


async def test_a_body_before_the_transport_waits_for_it() -> None:
    polled = Polled()
    await polled.start(has_transport=False)
    assert await polled.post(b"early") == empty(200)
    await polled.hub.request(id=polled.negotiated.token)
    assert polled.handler.data == b"early"


async def test_a_body_in_parts_is_fed_whole(polled: Polled) -> None:
    async with polled.open() as post:
        post.send_body(b"one ", more=True)
        post.send_body(b"two ", more=True)
        await settle()
        assert polled.handler.chunks == []
        post.send_body(b"three")
        assert await post.answer() == empty(200)
    assert polled.handler.chunks == [b"one two three"]


async def test_a_large_body_is_fed_while_it_comes(polled: Polled) -> None:
    async with polled.open() as post:
        post.send_body(b"a" * 60, more=True)
        post.send_body(b"b" * 60, more=True)
        await polled.handler.data_is(b"a" * 60 + b"b" * 60)
        post.send_body(b"c")
        await post.answer()
    assert polled.handler.chunks == [b"a" * 60 + b"b" * 60, b"c"]


async def test_a_body_without_an_end_is_no_more_than_the_limit_in_memory(polled: Polled) -> None:
    async with polled.open() as post:
        for _ in range(10):
            post.send_body(b"x" * LIMIT, more=True)
        await polled.handler.until(lambda: len(polled.handler.data) == 10 * LIMIT)
        polled.hub.connection(polled.negotiated).pause_reading()
        for _ in range(10):
            post.send_body(b"x" * LIMIT, more=True)
        await settle()
        assert len(polled.handler.data) == 11 * LIMIT
        assert not post.is_receiving


async def test_bodies_of_one_connection_wait_for_one_another(polled: Polled) -> None:
    async with polled.open() as first, polled.open(b"second;") as second, polled.open(b"third;") as third:
        first.send_body(b"first", more=True)
        await settle()
        assert not second.is_started
        assert not third.is_started
        first.send_body(b";")
        for post in (first, second, third):
            assert await post.answer() == empty(200)
    assert polled.handler.data == b"first;second;third;"


async def test_bodies_of_different_connections_do_not_wait() -> None:
    polled = Polled()
    await polled.start()
    slow = polled.open()
    await polled.start()
    async with slow:
        slow.send_body(b"slow", more=True)
        await settle()
        assert await polled.post(b"fast") == empty(200)


async def test_a_body_that_breaks_off_is_refused_and_nothing_of_it_is_fed(polled: Polled) -> None:
    async with polled.open() as post:
        post.send_body(b"half a mess", more=True)
        post.disconnect()
        assert await post.answer() == empty(400)
    assert polled.handler.chunks == []
    assert await polled.post(b"whole") == empty(200)
    assert polled.handler.data == b"whole"


async def test_bodies_are_answered_while_the_hub_does_not_read_but_has_room(polled: Polled) -> None:
    polled.hub.connection(polled.negotiated).pause_reading()
    for body in (b"a call;", b"a ping;", b"a goodbye;"):
        assert await polled.post(body) == empty(200)
    assert polled.handler.data == b"a call;a ping;a goodbye;"


async def test_a_body_waits_while_the_hub_does_not_read_and_has_no_room(polled: Polled) -> None:
    connection = polled.hub.connection(polled.negotiated)
    connection.pause_reading()
    connection.feed(b"x" * LIMIT)
    async with polled.open(b"waits") as post:
        await settle()
        assert not post.is_started
        assert polled.handler.data == b"x" * LIMIT
        connection.resume_reading()
        assert await post.answer() == empty(200)
    assert polled.handler.data == b"x" * LIMIT + b"waits"


async def test_an_answer_waits_while_the_hub_has_no_room_for_more(polled: Polled) -> None:
    connection = polled.hub.connection(polled.negotiated)
    connection.pause_reading()
    async with polled.open(b"x" * LIMIT) as post:
        await polled.handler.data_is(b"x" * LIMIT)
        await settle()
        assert not post.is_started
        connection.resume_reading()
        assert await post.answer() == empty(200)


async def test_an_answer_waits_while_too_much_is_there_before_the_transport() -> None:
    polled = Polled()
    await polled.start(has_transport=False)
    async with polled.open(b"x" * LIMIT) as post:
        await settle()
        assert not post.is_started
        await polled.hub.request(id=polled.negotiated.token)
        assert await post.answer() == empty(200)
    assert polled.handler.data == b"x" * LIMIT


async def test_a_body_that_ends_the_connection_is_taken(polled: Polled) -> None:
    polled.handler.on_feed = lambda _: polled.handler.close()
    assert await polled.post(b"goodbye") == empty(200)
    assert await polled.post(b"anything else") == empty(404)


@pytest.mark.parametrize("size", [10, LIMIT])
async def test_a_body_for_a_connection_that_ends_while_it_comes_is_not_found(polled: Polled, size: int) -> None:
    async with polled.open() as post:
        post.send_body(b"half", more=True)
        await settle()
        polled.handler.close()
        post.send_body(b"x" * size, more=size == LIMIT)
        assert await post.answer() == empty(404)


@pytest.mark.parametrize("when", ["before it is fed", "after it is fed"])
async def test_a_body_for_a_connection_that_ends_while_it_waits_is_not_found(polled: Polled, when: str) -> None:
    connection = polled.hub.connection(polled.negotiated)
    connection.pause_reading()
    if when == "before it is fed":
        connection.feed(b"x" * LIMIT)
    async with polled.open(b"x" * LIMIT) as post:
        await settle()
        polled.handler.close()
        assert await post.answer() == empty(404)


async def test_a_body_that_never_comes_does_not_outlive_the_connection(polled: Polled) -> None:
    async with polled.open() as first, polled.open(b"second") as second:
        first.send_body(b"half", more=True)
        await settle()
        polled.handler.close()
        assert await first.answer() == empty(404)
        assert await second.answer() == empty(404)


@pytest.mark.parametrize("size", [10, LIMIT])
async def test_a_body_for_a_connection_that_is_deleted_meanwhile_is_not_found(polled: Polled, size: int) -> None:
    polled.handler.ends_with_input = False
    async with polled.open() as post:
        post.send_body(b"half", more=True)
        await settle()
        assert (await polled.hub.request("DELETE", id=polled.negotiated.token)).status == 202
        post.send_body(b"x" * size)
        assert await post.answer() == empty(404)
    assert polled.handler.data == b""


async def test_a_body_for_a_socket_is_not_allowed() -> None:
    hub = ServedHub()
    negotiated = await hub.negotiate()
    async with hub.websocket(id=negotiated.token) as socket:
        await socket.accepted()
        answer = await hub.request("POST", id=negotiated.token, body=b"hello")
    body = b"POST requests are not allowed for WebSocket connections."
    headers = {"content-type": "text/plain", "content-length": str(len(body))}
    assert answer == Answer(status=405, headers=headers, body=body)
    assert hub.handlers.latest.data == b""


async def test_a_request_that_the_host_cancels_lets_the_next_one_in(polled: Polled) -> None:
    async with polled.open() as post:
        post.send_body(b"half", more=True)
        await settle()
        post.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await post.finished()
    assert await polled.post(b"whole") == empty(200)
    assert polled.handler.data == b"whole"
