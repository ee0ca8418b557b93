"""A WebSocket connection that outlives its socket: losses and returns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from starlette.authentication import SimpleUser

from signalr_py.options import HttpConnectionOptions
from tests.support.connections import Attached, HostError
from tests.support.endpoints import ServedHub
from tests.support.stateful import back, opened, served
from tests.support.tasks import settle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.support.endpoints import SocketKind

LOST = (1005, 1006)
"""What hosts report for a socket that was cut."""


@pytest.mark.parametrize("code", LOST)
async def test_a_lost_socket_is_not_the_end(sockets: Sequence[SocketKind], code: int) -> None:
    hub = served(sockets)
    async with opened(hub) as (negotiated, socket, handler):
        socket.disconnect(code)
        await socket.finished()
        assert handler.duplex.is_suspended
        assert hub.connection(negotiated).is_kept
        assert not hub.connection(negotiated).is_attached
        handler.duplex.write(b"dropped")
        assert handler.duplex.statistics().bytes_waiting == 0
        await handler.duplex.drain()
        async with hub.websocket(id=negotiated.token) as returned:
            await back(returned, handler)
            assert not handler.duplex.is_suspended
            handler.duplex.write(b"after")
            returned.send_text("input")
            await handler.data_is(b"input")
            await returned.frames_are("after")
            assert handler.ends == 0
            assert len(hub.handlers.created) == 1


async def test_what_an_old_socket_finds_out_later_means_nothing(sockets: Sequence[SocketKind]) -> None:
    hub = served(sockets)
    async with opened(hub) as (negotiated, _, handler):
        connection = hub.connection(negotiated)
        connection.lose(Attached())
        connection.release(Attached(), is_goodbye=True)
        assert connection.is_attached
        assert handler.ends == 0


async def test_a_client_may_come_back_after_its_token_has_expired(sockets: Sequence[SocketKind]) -> None:
    hub = served(sockets)
    async with opened(hub) as (negotiated, socket, handler):
        hub.advance(1000)
        socket.disconnect(1006)
        await socket.finished()
        async with hub.websocket(id=negotiated.token) as returned:
            await back(returned, handler)


async def test_a_client_comes_back_while_its_old_socket_is_open(sockets: Sequence[SocketKind]) -> None:
    hub = served(sockets)
    async with opened(hub) as (negotiated, old, handler), hub.websocket(id=negotiated.token) as new:
        await back(new, handler)
        assert await old.closed() == 1000
        assert not old.is_finished
        old.send_text("too late")
        handler.duplex.write(b"to the new one")
        await new.frames_are("to the new one")
        new.send_text("in time")
        await handler.data_is(b"in time")
        assert old.frames == []
        old.disconnect()
        await old.finished()
        assert handler.ends == 0
        assert hub.connection(negotiated).is_attached


async def test_a_third_socket_replaces_the_second(sockets: Sequence[SocketKind]) -> None:
    hub = served(sockets)
    async with (
        opened(hub) as (negotiated, first, handler),
        hub.websocket(id=negotiated.token) as second,
        hub.websocket(id=negotiated.token) as third,
    ):
        await back(third, handler, 2)
        assert [await first.closed(), await second.closed()] == [1000, 1000]
        handler.duplex.write(b"to the last")
        await third.frames_are("to the last")
        assert second.frames == first.frames == []


async def test_an_old_socket_that_takes_nothing_any_more_does_not_hold_up_the_new_one(
    sockets: Sequence[SocketKind],
) -> None:
    hub = served(sockets, websocket_close_timeout=0.01)
    async with opened(hub) as (negotiated, old, handler):
        old.hold()
        handler.duplex.write(b"stuck")
        handler.duplex.write(b"behind it")
        await settle()
        async with hub.websocket(id=negotiated.token) as new:
            await back(new, handler)
            handler.duplex.write(b"new")
            await new.frames_are("new")
            await old.finished()
            assert handler.ends == 0
            assert handler.duplex.statistics().messages_waiting == 0


async def test_what_the_hub_repeats_comes_first(sockets: Sequence[SocketKind]) -> None:
    hub = served(sockets)
    async with opened(hub) as (negotiated, socket, handler):

        def repeat() -> None:
            handler.duplex.write(b"sequence")
            handler.duplex.write(b"missed")

        handler.on_reconnected = repeat
        socket.disconnect(1006)
        await socket.finished()
        async with hub.websocket(id=negotiated.token) as returned:
            await back(returned, handler)
            await returned.until(lambda: "".join(map(str, returned.frames)) == "sequencemissed")


async def test_an_upgrade_that_fails_changes_nothing(sockets: Sequence[SocketKind]) -> None:
    hub = served(sockets)
    async with opened(hub) as (negotiated, socket, handler):
        socket.disconnect(1006)
        await socket.finished()
        returned = hub.websocket(id=negotiated.token)
        returned.fail(HostError())
        async with returned:
            await returned.finished()
        assert handler.duplex.is_suspended
        hub.advance(14)
        assert handler.ends == 0
        async with hub.websocket(id=negotiated.token) as again:
            await back(again, handler)


async def test_another_user_cannot_take_a_connection_over(sockets: Sequence[SocketKind]) -> None:
    hub = served(sockets)
    async with opened(hub) as (negotiated, socket, handler):
        async with hub.websocket(id=negotiated.token, user=SimpleUser("mallory")) as other:
            assert (await other.denied()).status == 403
        handler.duplex.write(b"still here")
        await socket.frames_are("still here")
        assert handler.reconnections == 0


async def test_a_connection_that_waits_takes_its_place(sockets: Sequence[SocketKind]) -> None:
    hub = ServedHub(HttpConnectionOptions(allow_stateful_reconnects=True, maximum_connections=1), sockets=sockets)
    async with opened(hub) as (_, socket, _handler):
        socket.disconnect(1006)
        await socket.finished()
        negotiated = await hub.negotiate(stateful=True)
        async with hub.websocket(id=negotiated.token) as second:
            assert (await second.denied()).status == 503
