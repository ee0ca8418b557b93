from __future__ import annotations

import logging

import pytest

from signalr_py.options import HttpConnectionOptions
from signalr_py.types import TransportType
from tests.support.connections import WALL, ConnectionSite

LP = TransportType.LONG_POLLING


# A client that does not take what is written.


@pytest.mark.parametrize(
    ("options", "writes"),
    [
        (HttpConnectionOptions(maximum_send_buffer_messages=3), [b"x"] * 3),
        (HttpConnectionOptions(maximum_send_buffer_size=10), [b"xxxxx"] * 2),
        (HttpConnectionOptions(maximum_send_buffer_size=10), [b"x" * 100]),
    ],
    ids=["messages", "bytes", "one large message"],
)
async def test_a_client_that_does_not_read_is_disconnected_once(
    options: HttpConnectionOptions, writes: list[bytes], caplog: pytest.LogCaptureFixture
) -> None:
    site = ConnectionSite(options)
    site.choose()
    attached = site.attach()
    for data in writes:
        site.write(data)
    assert site.handler.overflows == 0
    with caplog.at_level(logging.INFO, logger="signalr_py"):
        for _ in range(3):
            assert site.write(b"one too many")
    assert site.handler.overflows == 1
    assert site.handler.ends == 1
    assert attached.aborted == 1
    assert not site.connection.outbound
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    waiting = f"the id has {len(writes)} messages and {len(b''.join(writes))} bytes waiting"
    assert waiting in record.getMessage()
    assert "maximum_send_buffer_messages" in record.getMessage()


async def test_what_a_handler_writes_at_an_overflow_is_dropped() -> None:
    site = ConnectionSite(HttpConnectionOptions(maximum_send_buffer_messages=1))
    site.choose(LP)
    site.handler.ends_with_input = False
    site.write(b"first")
    site.write(b"second")
    site.write(b"goodbye")
    assert not site.connection.outbound


# Time limits.


async def test_a_connection_without_a_request_ends_after_the_disconnect_timeout() -> None:
    site = ConnectionSite(HttpConnectionOptions(disconnect_timeout=15))
    site.choose(LP)
    site.advance(14.9)
    assert site.handler.ends == 0
    site.advance(0.1)
    assert site.handler.ends == 1


async def test_the_disconnect_timeout_does_not_run_while_a_request_is_there() -> None:
    site = ConnectionSite(HttpConnectionOptions(disconnect_timeout=15))
    site.choose(LP)
    site.advance(10)
    site.attach()
    site.advance(60)
    site.connection.detach()
    assert site.connection.inactive_since == 170.0
    site.advance(14)
    assert site.handler.ends == 0
    site.advance(1)
    assert site.handler.ends == 1


async def test_a_connection_without_a_transport_ends_after_the_disconnect_timeout() -> None:
    site = ConnectionSite(HttpConnectionOptions(disconnect_timeout=15))
    site.connection.feed(b"early")
    site.advance(15)
    assert site.connection.has_ended


async def test_a_write_that_takes_too_long_ends_the_connection(caplog: pytest.LogCaptureFixture) -> None:
    site = ConnectionSite(HttpConnectionOptions(transport_send_timeout=10))
    site.choose()
    attached = site.attach()
    site.connection.sending_started()
    site.write(b"waits behind it")
    site.advance(9.9)
    assert attached.aborted == 0
    site.advance(0.1)
    assert attached.aborted == 1
    assert site.handler.ends == 1
    assert not site.connection.outbound
    assert "the id did not take a write within 10 seconds (transport_send_timeout)" in caplog.text


async def test_a_write_that_ends_in_time_stops_the_clock() -> None:
    site = ConnectionSite(HttpConnectionOptions(transport_send_timeout=10))
    site.choose()
    attached = site.attach()
    site.connection.sending_started()
    site.advance(9)
    site.connection.sending_finished()
    site.advance(9)
    assert attached.aborted == 0


async def test_a_request_that_ends_stops_the_clock_of_its_write() -> None:
    site = ConnectionSite(HttpConnectionOptions(transport_send_timeout=10, disconnect_timeout=60))
    site.choose(LP)
    site.attach()
    site.connection.sending_started()
    site.connection.detach()
    site.advance(30)
    assert site.handler.ends == 0


async def test_a_connection_may_be_aborted_while_nothing_carries_it() -> None:
    site = ConnectionSite()
    site.choose(LP)
    site.connection.abort()
    assert site.handler.ends == 1


async def test_the_heartbeat_reaches_the_handler_until_the_end() -> None:
    site = ConnectionSite()
    site.choose()
    site.attach()
    site.advance(1)
    site.advance(1)
    site.handler.close()
    site.advance(1)
    assert site.handler.ticks == [101.0, 102.0]


@pytest.mark.parametrize(
    ("closes", "expires_at", "expirations"),
    [(True, WALL, 1), (True, WALL + 0.1, 0), (True, None, 0), (False, WALL, 0)],
)
async def test_expired_credentials_are_told_when_the_option_says_so(
    *, closes: bool, expires_at: float | None, expirations: int
) -> None:
    site = ConnectionSite(HttpConnectionOptions(close_on_authentication_expiration=closes))
    site.choose()
    site.attach()
    site.connection.expires_at = expires_at
    site.advance(1)
    assert site.handler.expirations == expirations
