from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import pytest
from starlette.requests import HTTPConnection

from signalr_py.exceptions import ConnectionLimitError
from signalr_py.options import HttpConnectionOptions
from signalr_py.transports.manager import ConnectionManager
from signalr_py.transports.tokens import ConnectionToken, fingerprint, new_connection_id
from signalr_py.types import TransferFormat, TransportType
from tests.support.clock import ManualClock
from tests.support.connections import WALL, Attached
from tests.support.exchanges import http_scope
from tests.support.handlers import Handlers, RecordingHandler
from tests.support.tasks import settle

if TYPE_CHECKING:
    from signalr_py.transports.connection import TransportConnection

IDENTITY = fingerprint("user alice")


class Site:
    """A manager with clocks in the test's hands."""

    def __init__(self, options: HttpConnectionOptions | None = None) -> None:
        self.clock = ManualClock(100.0)
        self.wall_clock = ManualClock(WALL)
        self.handlers = Handlers()
        self.manager = ConnectionManager(
            options or HttpConnectionOptions(), self.handlers, clock=self.clock, wall_clock=self.wall_clock
        )

    def token(self, *, valid_for: int = 15) -> ConnectionToken:
        return ConnectionToken(new_connection_id(), b"the home", IDENTITY, False, int(self.wall_clock()) + valid_for)

    def claim(self, token: ConnectionToken | None = None) -> TransportConnection:
        return self.manager.claim(token or self.token())

    def connect(
        self, transport: TransportType = TransportType.WEB_SOCKETS
    ) -> tuple[TransportConnection, RecordingHandler]:
        connection = self.claim()
        connection.choose(transport, HTTPConnection(http_scope()))
        return connection, self.handlers.latest

    def advance(self, seconds: float) -> None:
        self.clock.now += seconds
        self.wall_clock.now += seconds
        list(self.manager.tick(self.clock.now))


async def test_a_token_opens_its_connection() -> None:
    site = Site()
    token = site.token()
    assert site.manager.find(token.connection_id) is None
    assert site.manager.can_claim(token)
    connection = site.claim(token)
    assert connection.connection_id == token.connection_id
    assert connection.identity == IDENTITY
    assert site.manager.find(token.connection_id) is connection
    assert list(site.manager.connections) == [connection]


async def test_a_token_opens_one_connection_only() -> None:
    site = Site()
    token = site.token()
    connection = site.claim(token)
    assert not site.manager.can_claim(token)
    site.manager.remove(connection)
    assert not site.manager.can_claim(token)
    assert site.manager.find(token.connection_id) is None


async def test_a_connection_without_a_token_is_opened_and_forgotten() -> None:
    site = Site(HttpConnectionOptions(maximum_connections=1))
    connection = site.manager.open("the id", IDENTITY)
    assert (connection.connection_id, connection.identity) == ("the id", IDENTITY)
    assert site.manager.find("the id") is connection
    with pytest.raises(ConnectionLimitError):
        site.manager.open("another id", IDENTITY)
    site.manager.remove(connection)
    assert not site.manager.connections
    assert not site.manager._spent
    assert site.manager.open("another id", IDENTITY).connection_id == "another id"


async def test_a_token_opens_nothing_once_it_has_expired() -> None:
    site = Site()
    token = site.token(valid_for=15)
    site.advance(15)
    assert site.manager.can_claim(token)
    site.advance(0.001)
    assert not site.manager.can_claim(token)


async def test_spent_tokens_are_remembered_until_they_expire_and_no_longer() -> None:
    site = Site()
    for _ in range(100):
        site.manager.remove(site.claim(site.token(valid_for=15)))
    later = site.token(valid_for=30)
    site.manager.remove(site.claim(later))
    site.advance(15)
    assert len(site.manager._spent) == 101
    site.advance(1)
    assert list(site.manager._spent) == [later.connection_id]
    site.advance(15)
    assert not site.manager._spent


async def test_a_connection_may_outlive_its_token() -> None:
    site = Site(HttpConnectionOptions(disconnect_timeout=60))
    token = site.token(valid_for=15)
    connection = site.claim(token)
    site.advance(20)
    assert site.manager.find(token.connection_id) is connection


async def test_removing_a_connection_twice_does_nothing() -> None:
    site = Site()
    connection = site.claim()
    site.manager.remove(connection)
    site.manager.remove(connection)
    assert not site.manager.connections


async def test_a_deleted_connection_is_not_found_and_counts_until_its_request_is_over() -> None:
    site = Site(HttpConnectionOptions(maximum_connections=1))
    token = site.token()
    connection = site.claim(token)
    connection.choose(TransportType.LONG_POLLING, HTTPConnection(http_scope()))
    connection.attach(Attached())
    site.manager.delete(connection)
    assert site.handlers.latest.ends == 1
    assert site.manager.find(token.connection_id) is None
    assert not site.manager.can_claim(token)
    site.advance(1)
    with pytest.raises(ConnectionLimitError):
        site.claim()
    connection.detach(for_good=False)
    site.advance(1)
    assert not site.manager.connections


async def test_a_deleted_connection_counts_until_its_hub_has_finished() -> None:
    site = Site()
    site.handlers.ends_with_input = False
    connection, handler = site.connect(TransportType.LONG_POLLING)
    site.manager.delete(connection)
    site.advance(1)
    assert list(site.manager.connections) == [connection]
    handler.close()
    site.advance(1)
    assert not site.manager.connections


async def test_the_time_limit_of_a_write_holds_for_a_deleted_connection() -> None:
    site = Site(HttpConnectionOptions(transport_send_timeout=10))
    connection, _ = site.connect(TransportType.LONG_POLLING)
    carrier = Attached()
    connection.attach(carrier)
    connection.sending_started()
    site.manager.delete(connection)
    site.advance(9)
    assert carrier.aborted == 0
    site.advance(1)
    assert carrier.aborted == 1


async def test_the_limit_of_connections() -> None:
    site = Site(HttpConnectionOptions(maximum_connections=2))
    first = site.claim()
    site.claim()
    token = site.token()
    with pytest.raises(ConnectionLimitError, match=r"limit of 2 connections .*\(maximum_connections\)"):
        site.claim(token)
    assert site.manager.can_claim(token)
    site.manager.remove(first)
    assert site.claim(token).connection_id == token.connection_id


async def test_the_limit_of_unfinished_handshakes() -> None:
    site = Site(HttpConnectionOptions(maximum_pending_handshakes=2))
    first, second = site.claim(), site.claim()
    with pytest.raises(ConnectionLimitError, match=r"limit of 2 unfinished handshakes .*\(maximum_pending_handshakes"):
        site.claim()
    first.use_format(TransferFormat.TEXT)
    site.claim()
    with pytest.raises(ConnectionLimitError):
        site.claim()
    site.manager.remove(second)
    site.claim()
    assert len(site.manager.connections) == 3


async def test_no_limits() -> None:
    site = Site(HttpConnectionOptions(maximum_connections=None, maximum_pending_handshakes=None))
    for _ in range(50):
        site.claim()
    assert len(site.manager.connections) == 50


# The heartbeat.


async def test_a_connection_that_nothing_carries_ends_and_is_forgotten() -> None:
    site = Site(HttpConnectionOptions(disconnect_timeout=15))
    connection, handler = site.connect()
    site.advance(14)
    assert handler.ends == 0
    site.advance(1)
    assert handler.ends == 1
    assert connection.has_ended
    assert not site.manager.connections


async def test_a_connection_is_kept_until_its_hub_has_finished() -> None:
    site = Site(HttpConnectionOptions(disconnect_timeout=15))
    site.handlers.ends_with_input = False
    _, handler = site.connect()
    site.advance(15)
    site.advance(15)
    assert len(site.manager.connections) == 1
    handler.close()
    site.advance(1)
    assert not site.manager.connections


async def test_what_the_hub_wrote_at_its_end_is_kept_for_a_client_between_two_polls() -> None:
    site = Site(HttpConnectionOptions(disconnect_timeout=15))
    connection, handler = site.connect()
    connection.write(b"goodbye")
    handler.close()
    site.advance(14)
    assert list(site.manager.connections) == [connection]
    assert connection.outbound.take() == b"goodbye"
    site.advance(1)
    assert not site.manager.connections


async def test_one_connection_that_fails_does_not_stop_the_others(caplog: pytest.LogCaptureFixture) -> None:
    site = Site()
    _, first = site.connect()
    failing, broken = site.connect()
    _, last = site.connect()

    def fail(now: float) -> float:
        raise ValueError("a bug")

    broken.tick = fail  # type: ignore[method-assign]
    site.advance(1)
    assert (first.ticks, last.ticks) == ([101.0], [101.0])
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert failing.connection_id in record.getMessage()


# Shutdown.


async def test_draining_ends_what_the_hub_has_not() -> None:
    site = Site()
    _, handler = site.connect()
    unchosen = site.claim()
    await site.manager.drain(1)
    assert handler.ends == 1
    assert unchosen.has_ended


async def test_draining_an_empty_manager_does_nothing() -> None:
    await Site().manager.drain(1)


async def test_draining_waits_for_the_clients_that_are_being_told() -> None:
    site = Site()
    connection, handler = site.connect()
    carrier = Attached()
    connection.attach(carrier)
    handler.close()
    draining = asyncio.create_task(site.manager.drain(60))
    await settle()
    assert not draining.done()
    assert carrier.aborted == 0
    connection.detach()
    await draining
    assert carrier.aborted == 0


async def test_draining_waits_for_a_client_between_two_polls_until_it_has_been_told() -> None:
    site = Site()
    connection, handler = site.connect(TransportType.LONG_POLLING)
    connection.attach(Attached())
    connection.detach(for_good=False)
    handler.close()
    draining = asyncio.create_task(site.manager.drain(60))
    await settle()
    assert not draining.done()
    connection.attach(Attached())
    connection.detach()
    await draining


async def test_draining_drops_a_client_that_does_not_poll_again() -> None:
    site = Site()
    connection, handler = site.connect(TransportType.LONG_POLLING)
    connection.write(b"goodbye")
    handler.close()
    await site.manager.drain(3600, poll_gap=0.001)
    assert not connection.outbound


async def test_draining_gives_a_slow_socket_more_time_than_a_client_between_two_polls() -> None:
    site = Site()
    gone, gone_handler = site.connect(TransportType.LONG_POLLING)
    slow, slow_handler = site.connect()
    slow.attach(Attached())
    for handler in (gone_handler, slow_handler):
        handler.close()
    draining = asyncio.create_task(site.manager.drain(3600, poll_gap=0.001))
    waiting, _ = await asyncio.wait([draining], timeout=0.05)
    assert not waiting
    slow.detach()
    await draining
    assert gone.has_ended


async def test_draining_waits_for_the_last_answer_to_a_client_that_has_deleted() -> None:
    site = Site()
    connection, _ = site.connect(TransportType.LONG_POLLING)
    connection.attach(Attached())
    site.manager.delete(connection)
    draining = asyncio.create_task(site.manager.drain(60))
    await settle()
    assert not draining.done()
    connection.detach(for_good=False)
    await draining


async def test_draining_drops_a_client_that_takes_too_long() -> None:
    site = Site()
    connection, _ = site.connect()
    carrier = Attached()
    connection.attach(carrier)
    await site.manager.drain(0.001)
    assert carrier.aborted == 1


async def test_draining_ends_the_others_when_one_fails(caplog: pytest.LogCaptureFixture) -> None:
    site = Site()
    handlers = [site.connect()[1] for _ in range(3)]

    def fail() -> None:
        raise ValueError("a bug")

    handlers[1].close = fail  # type: ignore[method-assign, assignment]
    await site.manager.drain(1)
    assert [handler.ends for handler in handlers] == [1, 1, 1]
    assert len(caplog.records) == 1


async def test_a_connection_with_nothing_to_do_is_left_alone_until_something_happens() -> None:
    site = Site()
    connection, handler = site.connect()
    connection.attach(Attached(is_free=True))
    handler.quiet_time = 15
    site.advance(1)
    site.advance(14)
    assert len(handler.ticks) == 1
    site.advance(1)
    assert len(handler.ticks) == 2
    connection.feed(b"x")
    site.advance(1)
    assert len(handler.ticks) == 3
    site.advance(1)
    assert len(handler.ticks) == 3
    connection.sending_started()
    connection.sending_finished()
    site.advance(1)
    assert len(handler.ticks) == 4
