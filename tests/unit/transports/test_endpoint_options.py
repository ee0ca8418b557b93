"""Options of the HTTP surface that lift a limit, or reach through the endpoint to a socket."""

from __future__ import annotations

import pytest

from signalr_py.options import HttpConnectionOptions
from signalr_py.transports.outbound import OutboundQueue, QueueLimits
from signalr_py.types import TransportType
from tests.support.connections import ConnectionSite
from tests.support.endpoints import ServedHub
from tests.support.tasks import settle

MUCH = b"x" * 1_000_000


async def test_without_a_limit_a_paused_hub_does_not_stop_reading() -> None:
    site = ConnectionSite(HttpConnectionOptions(application_max_buffer_size=0))
    site.choose(TransportType.LONG_POLLING)
    site.connection.pause_reading()
    for _ in range(3):
        site.connection.feed(MUCH)
        assert await site.connection.wait_readable()
    assert site.handler.data == MUCH * 3


async def test_without_a_limit_a_body_is_taken_though_the_hub_pauses() -> None:
    hub = ServedHub(HttpConnectionOptions(application_max_buffer_size=0))
    negotiated = await hub.negotiate()
    assert (await hub.request("POST", id=negotiated.token, body=MUCH)).status == 200
    await hub.request(id=negotiated.token)
    hub.connection(negotiated).pause_reading()
    assert (await hub.request("POST", id=negotiated.token, body=MUCH)).status == 200
    assert hub.handlers.latest.data == MUCH * 2


async def test_without_a_limit_a_large_frame_is_read_in_slices() -> None:
    hub = ServedHub(HttpConnectionOptions(application_max_buffer_size=0))
    async with hub.websocket() as socket:
        await socket.accepted()
        socket.send_bytes(MUCH)
        await hub.handlers.latest.data_is(MUCH)
        assert max(map(len, hub.handlers.latest.chunks)) == 65_536


async def test_without_a_limit_senders_go_on_up_to_half_of_what_ends_the_connection() -> None:
    options = HttpConnectionOptions(transport_max_buffer_size=0, maximum_send_buffer_size=8_000_000)
    outbound = OutboundQueue(QueueLimits.of(options))
    for _ in range(3):
        outbound.add(MUCH)
        assert outbound.keeps_up
    await outbound.drain()
    assert outbound.take(1) == MUCH
    assert outbound.size == 2 * len(MUCH)
    outbound.add(MUCH)
    outbound.add(MUCH)
    assert not outbound.keeps_up
    assert not outbound.is_full


@pytest.mark.parametrize(("seconds", "is_patient"), [(0.001, False), (1000, True)])
async def test_a_socket_has_so_long_to_answer_the_close(seconds: float, is_patient: object) -> None:
    hub = ServedHub(HttpConnectionOptions(websocket_close_timeout=seconds))
    async with hub.websocket() as socket:
        await socket.accepted()
        hub.handlers.latest.close()
        assert await socket.closed() == 1000
        if is_patient:
            await settle()
            assert not socket.is_finished
            socket.disconnect()
        await socket.finished()
    assert list(hub.manager.connections) == []
