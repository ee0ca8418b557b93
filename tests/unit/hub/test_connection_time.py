"""What a connection does as time passes: pings, the client timeout and the handshake timeout."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from signalr_py import Hub, HubOptions, TransportType
from tests.support.clock import ManualClock
from tests.support.hub_server import serve
from tests.support.tasks import settle

if TYPE_CHECKING:
    from tests.support.hub_client import HubClient, ProtocolName

PING = {"type": 6}


class EchoHub(Hub):
    async def echo(self, text: str) -> str:
        return text


def pings(client: HubClient) -> int:
    return client.received.count(PING)


@pytest.mark.parametrize("protocol", ["json", "messagepack"])
async def test_a_ping_goes_out_in_every_interval(protocol: ProtocolName) -> None:
    clock = ManualClock()
    async with serve(EchoHub, HubOptions(keep_alive_interval=15), clock=clock) as server:
        client = server.connect(protocol)
        client.connection.tick(clock.advance(14))
        assert pings(client) == 0
        for number in range(1, 4):
            client.connection.tick(clock.advance(15))
            client.connection.tick(clock.advance(0.5))
            assert pings(client) == number


async def test_traffic_does_not_postpone_a_ping() -> None:
    clock = ManualClock()
    async with serve(EchoHub, clock=clock) as server:
        client = server.connect()
        clock.advance(14)
        await client.invoke("Echo", "hi")
        client.connection.tick(clock.advance(1))
        assert pings(client) == 1


async def test_a_client_that_does_not_keep_up_gets_no_pings_behind_what_waits() -> None:
    clock = ManualClock()
    async with serve(EchoHub, clock=clock) as server:
        client = server.connect()
        client.duplex.is_slow = True
        client.connection.tick(clock.advance(15))
        assert pings(client) == 0
        client.duplex.catch_up()
        client.connection.tick(clock.advance(15))
        assert pings(client) == 1


async def test_a_late_heartbeat_sends_one_ping() -> None:
    clock = ManualClock()
    async with serve(EchoHub, clock=clock) as server:
        client = server.connect()
        client.connection.tick(clock.advance(150))
        client.connection.tick(clock.advance(1))
        assert pings(client) == 1


async def test_the_interval_starts_with_the_handshake() -> None:
    clock = ManualClock()
    async with serve(EchoHub, clock=clock) as server:
        client = server.open()
        clock.advance(14)
        client.request_handshake()
        client.connection.tick(clock.advance(14))
        assert pings(client) == 0
        client.connection.tick(clock.advance(1))
        assert pings(client) == 1


async def test_long_polling_needs_no_pings() -> None:
    clock = ManualClock()
    async with serve(EchoHub, clock=clock) as server:
        client = server.connect(transport=TransportType.LONG_POLLING)
        client.connection.tick(clock.advance(1000))
        assert client.received == []


async def test_server_sent_events_get_pings() -> None:
    clock = ManualClock()
    async with serve(EchoHub, clock=clock) as server:
        client = server.connect(transport=TransportType.SERVER_SENT_EVENTS)
        client.connection.tick(clock.advance(15))
        assert pings(client) == 1


async def test_pings_pass_while_one_call_runs() -> None:
    clock = ManualClock()
    may_end = asyncio.Event()

    class H(Hub):
        async def work(self) -> None:
            await may_end.wait()

    async with serve(H, HubOptions(client_timeout_interval=30), clock=clock) as server:
        client = server.connect()
        call = client.start("Work")
        await settle()
        for _ in range(5):
            client.send(PING)
            client.connection.tick(clock.advance(20))
        assert pings(client) == 5
        assert client.closing is None
        may_end.set()
        await client.answer(call)


async def test_pings_pass_during_on_connected() -> None:
    clock = ManualClock()
    may_end = asyncio.Event()

    class H(Hub):
        async def on_connected(self) -> None:
            await may_end.wait()

    async with serve(H, clock=clock) as server:
        client = server.connect()
        client.connection.tick(clock.advance(15))
        assert pings(client) == 1
        may_end.set()


async def test_a_client_that_never_pings_never_times_out() -> None:
    clock = ManualClock()
    async with serve(EchoHub, HubOptions(client_timeout_interval=30), clock=clock) as server:
        client = server.connect()
        await client.invoke("Echo", "hi")
        client.connection.tick(clock.advance(1e6))
        assert client.closing is None


async def test_a_client_that_pinged_and_fell_silent_times_out() -> None:
    clock = ManualClock()
    options = HubOptions(client_timeout_interval=30, keep_alive_interval=1000)
    async with serve(EchoHub, options, clock=clock) as server:
        client = server.connect()
        client.send(PING)
        client.connection.tick(clock.now)
        client.connection.tick(clock.advance(29.9))
        assert client.closing is None
        client.connection.tick(clock.advance(0.1))
        assert await client.ended() == {
            "type": 7,
            "error": "Connection closed with an error.",
            "allowReconnect": True,
        }
        client.connection.tick(clock.advance(1000))
        assert len(client.received) == 1


async def test_anything_that_arrives_counts_against_the_timeout() -> None:
    clock = ManualClock()
    async with serve(EchoHub, HubOptions(client_timeout_interval=30), clock=clock) as server:
        client = server.connect()
        client.send(PING)
        for _ in range(3):
            clock.advance(29)
            await client.invoke("Echo", "hi")
            client.connection.tick(clock.now)
        assert client.closing is None
        client.connection.tick(clock.advance(30))
        assert client.closing is not None


async def test_what_arrives_counts_from_the_tick_behind_it() -> None:
    clock = ManualClock()
    async with serve(EchoHub, HubOptions(client_timeout_interval=30), clock=clock) as server:
        client = server.connect()
        client.send(PING)
        client.connection.tick(clock.advance(1))
        client.connection.tick(clock.advance(29.5))
        assert client.closing is None
        client.connection.tick(clock.advance(0.5))
        assert client.closing is not None


async def test_a_client_does_not_time_out_while_it_is_blocked() -> None:
    clock = ManualClock()
    may_end = asyncio.Event()

    class H(Hub):
        async def work(self) -> None:
            await may_end.wait()

    async with serve(H, HubOptions(client_timeout_interval=30), clock=clock) as server:
        client = server.connect()
        client.send(PING)
        client.start("Work")
        second = client.start("Work")
        await settle()
        client.connection.tick(clock.now)
        client.connection.tick(clock.advance(1000))
        assert client.closing is None
        may_end.set()
        await client.answer(second)
        client.connection.tick(clock.now)
        client.connection.tick(clock.advance(29))
        assert client.closing is None
        client.connection.tick(clock.advance(1))
        assert client.closing is not None


async def test_a_running_call_does_not_stop_the_clock() -> None:
    clock = ManualClock()
    may_end = asyncio.Event()

    class H(Hub):
        async def work(self) -> None:
            await may_end.wait()

    async with serve(H, HubOptions(client_timeout_interval=30), clock=clock) as server:
        client = server.connect()
        client.send(PING)
        client.start("Work")
        await settle()
        client.connection.tick(clock.now)
        client.connection.tick(clock.advance(30))
        assert client.closing is not None
        may_end.set()


async def test_a_handshake_timeout_logs_one_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    clock = ManualClock()
    async with serve(EchoHub, HubOptions(handshake_timeout=15), clock=clock) as server:
        client = server.open()
        client.connection.tick(clock.advance(15))
        client.connection.tick(clock.advance(15))
        assert client.handshake_answer == {"error": "Handshake was canceled."}
    assert caplog.messages == ["Connection c1 did not finish its handshake in time."]
