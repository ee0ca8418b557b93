"""Requests that no client should send: ids, methods, queries, headers and bodies."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from tests.hosts.places import HOSTS, PLACES
from tests.hosts.stalling import raw_connection, start_post
from tests.hosts.witnesses import nobody_notices
from tests.support.raw_channels import http_client, open_websocket
from tests.support.raw_client import PATIENCE, RS, connect, negotiate

if TYPE_CHECKING:
    from tests.hosts.conftest import Servers
    from tests.hosts.places import Place

pytestmark = pytest.mark.parametrize("place", [PLACES[host] for host in HOSTS], ids=list(HOSTS))

ONE_BY_ONE = {"Connection": "close"}
"""Hosts may drop a connection when they answer before they have read a body, so it is of no use to the next request."""

EVENT_STREAM = {"Accept": "text/event-stream"}

BAD_IDS = {
    "missing": ("", 400, "Connection ID required"),
    "empty": ("?id=", 400, "Connection ID required"),
    "unknown": ("?id=unknown", 404, "No Connection with that ID"),
    "not-ascii": ("?id=%F0%9F%92%9A", 404, "No Connection with that ID"),
    "not-text": ("?id=%FF%00%0A", 404, "No Connection with that ID"),
    "bad-escape": ("?id=%zz%", 404, "No Connection with that ID"),
    "padded": ("?id=AAAA%3D%3D", 404, "No Connection with that ID"),
    "long": ("?id=" + "A" * 4000, 404, "No Connection with that ID"),
    "many": ("?" + "&".join(["id=A"] * 500), 404, "No Connection with that ID"),
}

NEGOTIATE_FAILURES = {
    "negotiateVersion=abc": "The client requested a non-integer protocol version.",
    "negotiateVersion=1.5": "The client requested a non-integer protocol version.",
    "negotiateVersion=%00": "The client requested a non-integer protocol version.",
    "negotiateVersion=" + "9" * 4000: "The client requested a non-integer protocol version.",
    "negotiateVersion=-1": "The client requested version '-1', but the server does not support this version.",
}


@pytest.mark.parametrize(("query", "status", "body"), BAD_IDS.values(), ids=BAD_IDS)
async def test_requests_with_bad_ids(servers: Servers, place: Place, query: str, status: int, body: str) -> None:
    server = servers(place)
    url = place.url(server)
    async with nobody_notices(server, url, lines=0), http_client(ONE_BY_ONE) as http:
        for request in (
            http.build_request("GET", url + query),
            http.build_request("GET", url + query, headers=EVENT_STREAM),
            http.build_request("POST", url + query, content=b"anything"),
            http.build_request("DELETE", url + query),
        ):
            response = await http.send(request)
            assert (response.status_code, response.text) == (status, body)
            assert response.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(("query", "status", "body"), list(BAD_IDS.values())[2:], ids=list(BAD_IDS)[2:])
async def test_upgrades_with_bad_ids(servers: Servers, place: Place, query: str, status: int, body: str) -> None:
    server = servers(place)
    url = place.url(server)
    async with nobody_notices(server, url, lines=0):
        with pytest.raises(InvalidStatus) as refusal:
            await open_websocket(url + query)
        assert (refusal.value.response.status_code, refusal.value.response.body) == (status, body.encode())


async def test_tokens_that_were_not_issued(servers: Servers, place: Place) -> None:
    server = servers(place)
    url = place.url(server)
    async with nobody_notices(server, url, lines=0), http_client(ONE_BY_ONE) as http:
        negotiated = await negotiate(http, url)
        token = negotiated.connection_token
        other = "B" if token[0] == "A" else "A"
        for forged in (negotiated.connection_id, other + token[1:], token[:-1], token + "A", token + "=", token * 2):
            response = await http.get(url, params={"id": forged})
            assert (response.status_code, response.text) == (404, "No Connection with that ID")
        assert (await http.get(place.url(server, "/secure"), params={"id": token})).status_code == 401
        assert (await http.get(url, params={"id": token})).status_code == 200
        assert (await http.delete(url, params={"id": token})).status_code == 202


@pytest.mark.parametrize("method", ["PUT", "PATCH", "HEAD", "OPTIONS", "TRACE", "PROPFIND"])
async def test_methods_that_are_not_allowed(servers: Servers, place: Place, method: str) -> None:
    server = servers(place)
    url = place.url(server)
    async with nobody_notices(server, url, lines=0), http_client(ONE_BY_ONE) as http:
        for address in (url, f"{url}/negotiate"):
            response = await http.request(method, address)
            assert (response.status_code, response.content) == (405, b"")
        assert (await http.get(f"{url}/negotiate")).status_code == 405
        assert (await http.delete(f"{url}/negotiate")).status_code == 405


@pytest.mark.parametrize(
    ("query", "error"), NEGOTIATE_FAILURES.items(), ids=["text", "fraction", "nul", "huge", "negative"]
)
async def test_bad_negotiate_versions(servers: Servers, place: Place, query: str, error: str) -> None:
    server = servers(place)
    url = place.url(server)
    async with nobody_notices(server, url, lines=0), http_client(ONE_BY_ONE) as http:
        response = await http.post(f"{url}/negotiate?{query}")
        assert (response.status_code, response.json()) == (200, {"error": error})


async def test_a_body_where_none_belongs_is_ignored(servers: Servers, place: Place) -> None:
    server = servers(place)
    url = place.url(server)
    async with nobody_notices(server, url, lines=0), http_client(ONE_BY_ONE) as http:
        response = await http.post(f"{url}/negotiate?negotiateVersion=1", content=b"\xff" * 10_000)
        assert response.json()["negotiateVersion"] == 1


async def test_requests_that_do_not_fit_their_connection(servers: Servers, place: Place) -> None:
    server = servers(place)
    url = place.url(server)
    async with (
        nobody_notices(server, url, lines=0),
        connect(url, "WebSockets") as socket,
        connect(url, "ServerSentEvents") as stream,
        connect(url, "LongPolling") as polls,
        http_client(ONE_BY_ONE) as http,
    ):
        on_socket, on_stream, on_polls = (client.channel.parameters for client in (socket, stream, polls))
        for method, parameters, headers, status, body in (
            ("POST", on_socket, {}, 405, "POST requests are not allowed for WebSocket connections."),
            ("DELETE", on_socket, {}, 400, "Cannot terminate this connection using the DELETE endpoint."),
            ("DELETE", on_stream, {}, 400, "Cannot terminate this connection using the DELETE endpoint."),
            ("GET", on_socket, {}, 400, "Cannot change transports mid-connection"),
            ("GET", on_stream, {}, 400, "Cannot change transports mid-connection"),
            ("GET", on_socket, EVENT_STREAM, 400, "Cannot change transports mid-connection"),
            ("GET", on_polls, EVENT_STREAM, 400, "Cannot change transports mid-connection"),
            ("GET", on_stream, EVENT_STREAM, 409, ""),
        ):
            response = await http.request(method, url, params=parameters, headers=headers)
            assert (response.status_code, response.text) == (status, body)
        for client in (socket, stream, polls):
            assert await client.invoke("Add", 1, 1) == 2


async def test_bytes_that_are_no_text_end_a_posted_connection(servers: Servers, place: Place) -> None:
    server = servers(place)
    url = place.url(server)
    async with nobody_notices(server, url), connect(url, "LongPolling") as client, http_client(ONE_BY_ONE) as http:
        for _ in range(2):
            response = await http.post(url, params=client.channel.parameters, content=bytes(range(0x80, 0x100)))
            assert response.status_code == 200
        response = await http.post(url, params=client.channel.parameters, content=RS.encode())
        assert (await client.expect_close())["error"] == "Connection closed with an error."
        assert await client.wait_ended() == "status 204"


async def test_a_body_beyond_the_limit_ends_the_connection(servers: Servers, place: Place) -> None:
    server = servers(place)
    url = place.url(server)
    async with nobody_notices(server, url), connect(url, "ServerSentEvents") as client, http_client(ONE_BY_ONE) as http:
        with contextlib.suppress(httpx.TransportError):
            response = await http.post(url, params=client.channel.parameters, content=b"x" * 5_000_000)
            assert response.status_code in (200, 404)
        assert (await client.expect_close())["error"] == "Connection closed with an error."
        assert await client.wait_ended() == "end of stream"


async def test_a_chunk_that_is_none_is_not_taken(servers: Servers, place: Place) -> None:
    server = servers(place)
    url = place.url(server)
    async with nobody_notices(server, url, lines=0), connect(url, "ServerSentEvents") as client:
        async with raw_connection(url) as (reader, writer):
            target = httpx.URL(url, params=client.channel.parameters).raw_path.decode()
            writer.write(
                f"POST {target} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nno chunk\r\n".encode()
            )
            async with asyncio.timeout(PATIENCE):
                await reader.read(1)
        assert await client.invoke("Add", 1, 1) == 2


async def test_a_body_that_is_cut_off_is_not_taken(servers: Servers, place: Place) -> None:
    server = servers(place)
    url = place.url(server)
    async with nobody_notices(server, url, lines=0), connect(url, "ServerSentEvents") as client:
        async with start_post(url, client.channel.parameters, b'{"type":', of=1000):
            pass
        assert await client.invoke("Add", 1, 1) == 2


async def test_an_upgrade_whose_client_has_gone_leaves_nothing(servers: Servers, place: Place) -> None:
    server = servers(place)
    url = place.url(server)
    async with nobody_notices(server, url, lines=0):
        for _ in range(20):
            async with raw_connection(url) as (_, writer):
                writer.write(
                    f"GET {httpx.URL(url).path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
                )
                await writer.drain()


@pytest.mark.parametrize(
    "request_text",
    [
        "GET {path} HTTP/1.1\r\nHost: x\r\nX-Large: {large}\r\n\r\n",
        "GET {path}?id={large} HTTP/1.1\r\nHost: x\r\n\r\n",
        "NONSENSE\r\n\r\n",
        "GET {path} HTTP/1.1\r\nHost: x\r\nno header\r\n\r\n",
        "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
        "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n",
        "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: nonsense\r\n\r\n",
    ],
    ids=[
        *("large-header", "large-query", "no-request", "no-header", "bad-length"),
        *("upgrade-without-key", "upgrade-without-version", "other-upgrade"),
    ],
)
async def test_requests_that_hosts_refuse(servers: Servers, place: Place, request_text: str) -> None:
    server = servers(place)
    url = place.url(server)
    async with nobody_notices(server, url, lines=0), raw_connection(url) as (reader, writer):
        text = request_text.format(path=httpx.URL(url).path, large="A" * 200_000)
        writer.write(text.encode())
        async with asyncio.timeout(PATIENCE):
            try:
                status = (await reader.readline()).split()[1:2]
            except ConnectionError:
                status = []
        assert status == [] or status[0][:1] == b"4", status
