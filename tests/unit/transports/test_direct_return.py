"""A client that comes back with another WebSocket, of a host that offers them for plain calls."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from signalr_py.types import TransferFormat
from tests.support.direct import DirectExchange
from tests.support.stateful import back, opened, served
from tests.support.tasks import settle

if TYPE_CHECKING:
    from tests.support.endpoints import SocketKind


@pytest.fixture(params=["direct", "outliving"])
def kind(request: pytest.FixtureRequest) -> SocketKind:
    """Return each kind of sockets that take plain calls."""
    chosen: SocketKind = request.param
    return chosen


async def test_what_the_hub_repeats_goes_out_in_one_write_before_what_the_client_says_is_taken(
    kind: SocketKind,
) -> None:
    hub = served([kind])
    async with opened(hub) as (negotiated, socket, handler):

        def repeat() -> None:
            assert handler.data == b""
            handler.duplex.write(b"sequence")
            handler.duplex.write(b"missed")

        handler.on_reconnected = repeat
        socket.disconnect(1006)
        await socket.finished()
        returned = hub.websocket(id=negotiated.token)
        returned.send_text("early")
        async with returned:
            await back(returned, handler)
            await handler.data_is(b"early")
            await returned.frames_are("sequencemissed")
            assert isinstance(returned, DirectExchange)
            assert len(returned.writes) == 1


async def test_much_that_is_repeated_to_a_client_that_does_not_read_waits(kind: SocketKind) -> None:
    hub = served([kind])
    async with opened(hub) as (negotiated, socket, handler):
        handler.on_reconnected = lambda: [handler.duplex.write(b"x" * 10_000) for _ in range(10)]
        socket.disconnect(1006)
        await socket.finished()
        returned = hub.websocket(id=negotiated.token)
        assert isinstance(returned, DirectExchange)
        returned.fill()
        async with returned:
            await back(returned, handler)
            await settle()
            handler.duplex.write(b"later")
            assert handler.duplex.statistics().messages_waiting == 1
            returned.release()
            assert "".join(map(str, returned.frames)) == "x" * 100_000 + "later"


async def test_a_message_to_an_old_socket_that_was_full_is_not_taken(kind: SocketKind) -> None:
    hub = served([kind])
    async with opened(hub) as (negotiated, old, handler):
        assert isinstance(old, DirectExchange)
        old.hold()
        handler.duplex.write(b"stuck")
        await settle()
        async with hub.websocket(id=negotiated.token) as new:
            await back(new, handler)
            assert old.is_aborted
            (receiver,) = old.receivers
            receiver.message_received(b"too late", is_last=True)
            await old.finished()
            assert handler.data == b""
            assert handler.ends == 0


async def test_an_old_socket_that_fills_up_while_it_closes_does_not_cost_the_new_one(kind: SocketKind) -> None:
    hub = served([kind], transport_send_timeout=10)
    async with opened(hub) as (negotiated, old, handler):
        assert isinstance(old, DirectExchange)
        async with hub.websocket(id=negotiated.token) as new:
            await back(new, handler)
            assert await old.closed() == 1000
            (receiver,) = old.receivers
            receiver.writing_paused()
            hub.advance(11)
            assert new.close_code is None
            receiver.writing_resumed()
            handler.duplex.write(b"to the new one")
            await new.frames_are("to the new one")
            assert old.frames == []


async def test_the_goodbye_on_an_old_socket_is_none_when_the_new_one_is_lost(kind: SocketKind) -> None:
    hub = served([kind])
    async with opened(hub) as (negotiated, old, handler):
        async with hub.websocket(id=negotiated.token) as new:
            await back(new, handler)
            assert await old.closed() == 1000
            new.disconnect(1006)
            await new.finished()
            assert handler.duplex.is_suspended
        old.disconnect(1000)
        await old.finished()
        assert handler.ends == 0
        assert handler.duplex.is_suspended


async def test_a_socket_that_fills_up_after_its_request_was_cancelled_does_not_end_the_wait() -> None:
    hub = served(("direct",), transport_send_timeout=10)
    async with opened(hub) as (_, socket, handler):
        assert isinstance(socket, DirectExchange)
        (receiver,) = socket.receivers
        socket.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await socket.finished()
        assert handler.duplex.is_suspended
        receiver.writing_paused()
        hub.advance(11)
        assert handler.duplex.is_suspended
        assert handler.ends == 0


async def test_a_return_that_is_refused_takes_nothing_of_its_client(kind: SocketKind) -> None:
    hub = served([kind])
    async with opened(hub) as (negotiated, old, handler):
        handler.ends_with_input = False
        returned = hub.websocket(id=negotiated.token)
        returned.hold()
        returned.send_text("early")
        async with returned:
            await returned.until(lambda: returned.held > 0)
            handler.duplex.disable_reconnect()
            returned.release()
            assert await returned.closed() == 1000
            returned.send_text("late")
            returned.disconnect()
            handler.duplex.write(b"goodbye")
            await old.frames_are("goodbye")
            assert handler.data == b""
            assert handler.reconnections == 0
            assert handler.ends == 0
            handler.close()
            await returned.finished()
        assert await old.closed() == 1000


@pytest.mark.parametrize("code", [1000, 1001, 4000])
async def test_a_goodbye_that_comes_with_the_return_is_the_end(kind: SocketKind, code: int) -> None:
    hub = served([kind])
    async with opened(hub) as (negotiated, socket, handler):
        socket.disconnect(1006)
        await socket.finished()
        returned = hub.websocket(id=negotiated.token)
        returned.disconnect(code)
        async with returned:
            await returned.finished()
        assert handler.ends == 1
        assert not hub.manager.connections


async def test_a_client_that_was_given_up_may_still_say_goodbye_on_its_last_socket(kind: SocketKind) -> None:
    hub = served([kind])
    async with opened(hub) as (negotiated, old, handler), hub.websocket(id=negotiated.token) as new:
        await back(new, handler)
        await old.closed()
        old.disconnect(1000)
        await old.finished()
        assert handler.ends == 0
        new.disconnect(1000)
        await new.finished()
        assert handler.ends == 1


async def test_a_failed_repetition_fails_the_request_and_the_client_may_try_again() -> None:
    hub = served(("direct",))
    async with opened(hub) as (negotiated, socket, handler):

        def fail() -> None:
            raise ValueError("a bug")

        handler.on_reconnected = fail
        socket.disconnect(1006)
        await socket.finished()
        async with hub.websocket(id=negotiated.token) as returned:
            with pytest.raises(ValueError, match="a bug"):
                await returned.finished()
        assert handler.duplex.is_suspended
        handler.on_reconnected = None
        async with hub.websocket(id=negotiated.token) as again:
            await back(again, handler, 2)


async def test_the_format_holds_on_the_new_socket(kind: SocketKind) -> None:
    hub = served([kind])
    async with opened(hub) as (negotiated, socket, handler):
        handler.duplex.use_format(TransferFormat.BINARY)
        socket.disconnect(1006)
        await socket.finished()
        async with hub.websocket(id=negotiated.token) as returned:
            await back(returned, handler)
            handler.duplex.write(b"binary")
            await returned.frames_are(b"binary")
