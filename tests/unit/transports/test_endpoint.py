from __future__ import annotations

import asyncio
import logging

import pytest

from signalr_py.options import HttpConnectionOptions
from signalr_py.transports.responses import text
from signalr_py.types import TransportType
from tests.support.endpoints import (
    KINDS,
    NO_CACHE,
    REQUESTS,
    TRANSPORTS,
    Kind,
    ServedHub,
    ask,
    plain,
    token_of,
    unknown,
)
from tests.support.exchanges import Answer
from tests.support.tasks import settle


@pytest.fixture
def hub() -> ServedHub:
    return ServedHub()


# Which connection a request is for.


@pytest.mark.parametrize("kind", REQUESTS)
@pytest.mark.parametrize("query", ["", "id=", "id", "other=1"])
async def test_an_id_is_required(hub: ServedHub, kind: Kind, query: str) -> None:
    assert await ask(hub, kind, None, query=query) == plain(kind, 400, "Connection ID required")


@pytest.mark.parametrize("kind", KINDS)
async def test_an_unknown_id_is_not_found(hub: ServedHub, kind: Kind) -> None:
    negotiated = await hub.negotiate()
    other_hub = token_of(ServedHub(name="Other"))
    for token in ("nonsense", "é", negotiated.id, negotiated.token[:-1], other_hub):
        assert await ask(hub, kind, token) == unknown(kind)
    assert hub.handlers.created == []


@pytest.mark.parametrize("kind", KINDS)
async def test_a_repeated_id_matches_nothing(hub: ServedHub, kind: Kind) -> None:
    negotiated = await hub.negotiate()
    for key in ("id", "ID"):
        assert await ask(hub, kind, negotiated.token, query=f"{key}={negotiated.token}") == unknown(kind)


@pytest.mark.parametrize("key", ["id", "ID", "Id"])
async def test_the_id_counts_in_any_case_and_other_keys_are_ignored(hub: ServedHub, key: str) -> None:
    negotiated = await hub.negotiate()
    answer = await hub.request(query=f"_=17&{key}={negotiated.token}&access_token=secret")
    assert answer.status == 200


@pytest.mark.parametrize("kind", KINDS)
async def test_an_expired_token_is_not_found(hub: ServedHub, kind: Kind) -> None:
    negotiated = await hub.negotiate()
    hub.advance(17)
    assert await ask(hub, kind, negotiated.token) == unknown(kind)


async def test_a_public_id_of_an_open_connection_is_never_accepted(hub: ServedHub) -> None:
    negotiated = await hub.negotiate()
    await hub.request(id=negotiated.token)
    for kind in KINDS:
        assert await ask(hub, kind, negotiated.id) == unknown(kind)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "HEAD", "OPTIONS", "TRACE"])
async def test_another_method_is_not_allowed(hub: ServedHub, method: str) -> None:
    negotiated = await hub.negotiate()
    assert await hub.request(method, id=negotiated.token) == plain("POST", 405)


# Which transport it is.


@pytest.mark.parametrize(
    "accept", ["text/event-stream", "TEXT/Event-Stream", "text/event-stream, */*", "a/b,text/event-stream ,c/d"]
)
async def test_a_request_that_accepts_event_streams_gets_one(hub: ServedHub, accept: str) -> None:
    negotiated = await hub.negotiate()
    async with hub.open(id=negotiated.token, headers={"Accept": accept}) as stream:
        assert (await stream.started()).headers["content-type"] == "text/event-stream"


@pytest.mark.parametrize("accept", ["", "*/*", "text/*", "text/event-stream;q=0.9", "text/event-streams"])
async def test_any_other_request_is_a_poll(hub: ServedHub, accept: str) -> None:
    negotiated = await hub.negotiate()
    answer = await hub.request(id=negotiated.token, headers={"Accept": accept})
    assert answer.headers["content-type"] == "application/octet-stream"


@pytest.mark.parametrize("accept", ["*/*", "text/event-stream"])
async def test_an_upgrade_that_the_host_takes_for_a_request_is_refused_and_leaves_the_token(
    hub: ServedHub, accept: str, caplog: pytest.LogCaptureFixture
) -> None:
    negotiated = await hub.negotiate()
    headers = {"Connection": "Upgrade", "Upgrade": "WebSocket", "Accept": accept}
    for token in (negotiated.token, negotiated.token, None):
        answer = await hub.request(id=token, headers=headers)
        assert answer == plain("POST", 404, "WebSockets transport not supported by this server")
    assert not hub.manager.connections
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert "`pip install websockets` or `pip install wsproto`" in record.getMessage()
    assert (await hub.request(id=negotiated.token, headers={"Upgrade": "h2c"})).status == 200


@pytest.mark.parametrize("kind", TRANSPORTS)
async def test_a_transport_that_is_not_enabled_is_refused_after_the_id_is_found(kind: Kind) -> None:
    others = tuple(transport for transport in TransportType if transport.value != kind)
    hub = ServedHub(HttpConnectionOptions(transports=others))
    negotiated = await hub.negotiate()
    assert await ask(hub, kind, "nonsense") == unknown(kind)
    refused = plain(kind, 404, f"{kind} transport not supported by this end point type")
    assert await ask(hub, kind, negotiated.token) == refused
    assert not hub.manager.connections
    assert (await hub.request("POST", id=negotiated.token)).status == 200
    assert await ask(hub, kind, negotiated.token) == refused


async def test_a_socket_without_negotiation_needs_the_transport_too() -> None:
    hub = ServedHub(HttpConnectionOptions(transports=(TransportType.LONG_POLLING,)))
    refused = plain("WebSockets", 404, "WebSockets transport not supported by this end point type")
    assert await ask(hub, "WebSockets", None) == refused


@pytest.mark.parametrize("second", TRANSPORTS)
async def test_a_connection_keeps_its_transport(hub: ServedHub, second: Kind) -> None:
    changed = plain(second, 400, "Cannot change transports mid-connection")
    in_use = plain(second, 409)
    polled, streamed, socketed = [await hub.negotiate() for _ in range(3)]
    await hub.request(id=polled.token)
    async with hub.event_stream(streamed) as stream, hub.websocket(id=socketed.token) as socket:
        await stream.started()
        await socket.accepted()
        if second != "LongPolling":
            assert await ask(hub, second, polled.token) == changed
        assert await ask(hub, second, streamed.token) == (in_use if second == "ServerSentEvents" else changed)
        assert await ask(hub, second, socketed.token) == (in_use if second == "WebSockets" else changed)
        assert [handler.ends for handler in hub.handlers.created] == [0, 0, 0]


@pytest.mark.parametrize("kind", TRANSPORTS)
async def test_a_connection_that_ended_before_it_had_a_transport_is_gone(kind: Kind) -> None:
    hub = ServedHub(HttpConnectionOptions(disconnect_timeout=60))
    negotiated = await hub.negotiate()
    await hub.request("POST", id=negotiated.token, body=b"early")
    hub.connection(negotiated).end_of_input()
    assert await ask(hub, kind, negotiated.token) == plain(kind, 404)


async def test_of_two_racing_first_requests_one_wins(hub: ServedHub) -> None:
    negotiated = await hub.negotiate()
    async with hub.event_stream(negotiated) as one, hub.event_stream(negotiated) as other:
        answers = [await one.started(), await other.started()]
    assert [answer.status for answer in answers] == [200, 409]
    assert len(hub.handlers.created) == 1


# Whole connections.


async def test_a_socket_from_the_upgrade_to_the_end(hub: ServedHub) -> None:
    negotiated = await hub.negotiate()
    async with hub.websocket(id=negotiated.token) as socket:
        await socket.accepted()
        socket.send_text("hello")
        await hub.handlers.latest.data_is(b"hello")
        hub.handlers.latest.duplex.write(b"welcome")
        await socket.frames_are("welcome")
        assert hub.handlers.latest.duplex.connection_id == negotiated.id
        assert hub.handlers.latest.duplex.transport is TransportType.WEB_SOCKETS
        socket.disconnect()
        await socket.finished()
    assert not hub.manager.connections
    assert await ask(hub, "WebSockets", negotiated.token) == unknown("WebSockets")


async def test_a_socket_without_negotiation(hub: ServedHub) -> None:
    async with hub.websocket() as first, hub.websocket(query="id=") as second:
        await first.accepted()
        await second.accepted()
        ids = [handler.duplex.connection_id for handler in hub.handlers.created]
        assert len(set(ids)) == 2
        for connection_id in ids:
            assert await ask(hub, "POST", connection_id) == unknown("POST")


async def test_an_upgrade_that_the_host_cancels_leaves_nothing(hub: ServedHub) -> None:
    negotiated = await hub.negotiate()
    await hub.request("POST", id=negotiated.token, body=b"early")
    async with hub.websocket(id=negotiated.token) as socket:
        await socket.receive()
        await socket.until(lambda: bool(hub.handlers.created) and socket.is_receiving)
        socket.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await socket.finished()
    assert hub.handlers.latest.ends == 1
    assert not hub.manager.connections


async def test_an_event_stream_from_the_request_to_the_end(hub: ServedHub) -> None:
    negotiated = await hub.negotiate()
    async with hub.event_stream(negotiated) as stream:
        await stream.started()
        await hub.request("POST", id=negotiated.token, body=b"hello")
        assert hub.handlers.latest.data == b"hello"
        hub.handlers.latest.duplex.write(b"welcome")
        hub.handlers.latest.close()
        assert (await stream.answer()).body == b":\r\ndata: welcome\r\n\r\n"
    assert not hub.manager.connections
    assert await ask(hub, "POST", negotiated.token) == unknown("POST")


async def test_polls_from_the_first_to_the_last(hub: ServedHub) -> None:
    negotiated = await hub.negotiate()
    assert (await hub.request(id=negotiated.token)).body == b""
    handler = hub.handlers.latest
    await hub.request("POST", id=negotiated.token, body=b"hello")
    handler.duplex.write(b"welcome")
    assert (await hub.request(id=negotiated.token)).body == b"welcome"
    handler.duplex.write(b"goodbye")
    handler.close()
    assert (await hub.request(id=negotiated.token)).body == b"goodbye"
    last = await hub.request(id=negotiated.token)
    assert last == Answer(status=204, headers={"content-type": "text/plain", **NO_CACHE}, body=b"")
    assert not hub.manager.connections
    for kind in REQUESTS:
        assert await ask(hub, kind, negotiated.token) == unknown(kind)


async def test_polls_that_stop_end_the_connection(hub: ServedHub) -> None:
    negotiated = await hub.negotiate()
    await hub.request(id=negotiated.token)
    hub.advance(14)
    await ask(hub, "DELETE", "nonsense")
    assert hub.handlers.latest.ends == 0
    hub.advance(1)
    assert hub.handlers.latest.ends == 1
    assert await ask(hub, "LongPolling", negotiated.token) == unknown("LongPolling")


# Refusals.


@pytest.mark.parametrize("kind", KINDS)
async def test_a_refused_request_gets_that_answer_and_disturbs_nothing(hub: ServedHub, kind: Kind) -> None:
    negotiated = await hub.negotiate()
    await hub.request(id=negotiated.token)
    hub.refusal = text(503, "The server is shutting down.", {"Retry-After": "1"})
    answer = await ask(hub, kind, negotiated.token)
    assert answer == plain("POST", 503, "The server is shutting down.", **{"retry-after": "1"})
    assert hub.handlers.latest.ends == 0


@pytest.mark.parametrize("kind", ["WebSockets", "ServerSentEvents", "LongPolling", "POST"])
async def test_nobody_new_is_taken_while_the_server_leaves(hub: ServedHub, kind: Kind) -> None:
    negotiated = await hub.negotiate()
    hub.manager.is_leaving = True
    refused = plain(kind, 503, "The server is shutting down.", **{"retry-after": "1"})
    assert await ask(hub, kind, negotiated.token) == refused
    if kind == "WebSockets":
        assert await ask(hub, kind, None) == refused
    assert (await hub.request("POST", "/hub/negotiate")) == plain(
        "POST", 503, "The server is shutting down.", **{"retry-after": "1"}
    )
    assert hub.handlers.created == []


async def test_those_who_are_there_are_served_while_the_server_leaves(hub: ServedHub) -> None:
    negotiated = await hub.negotiate()
    await hub.request(id=negotiated.token)
    hub.manager.is_leaving = True
    assert (await hub.request("POST", id=negotiated.token, body=b"still here")).status == 200
    hub.handlers.latest.duplex.write(b"goodbye")
    hub.handlers.latest.close()
    draining = asyncio.create_task(hub.manager.drain(60))
    assert (await hub.request(id=negotiated.token)).body == b"goodbye"
    await settle()
    assert not draining.done()
    assert (await hub.request(id=negotiated.token)).status == 204
    await draining


async def test_a_client_that_leaves_by_itself_does_not_hold_up_the_server(hub: ServedHub) -> None:
    negotiated = await hub.negotiate()
    await hub.request(id=negotiated.token)
    hub.manager.is_leaving = True
    hub.handlers.latest.close()
    draining = asyncio.create_task(hub.manager.drain(60))
    await settle()
    assert not draining.done()
    assert (await ask(hub, "DELETE", negotiated.token)).status == 202
    await draining


async def test_an_upgrade_is_closed_where_the_host_has_no_denial_response(hub: ServedHub) -> None:
    async with hub.websocket(id="nonsense", can_deny=False) as socket:
        assert await socket.closed() == 1008


@pytest.mark.parametrize("kind", ["WebSockets", "ServerSentEvents", "LongPolling", "POST"])
async def test_a_connection_over_the_limit_is_refused(kind: Kind, caplog: pytest.LogCaptureFixture) -> None:
    hub = ServedHub(HttpConnectionOptions(maximum_connections=1))
    first, second = await hub.negotiate(), await hub.negotiate()
    await hub.request(id=first.token)
    refused = plain(kind, 503, "The server is at its limit of connections.", **{"retry-after": "5"})
    assert await ask(hub, kind, second.token) == refused
    assert "limit of 1 connections is reached (maximum_connections)" in caplog.text
    await ask(hub, "DELETE", first.token)
    assert (await hub.request(id=second.token)).status == 200


async def test_sockets_that_never_finish_a_handshake_are_capped() -> None:
    hub = ServedHub(HttpConnectionOptions(maximum_pending_handshakes=2))
    async with hub.websocket() as one, hub.websocket() as two:
        await one.accepted()
        await two.accepted()
        assert (await ask(hub, "WebSockets", None)).status == 503
        one.disconnect()
        await one.finished()
        async with hub.websocket() as three:
            await three.accepted()
