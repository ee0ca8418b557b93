from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, NoMatchFound, Route, Router

from signalr_py.transports.route import HubRoute
from tests.support.endpoints import ServedHub
from tests.support.exchanges import WebSocketExchange, http_scope, request, websocket_scope

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp


@pytest.fixture
def hub() -> ServedHub:
    return ServedHub()


def route(hub: ServedHub, path: str, name: str = "chat") -> HubRoute:
    return HubRoute(path, hub.endpoint, name=name)


async def assert_served(app: ASGIApp, path: str, negotiate: str) -> None:
    refresh = negotiate.removesuffix("negotiate") + "refresh"
    assert (await request(app, http_scope("POST", refresh))).body == b'{"error":"refresh_disabled"}'
    answer = await request(app, http_scope("POST", negotiate, query="negotiateVersion=1"))
    assert answer.status == 200, answer
    token = json.loads(answer.body)["connectionToken"]
    assert (await request(app, http_scope("GET", path, query=f"id={token}"))).status == 200
    assert (await request(app, http_scope("POST", path, query=f"id={token}"))).status == 200
    assert (await request(app, http_scope("DELETE", path, query=f"id={token}"))).status == 202
    async with WebSocketExchange(app, websocket_scope(path)) as socket:
        await socket.accepted()


@pytest.mark.parametrize(
    ("path", "negotiate"),
    [("/hub", "/hub/negotiate"), ("/a/b/hub", "/a/b/hub/negotiate"), ("/", "/negotiate"), ("/hub/", "/hub/negotiate")],
)
async def test_a_hub_is_served_at_its_path(hub: ServedHub, path: str, negotiate: str) -> None:
    await assert_served(Router([route(hub, path)]), path, negotiate)


async def test_a_hub_is_served_below_mounts(hub: ServedHub) -> None:
    app = Starlette(routes=[Mount("/api", routes=[Mount("/v1", routes=[route(hub, "/hub")])])])
    await assert_served(app, "/api/v1/hub", "/api/v1/hub/negotiate")
    assert str(app.url_path_for("chat")) == "/api/v1/hub"


async def test_a_hub_is_served_behind_a_root_path(hub: ServedHub) -> None:
    app = Starlette(routes=[route(hub, "/hub")])

    async def behind_a_proxy(scope: dict[str, object], *rest: object) -> None:
        await app({**scope, "root_path": "/prefix"}, *rest)  # type: ignore[arg-type]

    await assert_served(behind_a_proxy, "/prefix/hub", "/prefix/hub/negotiate")  # type: ignore[arg-type]


async def test_a_hub_is_served_in_fastapi(hub: ServedHub) -> None:
    await assert_served(FastAPI(routes=[route(hub, "/hub")]), "/hub", "/hub/negotiate")


async def test_path_parameters_reach_the_request(hub: ServedHub) -> None:
    app = Router([route(hub, "/rooms/{room:int}")])
    async with WebSocketExchange(app, websocket_scope("/rooms/7")) as socket:
        await socket.accepted()
        assert hub.handlers.latest.duplex.request.path_params == {"room": 7}
    assert (await request(app, http_scope("GET", "/rooms/seven"))).status == 404
    assert str(app.url_path_for("chat", room=7)) == "/rooms/7"


def test_the_path_is_found_by_name(hub: ServedHub) -> None:
    chat = route(hub, "/hub")
    assert str(chat.url_path_for("chat")) == "/hub"
    with pytest.raises(NoMatchFound):
        chat.url_path_for("news")
    with pytest.raises(NoMatchFound):
        chat.url_path_for("chat", room=1)


async def test_the_path_is_found_from_a_request(hub: ServedHub) -> None:
    async def show(request: Request) -> PlainTextResponse:
        return PlainTextResponse(str(request.url_for("chat")))

    app = Starlette(routes=[Route("/show", show), Mount("/api", routes=[route(hub, "/hub")])])
    answer = await request(app, http_scope("GET", "/show"))
    assert answer.body == b"http://testserver/api/hub"


async def test_two_hubs_side_by_side() -> None:
    chat, news = ServedHub(name="Chat"), ServedHub(name="News")
    app = Router([route(chat, "/hub", "chat"), route(news, "/hub/news", "news")])
    await assert_served(app, "/hub", "/hub/negotiate")
    await assert_served(app, "/hub/news", "/hub/news/negotiate")
    assert len(chat.handlers.created) == len(news.handlers.created) == 2
    assert str(app.url_path_for("news")) == "/hub/news"


@pytest.mark.parametrize(
    "path", ["/", "/hubs", "/hub/other", "/hub/negotiate/more", "/hub/refresh/more", "/HUB", "/x/hub"]
)
async def test_other_paths_are_left_to_others(hub: ServedHub, path: str) -> None:
    app = Router([route(hub, "/hub")])
    assert (await request(app, http_scope("GET", path))).status == 404
    assert hub.checked == []


async def test_a_slash_too_many_is_redirected_as_starlette_does(hub: ServedHub) -> None:
    answer = await request(Router([route(hub, "/hub")]), http_scope("GET", "/hub/"))
    assert answer.status == 307
    assert answer.headers["location"] == "http://testserver/hub"


async def test_a_socket_at_a_path_that_takes_posts_is_refused(hub: ServedHub) -> None:
    for path in ("/hub/negotiate", "/hub/refresh"):
        async with WebSocketExchange(Router([route(hub, "/hub")]), websocket_scope(path)) as socket:
            await socket.closed()
    assert hub.checked == []
