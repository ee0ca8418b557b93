"""The middleware of the applications here really is at work."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.hosts.application import ORIGIN
from tests.hosts.places import PLACES
from tests.support.raw_channels import http_client
from tests.support.raw_client import negotiate

if TYPE_CHECKING:
    from tests.hosts.conftest import Servers

EVIL = "https://evil.example"


@pytest.mark.parametrize("shape", ["base-http-middleware", "everything"])
async def test_http_middleware_sees_the_requests(servers: Servers, shape: str) -> None:
    place = PLACES[shape]
    async with http_client() as http:
        response = await http.post(f"{place.url(servers(place))}/negotiate")
        assert response.headers["x-seen"] == "yes"


@pytest.mark.parametrize("shape", ["gzip-middleware", "everything"])
async def test_answers_are_compressed_and_events_are_not(servers: Servers, shape: str) -> None:
    place = PLACES[shape]
    url = place.url(servers(place))
    async with http_client({"Accept-Encoding": "gzip"}) as http:
        response = await http.post(f"{url}/negotiate")
        assert response.headers["content-encoding"] == "gzip"
        parameters = {"id": (await negotiate(http, url)).connection_token}
        async with http.stream("GET", url, params=parameters, headers={"Accept": "text/event-stream"}) as events:
            assert events.headers["content-encoding"] == "identity"
            assert await anext(events.aiter_raw()) == b":\r\n"


@pytest.mark.parametrize("shape", ["cors-middleware", "everything"])
async def test_browsers_are_told_who_may_ask(servers: Servers, shape: str) -> None:
    place = PLACES[shape]
    url = place.url(servers(place))
    async with http_client() as http:
        for origin, allowed in ((ORIGIN, ORIGIN), (EVIL, None)):
            asking = {
                "Origin": origin,
                "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "x-requested-with,x-signalr-user-agent,authorization,content-type",
            }
            preflight = await http.options(f"{url}/negotiate", headers=asking)
            assert preflight.headers.get("access-control-allow-origin") == allowed
            response = await http.post(f"{url}/negotiate", headers={"Origin": origin})
            assert response.headers.get("access-control-allow-origin") == allowed
            if allowed is not None:
                assert preflight.status_code == 200
                assert response.headers["access-control-allow-credentials"] == "true"
                assert preflight.headers["access-control-allow-credentials"] == "true"
                assert "DELETE" in preflight.headers["access-control-allow-methods"]


@pytest.mark.parametrize("shape", ["cors-middleware", "everything"])
async def test_event_streams_and_polls_have_the_headers_of_cors(servers: Servers, shape: str) -> None:
    place = PLACES[shape]
    url = place.url(servers(place))
    async with http_client({"Origin": ORIGIN}) as http:
        for accept in ("text/event-stream", "*/*"):
            parameters = {"id": (await negotiate(http, url)).connection_token}
            async with http.stream("GET", url, params=parameters, headers={"Accept": accept}) as response:
                assert response.headers["access-control-allow-origin"] == ORIGIN
                assert response.headers["access-control-allow-credentials"] == "true"
