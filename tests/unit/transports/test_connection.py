from __future__ import annotations

import asyncio

import pytest

from signalr_py.options import HttpConnectionOptions
from signalr_py.types import TransferFormat, TransportType
from tests.support.connections import ConnectionSite
from tests.support.tasks import settle

WS, SSE, LP = TransportType.WEB_SOCKETS, TransportType.SERVER_SENT_EVENTS, TransportType.LONG_POLLING


async def test_a_new_connection_has_no_transport_yet() -> None:
    connection = ConnectionSite().connection
    assert connection.chosen_transport is None
    assert not connection.is_attached
    assert not connection.has_ended
    assert connection.inactive_since == 100.0


@pytest.mark.parametrize(
    ("transport", "formats", "has_inherent_keep_alive"),
    [(WS, set(TransferFormat), False), (SSE, {TransferFormat.TEXT}, False), (LP, set(TransferFormat), True)],
)
async def test_the_handler_sees_the_transport_and_its_request(
    transport: TransportType, formats: set[TransferFormat], *, has_inherent_keep_alive: bool
) -> None:
    site = ConnectionSite()
    request = site.choose(transport)
    duplex = site.handler.duplex
    assert duplex.connection_id == "the id"
    assert duplex.transport is transport
    assert duplex.request is request
    assert duplex.supported_formats == formats
    assert duplex.has_inherent_keep_alive is has_inherent_keep_alive


async def test_a_format_says_that_the_handshake_is_finished() -> None:
    site = ConnectionSite()
    site.choose()
    site.connection.use_format(TransferFormat.BINARY)
    assert site.connection.binary
    assert site.established == ["the id"]
    site.connection.use_format(TransferFormat.TEXT)
    assert not site.connection.binary


# What the hub writes.


async def test_a_write_goes_straight_to_a_transport_that_is_free() -> None:
    site = ConnectionSite()
    site.choose()
    attached = site.attach(is_free=True)
    assert site.write(b"one")
    assert site.write(b"two")
    assert attached.sent == [b"one", b"two"]
    assert not site.connection.outbound


async def test_a_write_waits_in_the_buffer_while_nothing_is_attached() -> None:
    site = ConnectionSite()
    site.choose(LP)
    assert site.write(b"one")
    assert site.connection.outbound.take() == b"one"


async def test_a_write_does_not_overtake_those_that_wait() -> None:
    site = ConnectionSite()
    site.choose()
    attached = site.attach(is_free=False)
    site.write(b"one")
    attached.is_free = True
    site.write(b"two")
    assert attached.sent == []
    assert site.connection.outbound.take() == b"onetwo"


async def test_a_write_tells_whether_the_client_keeps_up_and_draining_waits_for_it() -> None:
    site = ConnectionSite(HttpConnectionOptions(transport_max_buffer_size=10))
    site.choose()
    site.attach()
    assert site.write(b"x" * 9)
    assert not site.write(b"x")
    draining = asyncio.create_task(site.connection.drain())
    await settle()
    assert not draining.done()
    site.connection.outbound.take()
    await draining


@pytest.mark.parametrize("end", ["the client goes", "the hub ends", "the write takes too long", "it overflows"])
async def test_draining_ends_with_the_connection(end: str) -> None:
    site = ConnectionSite(HttpConnectionOptions(transport_max_buffer_size=10, maximum_send_buffer_messages=2))
    site.choose()
    site.attach()
    site.write(b"x" * 10)
    draining = asyncio.create_task(site.connection.drain())
    await settle()
    if end == "the client goes":
        site.connection.end_of_input()
    elif end == "the hub ends":
        site.handler.close()
    elif end == "the write takes too long":
        site.connection.abort()
    else:
        site.write(b"two")
        site.write(b"three")
    await draining
    assert site.write(b"x" * 100)
    await site.connection.drain()


async def test_what_is_written_after_the_client_has_gone_is_dropped() -> None:
    site = ConnectionSite()
    site.handlers.ends_with_input = False
    site.choose()
    attached = site.attach(is_free=True)
    site.connection.end_of_input()
    assert site.write(b"goodbye")
    assert attached.sent == []
    assert not site.connection.outbound
    assert site.connection.statistics().messages_sent == 0


async def test_what_waits_when_the_client_goes_is_dropped() -> None:
    site = ConnectionSite()
    site.choose(LP)
    site.write(b"news")
    site.connection.end_of_input()
    assert not site.connection.outbound


async def test_what_is_written_after_the_end_is_dropped_and_what_was_written_before_is_not() -> None:
    site = ConnectionSite()
    site.choose()
    site.attach()
    site.write(b"before")
    site.handler.close()
    assert site.write(b"after")
    assert site.connection.outbound.take() == b"before"


@pytest.mark.parametrize(("failed", "code"), [(False, 1000), (True, 1011)])
async def test_the_end_tells_the_transport_and_those_who_wait(*, failed: bool, code: int) -> None:
    site = ConnectionSite()
    site.choose()
    attached = site.attach()
    waiting = asyncio.create_task(site.connection.wait_ended())
    await settle()
    assert not waiting.done()
    site.handler.close(failed=failed)
    await waiting
    assert attached.finished == 1
    assert site.connection.has_ended
    assert site.connection.close_code == code


async def test_statistics_count_what_has_passed_and_what_waits() -> None:
    site = ConnectionSite()
    site.choose()
    attached = site.attach(is_free=True)
    site.connection.feed(b"12345")
    site.write(b"123")
    attached.is_free = False
    site.write(b"12")
    site.write(b"1")
    statistics = site.connection.statistics()
    assert statistics.bytes_received == 5
    assert (statistics.bytes_sent, statistics.messages_sent) == (6, 3)
    assert (statistics.bytes_waiting, statistics.messages_waiting) == (3, 2)


# Requests that come and go.


async def test_a_client_between_two_requests_may_still_come_for_what_it_was_not_told() -> None:
    site = ConnectionSite()
    site.choose(LP)
    waiting = asyncio.create_task(site.connection.wait_detached())
    for for_good in (False, True):
        site.attach()
        site.connection.detach(for_good=for_good)
        await settle()
        assert waiting.done() is for_good


async def test_a_deleted_client_will_not_come_again() -> None:
    site = ConnectionSite()
    site.choose(LP)
    site.attach()
    site.connection.is_deleted = True
    waiting = asyncio.create_task(site.connection.wait_detached())
    await settle()
    assert not waiting.done()
    site.connection.detach(for_good=False)
    await waiting


async def test_a_block_is_cut_when_the_connection_ends() -> None:
    site = ConnectionSite()
    site.choose()
    entered = asyncio.Event()

    async def wait() -> None:
        async with site.connection.cut_at_end():
            entered.set()
            await asyncio.Event().wait()

    waiting = [asyncio.create_task(wait()) for _ in range(2)]
    await entered.wait()
    await settle()
    site.handler.close()
    for task in waiting:
        with pytest.raises(TimeoutError):
            await task
    with pytest.raises(TimeoutError):
        await wait()


async def test_a_block_that_was_left_before_the_end_is_not_cut() -> None:
    site = ConnectionSite()
    site.choose()
    async with site.connection.cut_at_end():
        await settle()
    site.handler.close()
    await settle()


async def test_waiting_for_the_request_to_end() -> None:
    site = ConnectionSite()
    site.choose(LP)
    site.attach()
    assert site.connection.is_attached
    waiting = asyncio.create_task(site.connection.wait_detached())
    await settle()
    assert not waiting.done()
    site.connection.detach()
    await waiting
    assert not site.connection.is_attached


async def test_a_handler_that_fails_at_the_end_of_input_does_not_keep_the_connection(
    caplog: pytest.LogCaptureFixture,
) -> None:
    site = ConnectionSite()
    site.choose()
    attached = site.attach()

    def fail() -> None:
        raise ValueError("a bug")

    site.handler.close = fail  # type: ignore[method-assign, assignment]
    site.connection.end_of_input()
    await site.connection.wait_ended()
    assert site.connection.close_code == 1011
    assert attached.finished == 1
    assert "The end of connection the id failed in its handler." in caplog.text


async def test_a_connection_ends_once() -> None:
    site = ConnectionSite()
    site.choose()
    attached = site.attach()
    site.connection.close()
    site.connection.close(failed=True)
    assert attached.finished == 1
    assert site.connection.close_code == 1000


def test_the_hub_can_ask_how_much_may_wait() -> None:
    site = ConnectionSite(HttpConnectionOptions(maximum_send_buffer_size=1_000, maximum_send_buffer_messages=10))
    limits = site.connection.send_limits
    assert (limits.size, limits.messages) == (1_000, 10)
