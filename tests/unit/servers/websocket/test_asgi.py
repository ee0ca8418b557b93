"""The queue between a WebSocket and the `receive` and `send` of an application."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from signalr_py.servers.websocket.asgi import AsgiReceiver
from tests.support.tasks import settle

if TYPE_CHECKING:
    from collections.abc import MutableMapping

MESSAGES = 32
SIZE = 65_536


class Source:
    """What the messages come from."""

    def __init__(self) -> None:
        self.binary = True
        self.reason = "the reason"
        self.is_reading = True
        self.changes = 0

    def pause_reading(self) -> None:
        """Take nothing more."""
        assert self.is_reading
        self.is_reading = False
        self.changes += 1

    def resume_reading(self) -> None:
        """Take more."""
        assert not self.is_reading
        self.is_reading = True
        self.changes += 1


class Other:
    """Another receiver, which keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def message_received(self, data: bytes, *, is_last: bool) -> None:
        """Keep a message."""
        self.told.append((data, is_last))

    def writing_paused(self) -> None:
        """Keep the pause."""
        self.told.append("paused")

    def writing_resumed(self) -> None:
        """Fail: nobody resumes."""
        raise AssertionError

    def disconnected(self, code: int) -> None:
        """Keep the end."""
        self.told.append(code)


class Site:
    """A receiver under test, of a WebSocket that is accepted."""

    def __init__(self) -> None:
        self.source = Source()
        self.receiver = AsgiReceiver()
        self.receiver.source = self.source

    def message(self, data: bytes, *, binary: bool = True) -> None:
        """Let a message come."""
        self.source.binary = binary
        self.receiver.message_received(data, is_last=True)

    async def receive(self) -> MutableMapping[str, Any]:
        """Receive what is there already."""
        async with asyncio.timeout(10):
            return await self.receiver.receive()


async def test_events_come_in_order_and_in_the_words_of_asgi() -> None:
    site = Site()
    site.receiver.put({"type": "websocket.connect"})
    site.message(b"\xff\0")
    site.message("é".encode(), binary=False)
    site.message(b"", binary=False)
    site.receiver.disconnected(1001)
    assert [await site.receive() for _ in range(5)] == [
        {"type": "websocket.connect"},
        {"type": "websocket.receive", "bytes": b"\xff\0"},
        {"type": "websocket.receive", "text": "é"},
        {"type": "websocket.receive", "text": ""},
        {"type": "websocket.disconnect", "code": 1001, "reason": "the reason"},
    ]


async def test_behind_the_disconnect_there_is_nothing_but_the_disconnect() -> None:
    site = Site()
    site.receiver.disconnected(1006)
    site.message(b"impossible")
    assert [(await site.receive())["type"] for _ in range(3)] == ["websocket.disconnect"] * 3


async def test_a_client_that_leaves_before_the_acceptance_has_no_reason() -> None:
    receiver = AsgiReceiver()
    receiver.disconnected(1006)
    assert await receiver.receive() == {"type": "websocket.disconnect", "code": 1006, "reason": ""}


async def test_who_waits_gets_what_comes() -> None:
    site = Site()
    waiting = asyncio.create_task(site.receiver.receive())
    await settle()
    assert not waiting.done()
    site.message(b"a")
    site.message(b"b")
    assert (await waiting)["bytes"] == b"a"
    assert (await site.receive())["bytes"] == b"b"


async def test_each_of_several_who_wait_gets_an_event() -> None:
    site = Site()
    waiting = [asyncio.create_task(site.receiver.receive()) for _ in range(3)]
    await settle()
    for data in (b"a", b"b", b"c"):
        site.message(data)
    assert {event["bytes"] for event in await asyncio.gather(*waiting)} == {b"a", b"b", b"c"}


@pytest.mark.parametrize("comes", ["before", "after"])
async def test_a_cancelled_wait_loses_no_event(comes: str) -> None:
    site = Site()
    waiting = asyncio.create_task(site.receiver.receive())
    await settle()
    if comes == "before":
        site.message(b"a")
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    if comes == "after":
        site.message(b"a")
    assert (await site.receive())["bytes"] == b"a"


async def test_waits_that_were_cancelled_leave_nothing_behind() -> None:
    site = Site()
    site.receiver.writing_paused()
    for _ in range(5):
        for wait in (site.receiver.receive, site.receiver.writable):
            waiting = asyncio.create_task(wait())
            await asyncio.sleep(0)
            waiting.cancel()
            await settle()
    assert site.receiver._waiters == ()
    assert site.receiver._writers == ()


# Reading.


@pytest.mark.parametrize(("count", "size"), [(MESSAGES, 1), (4, SIZE // 4)])
async def test_the_client_is_stopped_when_too_much_waits_and_goes_on_when_half_is_left(count: int, size: int) -> None:
    site = Site()
    for _ in range(count):
        site.message(b"x" * size)
    assert site.source.is_reading
    site.message(b"x")
    assert not site.source.is_reading
    for _ in range(count // 2):
        assert not site.source.is_reading
        await site.receive()
    await site.receive()
    assert site.source.is_reading
    assert site.source.changes == 2


@pytest.mark.parametrize("binary", [False, True])
async def test_a_message_that_is_larger_than_the_limit_passes(*, binary: bool) -> None:
    site = Site()
    data = "é".encode() * SIZE
    site.message(data, binary=binary)
    assert not site.source.is_reading
    site.message(b"more", binary=binary)
    assert len((await site.receive())["bytes" if binary else "text"]) == (2 * SIZE if binary else SIZE)
    assert site.source.is_reading
    assert site.source.changes == 2


async def test_the_same_limits_hold_again_and_again() -> None:
    site = Site()
    for _ in range(5):
        for _ in range(MESSAGES + 1):
            site.message(b"x")
        assert not site.source.is_reading
        for _ in range(MESSAGES + 1):
            await site.receive()
        assert site.source.is_reading
    assert site.source.changes == 10


# Writing.


async def test_a_send_waits_while_the_client_takes_nothing() -> None:
    site = Site()
    await site.receiver.writable()
    site.receiver.writing_paused()
    waiting = [asyncio.create_task(site.receiver.writable()) for _ in range(2)]
    await settle()
    assert not any(each.done() for each in waiting)
    site.receiver.writing_resumed()
    await asyncio.gather(*waiting)


async def test_a_send_waits_on_when_the_socket_is_full_again_at_once() -> None:
    site = Site()
    site.receiver.writing_paused()
    waiting = asyncio.create_task(site.receiver.writable())
    await settle()
    site.receiver.writing_resumed()
    site.receiver.writing_paused()
    await settle()
    assert not waiting.done()
    site.receiver.writing_resumed()
    await waiting


async def test_a_send_that_is_cancelled_while_it_waits_does_not_stop_others() -> None:
    site = Site()
    site.receiver.writing_paused()
    cancelled, waiting = [asyncio.create_task(site.receiver.writable()) for _ in range(2)]
    await settle()
    cancelled.cancel()
    site.receiver.writing_resumed()
    await waiting
    with pytest.raises(asyncio.CancelledError):
        await cancelled


async def test_the_end_lets_a_send_go_on() -> None:
    site = Site()
    site.receiver.writing_paused()
    waiting = asyncio.create_task(site.receiver.writable())
    await settle()
    site.receiver.disconnected(1006)
    await waiting


# Handing over.


async def test_another_receiver_is_told_what_the_application_has_not_been_told() -> None:
    site, other = Site(), Other()
    site.receiver.put({"type": "websocket.connect"})
    await site.receive()
    site.message(b"a")
    site.message(b"b", binary=False)
    site.receiver.hand_over(other)
    assert other.told == [(b"a", False), (b"b", True)]


async def test_another_receiver_is_told_that_the_client_takes_nothing_before_it_answers() -> None:
    site, other = Site(), Other()
    site.message(b"a")
    site.receiver.writing_paused()
    site.receiver.hand_over(other)
    assert other.told == ["paused", (b"a", True)]


async def test_sending_waits_no_more_when_another_receiver_is_told_what_the_client_takes() -> None:
    site = Site()
    site.receiver.writing_paused()
    sending = asyncio.ensure_future(site.receiver.writable())
    await settle()
    assert not sending.done()
    site.receiver.hand_over(Other())
    await sending
    await site.receiver.writable()


@pytest.mark.parametrize("code", [1000, 1005, 1006, 4000])
async def test_another_receiver_is_told_how_the_client_has_left(code: int) -> None:
    site, other = Site(), Other()
    site.message(b"goodbye")
    site.receiver.disconnected(code)
    site.receiver.hand_over(other)
    assert other.told == [(b"goodbye", True), code]


async def test_a_client_that_was_stopped_goes_on_when_another_receiver_takes_over() -> None:
    site, other = Site(), Other()
    for _ in range(MESSAGES + 1):
        site.message(b"x")
    assert not site.source.is_reading
    site.receiver.hand_over(other)
    assert site.source.is_reading
    assert len(other.told) == MESSAGES + 1
