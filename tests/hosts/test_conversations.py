"""One conversation on every host, and under every mount and middleware."""

from __future__ import annotations

import uuid
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest
from websockets.exceptions import InvalidStatus

from tests.hosts.application import ORIGIN, access_token
from tests.hosts.places import PLACES, Place
from tests.support.raw_channels import WebSocketChannel, http_client, open_websocket
from tests.support.raw_client import RS, TRANSPORTS, InvocationError, RawClient, connect, negotiate

if TYPE_CHECKING:
    from tests.hosts.conftest import Servers

pytestmark = pytest.mark.parametrize("place", list(PLACES.values()), ids=list(PLACES))

transports = pytest.mark.parametrize("transport", TRANSPORTS)

TEXT = 'héllo 💚 עברית \u2028 "quoted" \\ <&\'+> \x01'


@transports
async def test_calls_are_answered(servers: Servers, place: Place, transport: str) -> None:
    async with connect(place.url(servers(place)), transport) as client:
        assert await client.invoke("Add", 40, 2) == 42
        assert await client.invoke("Echo", TEXT) == TEXT
        assert await client.invoke("InThread", TEXT) == TEXT
        assert await client.invoke("Transport") == transport
        assert await client.invoke("ConnectionId") == client.connection_id
        with pytest.raises(InvocationError, match="An unexpected error occurred invoking 'Fail' on the server"):
            await client.invoke("Fail")
        assert await client.invoke("Add", 1, 1) == 2


@transports
async def test_a_message_to_all_reaches_every_transport_in_order(
    servers: Servers, place: Place, transport: str
) -> None:
    url = place.url(servers(place))
    texts = [f"{uuid.uuid4()} {number}" for number in range(5)]
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(connect(url, name)) for name in TRANSPORTS]
        sender = clients[TRANSPORTS.index(transport)]
        for text in texts:
            await sender.invoke("Broadcast", text)
        for client in clients:
            assert [(await client.expect("Receive"))[0] for _ in texts] == texts


@transports
async def test_a_group_has_its_members_only(servers: Servers, place: Place, transport: str) -> None:
    url = place.url(servers(place))
    group, text = str(uuid.uuid4()), str(uuid.uuid4())
    async with connect(url, transport) as member, connect(url, transport) as other:
        await member.invoke("Join", group)
        await other.invoke("ToGroup", group, text)
        assert await member.expect("Receive") == [text]
        await other.invoke("ToCaller", "last")
        assert await other.expect("Receive") == ["last"]


@transports
async def test_a_large_answer_arrives_whole(servers: Servers, place: Place, transport: str) -> None:
    async with connect(place.url(servers(place)), transport) as client:
        answer = await client.invoke("Large", 1024)
        assert (len(answer), answer.strip("x")) == (1024 * 1024, "")
        assert await client.invoke("Add", 1, 1) == 2


@transports
async def test_the_server_can_end_a_connection(servers: Servers, place: Place, transport: str) -> None:
    url = place.url(servers(place))
    async with connect(url) as watcher, connect(url, transport) as client:
        await watcher.invoke("Watch")
        await client.start("SayAndAbort", "the last words")
        assert await client.expect("Receive") == ["the last words"]
        assert await client.expect_close() == {"type": 7}
        assert await client.wait_ended() == _clean_end(transport)
        assert await watcher.expect("Left") == [client.connection_id, None]


@transports
async def test_the_hub_learns_that_a_client_has_left(servers: Servers, place: Place, transport: str) -> None:
    url = place.url(servers(place))
    async with connect(url) as watcher:
        await watcher.invoke("Watch")
        async with connect(url, transport) as client:
            await client.invoke("Add", 1, 1)
        assert await watcher.expect("Left") == [client.connection_id, None]


@transports
async def test_a_client_can_say_goodbye(servers: Servers, place: Place, transport: str) -> None:
    url = place.url(servers(place))
    async with connect(url) as watcher, connect(url, transport) as client:
        await watcher.invoke("Watch")
        await client.send({"type": 7})
        assert await client.expect_close() == {"type": 7}
        assert await client.wait_ended() == _clean_end(transport)
        assert await watcher.expect("Left") == [client.connection_id, None]


@transports
async def test_a_refused_handshake_is_told(servers: Servers, place: Place, transport: str) -> None:
    async with connect(place.url(servers(place)), transport, handshake=False) as client:
        assert await client.shake_hands("smoke signals") == {"error": "The protocol 'smoke signals' is not supported."}
        assert await client.wait_ended() == _clean_end(transport)


async def test_negotiation_can_be_skipped(servers: Servers, place: Place) -> None:
    async with connect(place.url(servers(place)), skip_negotiation=True) as client:
        assert await client.invoke("Add", 1, 1) == 2


async def test_what_comes_before_the_transport_waits_for_it(servers: Servers, place: Place) -> None:
    url = place.url(servers(place))
    async with http_client() as http:
        for transport in ("ServerSentEvents", "LongPolling"):
            parameters = {"id": (await negotiate(http, url)).connection_token}
            call = '{"type":1,"target":"SayAndAbort","arguments":["early"]}'
            early = f'{{"protocol":"json","version":1}}{RS}{call}{RS}'
            assert (await http.post(url, params=parameters, content=early)).status_code == 200
            accept = {"Accept": "text/event-stream"} if transport == "ServerSentEvents" else {}
            if transport == "LongPolling":
                assert (await http.get(url, params=parameters)).content == b""
            text = (await http.get(url, params=parameters, headers=accept)).text
            while transport == "LongPolling" and '{"type":7}' not in text:
                text += (await http.get(url, params=parameters)).text
            assert text.index("{}" + RS) < text.index('"early"') < text.index('{"type":7}')


async def test_a_bad_handshake_before_the_upgrade_ends_it(servers: Servers, place: Place) -> None:
    url = place.url(servers(place))
    async with http_client() as http:
        parameters = {"id": (await negotiate(http, url)).connection_token}
        early = f'{{"protocol":"smoke signals","version":1}}{RS}'
        assert (await http.post(url, params=parameters, content=early)).status_code == 200
    channel = await WebSocketChannel.open(url, parameters)
    client = RawClient(channel, "")
    assert "smoke signals" in (await client.take(lambda message: "error" in message))["error"]
    assert await client.wait_ended() == "code 1000"


@pytest.mark.parametrize("path", ["/secure", "/admin"])
@transports
async def test_a_user_is_known_by_token(servers: Servers, place: Place, transport: str, path: str) -> None:
    url = place.url(servers(place), path)
    token = access_token("anna", "admin")
    async with connect(url, transport, headers={"Authorization": f"Bearer {token}"}) as client:
        assert await client.invoke("WhoAmI") == "anna"
    if transport != "LongPolling":
        async with connect(url, transport, query={"access_token": token}) as client:
            assert await client.invoke("WhoAmI") == "anna"


@pytest.mark.parametrize(
    ("path", "token", "status"),
    [("/secure", None, 401), ("/secure", "rubbish", 401), ("/admin", access_token("bert"), 403)],
    ids=["nobody", "bad-token", "no-role"],
)
async def test_who_may_not_use_a_hub_is_refused(
    servers: Servers, place: Place, path: str, token: str | None, status: int
) -> None:
    url = place.url(servers(place), path)
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    with pytest.raises(InvalidStatus) as refusal:
        await open_websocket(url, headers=headers)
    answers: list[tuple[int, str | None]] = [
        (refusal.value.response.status_code, refusal.value.response.headers.get("WWW-Authenticate"))
    ]
    async with http_client(headers) as http:
        for request in (
            http.build_request("POST", f"{url}/negotiate"),
            http.build_request("POST", url),
            http.build_request("GET", url),
            http.build_request("GET", url, headers={"Accept": "text/event-stream"}),
            http.build_request("DELETE", url),
        ):
            response = await http.send(request)
            answers.append((response.status_code, response.headers.get("WWW-Authenticate")))
    assert {code for code, _ in answers} == {status}
    challenges = {challenge for _, challenge in answers}
    assert len(challenges) == 1
    assert all((challenge or "").startswith("Bearer") for challenge in challenges) == (status == 401)


async def test_an_upgrade_for_an_unknown_connection_is_refused(servers: Servers, place: Place) -> None:
    with pytest.raises(InvalidStatus) as refusal:
        await open_websocket(place.url(servers(place)), {"id": "unknown"})
    response = refusal.value.response
    assert (response.status_code, response.body) == (404, b"No Connection with that ID")


async def test_a_second_upgrade_of_a_connection_is_refused(servers: Servers, place: Place) -> None:
    url = place.url(servers(place))
    async with http_client() as http:
        parameters = {"id": (await negotiate(http, url)).connection_token}
    async with await open_websocket(url, parameters) as first:
        with pytest.raises(InvalidStatus) as refusal:
            await open_websocket(url, parameters)
        assert (refusal.value.response.status_code, refusal.value.response.body) == (409, b"")
        await first.send(f'{{"protocol":"json","version":1}}{RS}')
        assert await first.recv() == "{}" + RS


async def test_an_upgrade_from_another_origin_is_refused(servers: Servers, place: Place) -> None:
    url = place.url(servers(place))
    with pytest.raises(InvalidStatus) as refusal:
        await open_websocket(url, headers={"Origin": "https://evil.example"})
    assert refusal.value.response.status_code == 403
    async with connect(url, skip_negotiation=True, headers={"Origin": ORIGIN}) as client:
        assert await client.invoke("Add", 1, 1) == 2


def _clean_end(transport: str) -> str:
    return {"WebSockets": "code 1000", "ServerSentEvents": "end of stream", "LongPolling": "status 204"}[transport]
