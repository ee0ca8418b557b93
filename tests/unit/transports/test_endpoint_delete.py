from __future__ import annotations

import pytest

from tests.support.endpoints import KINDS, REQUESTS, ServedHub, ask, plain, unknown


@pytest.fixture
def hub() -> ServedHub:
    return ServedHub()


async def test_deleting_ends_the_connection_between_two_polls(hub: ServedHub) -> None:
    negotiated = await hub.negotiate()
    await hub.request(id=negotiated.token)
    assert await ask(hub, "DELETE", negotiated.token) == plain("DELETE", 202)
    assert hub.handlers.latest.ends == 1
    for kind in REQUESTS:
        assert await ask(hub, kind, negotiated.token) == unknown(kind)


async def test_deleting_ends_the_poll_that_waits(hub: ServedHub) -> None:
    negotiated = await hub.negotiate()
    await hub.request(id=negotiated.token)
    async with hub.open(id=negotiated.token) as poll:
        await poll.until(lambda: poll.is_receiving)
        assert (await ask(hub, "DELETE", negotiated.token)).status == 202
        assert (await poll.answer()).status == 204


async def test_deleting_while_an_answer_is_sent_keeps_the_connection_until_that_is_over(hub: ServedHub) -> None:
    negotiated = await hub.negotiate()
    await hub.request(id=negotiated.token)
    async with hub.open(id=negotiated.token) as poll:
        await poll.until(lambda: poll.is_receiving)
        poll.hold()
        hub.handlers.latest.duplex.write(b"news")
        await poll.until(lambda: poll.held == 1)
        assert (await ask(hub, "DELETE", negotiated.token)).status == 202
        assert len(hub.manager.connections) == 1
        for kind in KINDS:
            assert await ask(hub, kind, negotiated.token) == unknown(kind)
        hub.advance(10)
        await poll.finished()
    hub.advance(1)
    assert not hub.manager.connections


async def test_a_poll_that_took_over_is_the_last_of_a_deleted_connection(hub: ServedHub) -> None:
    negotiated = await hub.negotiate()
    await hub.request(id=negotiated.token)
    async with hub.open(id=negotiated.token) as first, hub.open(id=negotiated.token) as second:
        await first.until(lambda: first.is_receiving)
        first.hold()
        await first.until(lambda: first.held == 1)
        assert (await ask(hub, "DELETE", negotiated.token)).status == 202
        second.hold()
        first.release()
        await second.until(lambda: second.held == 1)
        assert len(hub.manager.connections) == 1
        second.release()
        assert (await second.answer()).status == 204
    assert not hub.manager.connections


async def test_only_polled_connections_can_be_deleted(hub: ServedHub) -> None:
    refused = plain("DELETE", 400, "Cannot terminate this connection using the DELETE endpoint.")
    fresh, posted, streamed, socketed = [await hub.negotiate() for _ in range(4)]
    await hub.request("POST", id=posted.token)
    async with hub.event_stream(streamed) as stream, hub.websocket(id=socketed.token) as socket:
        await stream.started()
        await socket.accepted()
        for negotiated in (fresh, posted, streamed, socketed):
            assert await ask(hub, "DELETE", negotiated.token) == refused
        assert [handler.ends for handler in hub.handlers.created] == [0, 0]
    assert (await hub.request(id=fresh.token)).status == 200
