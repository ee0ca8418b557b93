"""A WebSocket connection that outlives its socket, but not for ever: goodbyes, failures and time limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from signalr_py.options import HttpConnectionOptions
from signalr_py.types import TransferFormat
from tests.support.connections import HostError
from tests.support.endpoints import ServedHub, plain, unknown
from tests.support.stateful import back, opened, served
from tests.support.tasks import settle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.support.endpoints import SocketKind


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1011, 1012, 4000])
async def test_a_goodbye_is_the_end(sockets: Sequence[SocketKind], code: int) -> None:
    hub = served(sockets)
    async with opened(hub) as (negotiated, socket, handler):
        socket.disconnect(code)
        await socket.finished()
        assert handler.ends == 1
        assert not hub.manager.connections
        async with hub.websocket(id=negotiated.token) as returned:
            assert await returned.denied() == unknown("WebSockets")


async def test_before_the_hub_allows_it_a_lost_socket_is_the_end(sockets: Sequence[SocketKind]) -> None:
    hub = served(sockets)
    negotiated = await hub.negotiate(stateful=True)
    async with hub.websocket(id=negotiated.token) as socket:
        handler = await hub.handlers.next()
        socket.disconnect(1006)
        await socket.finished()
        assert handler.ends == 1
        assert not hub.manager.connections


async def test_before_the_hub_allows_it_a_failed_send_is_the_end() -> None:
    hub = served()
    negotiated = await hub.negotiate(stateful=True)
    async with hub.websocket(id=negotiated.token) as socket:
        handler = await hub.handlers.next()
        handler.duplex.use_format(TransferFormat.TEXT)
        await socket.until(lambda: socket.is_receiving)
        socket.fail(HostError())
        handler.duplex.write(b"lost")
        await socket.finished()
        assert handler.ends == 1


async def test_before_the_hub_allows_it_a_write_that_takes_too_long_is_the_end(sockets: Sequence[SocketKind]) -> None:
    hub = served(sockets, transport_send_timeout=10)
    negotiated = await hub.negotiate(stateful=True)
    async with hub.websocket(id=negotiated.token) as socket:
        handler = await hub.handlers.next()
        handler.duplex.use_format(TransferFormat.TEXT)
        await socket.until(lambda: socket.is_receiving)
        socket.hold()
        handler.duplex.write(b"stuck")
        await settle()
        hub.advance(10)
        await socket.finished()
        assert handler.ends == 1


async def test_only_a_client_that_has_negotiated_it_may_come_back(sockets: Sequence[SocketKind]) -> None:
    hub = served(sockets)
    negotiated = await hub.negotiate()
    async with hub.websocket(id=negotiated.token) as socket:
        handler = await hub.handlers.next()
        assert not handler.duplex.enable_reconnect()
        assert not handler.duplex.is_suspended
        handler.duplex.disable_reconnect()
        await socket.until(lambda: socket.is_receiving)
        async with hub.websocket(id=negotiated.token) as second:
            assert await second.denied() == plain("WebSockets", 409)
        socket.disconnect(1006)
        await socket.finished()
        assert handler.ends == 1


async def test_other_transports_cannot() -> None:
    hub = served()
    negotiated = await hub.negotiate(stateful=True)
    async with hub.event_stream(negotiated) as stream:
        handler = await hub.handlers.next()
        assert not handler.duplex.enable_reconnect()
        stream.disconnect()
        await stream.finished()
        assert handler.ends == 1


async def test_a_client_that_does_not_come_back_in_time_is_gone(sockets: Sequence[SocketKind]) -> None:
    hub = served(sockets)
    async with opened(hub) as (negotiated, socket, handler):
        socket.disconnect(1006)
        await socket.finished()
        hub.advance(14)
        assert handler.ends == 0
        hub.advance(1)
        assert handler.ends == 1
        hub.advance(0)
        assert not hub.manager.connections
        async with hub.websocket(id=negotiated.token) as returned:
            assert await returned.denied() == unknown("WebSockets")


async def test_each_loss_has_its_own_time(sockets: Sequence[SocketKind]) -> None:
    hub = served(sockets)
    async with opened(hub) as (negotiated, socket, handler):
        socket.disconnect(1006)
        await socket.finished()
        hub.advance(14)
        async with hub.websocket(id=negotiated.token) as returned:
            await back(returned, handler)
            hub.advance(100)
            returned.disconnect(1006)
            await returned.finished()
            hub.advance(14)
            assert handler.ends == 0
            hub.advance(1)
            assert handler.ends == 1


async def test_a_failed_send_waits_for_what_the_client_said_before() -> None:
    hub = served()
    async with opened(hub) as (negotiated, socket, handler):
        socket.fail(HostError())
        handler.duplex.write(b"lost")
        await settle()
        assert not handler.duplex.is_suspended
        socket.send_text("goodbye")
        socket.disconnect(1000)
        await socket.finished()
        assert handler.data == b"goodbye"
        assert handler.ends == 1
        assert hub.manager.find(negotiated.id) is None


async def test_a_failed_send_is_a_loss_when_nothing_else_comes_in_time() -> None:
    hub = served(transport_send_timeout=10, websocket_close_timeout=0.01)
    async with opened(hub) as (_, socket, handler):
        socket.fail(HostError())
        handler.duplex.write(b"lost")
        await settle()
        hub.advance(10)
        await socket.finished()
        assert handler.duplex.is_suspended
        assert handler.ends == 0


async def test_a_write_that_takes_too_long_costs_the_socket_only(sockets: Sequence[SocketKind]) -> None:
    hub = served(sockets, transport_send_timeout=10, websocket_close_timeout=0.01)
    async with opened(hub) as (negotiated, socket, handler):
        socket.hold()
        handler.duplex.write(b"stuck")
        await settle()
        hub.advance(10)
        await socket.finished()
        assert handler.duplex.is_suspended
        hub.advance(10)
        assert handler.ends == 0
        async with hub.websocket(id=negotiated.token) as returned:
            await back(returned, handler)


async def test_the_end_of_the_hub_is_told_on_the_new_socket(sockets: Sequence[SocketKind]) -> None:
    hub = served(sockets)
    async with opened(hub) as (negotiated, socket, handler):
        socket.disconnect(1006)
        await socket.finished()
        async with hub.websocket(id=negotiated.token) as returned:
            await back(returned, handler)
            handler.duplex.write(b"goodbye")
            handler.duplex.disable_reconnect()
            handler.close()
            assert await returned.closed() == 1000
            assert returned.frames == ["goodbye"]
            returned.disconnect()
            await returned.finished()
        assert not hub.manager.connections


async def test_a_connection_that_is_about_to_end_refuses_its_client(sockets: Sequence[SocketKind]) -> None:
    hub = served(sockets)
    async with opened(hub) as (negotiated, socket, handler):
        handler.ends_with_input = False
        handler.duplex.disable_reconnect()
        async with hub.websocket(id=negotiated.token) as second:
            assert await second.denied() == plain("WebSockets", 409)
        socket.disconnect(1006)
        await handler.ended()
        async with hub.websocket(id=negotiated.token) as between:
            assert (await between.denied()).status == 204
        handler.close()
        await socket.finished()
        async with hub.websocket(id=negotiated.token) as late:
            assert await late.denied() == unknown("WebSockets")


async def test_a_connection_that_ends_while_its_client_comes_back_closes_the_new_socket(
    sockets: Sequence[SocketKind],
) -> None:
    hub = served(sockets)
    async with opened(hub) as (negotiated, socket, handler):
        socket.disconnect(1006)
        await socket.finished()
        returned = hub.websocket(id=negotiated.token)
        returned.hold()
        async with returned:
            await returned.until(lambda: returned.held > 0)
            handler.duplex.disable_reconnect()
            handler.close()
            returned.release()
            assert await returned.closed() == 1000
            returned.disconnect()
            await returned.finished()
        assert handler.reconnections == 0
        assert not hub.manager.connections


async def test_too_much_for_a_client_that_does_not_read_ends_the_connection(sockets: Sequence[SocketKind]) -> None:
    hub = ServedHub(
        HttpConnectionOptions(allow_stateful_reconnects=True, maximum_send_buffer_messages=2), sockets=sockets
    )
    async with opened(hub) as (_, socket, handler):
        socket.hold()
        for _ in range(5):
            handler.duplex.write(b"x")
            await settle()
        assert handler.overflows == 1
        await socket.finished()
        assert not hub.manager.connections


async def test_a_shutdown_does_not_wait_for_those_who_are_away(sockets: Sequence[SocketKind]) -> None:
    hub = served(sockets)
    async with opened(hub) as (_, socket, handler):
        socket.disconnect(1006)
        await socket.finished()
        await hub.manager.drain(60)
        assert handler.ends == 1
        hub.advance(0)
        assert not hub.manager.connections
