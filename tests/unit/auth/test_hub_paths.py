from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, cast

import httpx
import jwt
import pytest
from fastapi import APIRouter, FastAPI
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse
from starlette.routing import Host, Mount, Route, Router, WebSocketRoute
from starlette.websockets import WebSocket

from signalr_py.auth import JwtAuthBackend
from signalr_py.auth.hub_paths import is_hub_request
from signalr_py.transports.route import HubRoute

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Receive, Scope, Send

    from signalr_py.transports.endpoint import HubEndpoint

SECRET = "a-secret-for-these-tests-of-more-than-32-bytes"
AUTHENTICATION = Middleware(AuthenticationMiddleware, backend=JwtAuthBackend(SECRET))


class WhoIsThere:
    """Stands where a hub's endpoint does, and answers with the name of the user."""

    async def negotiate(self, scope: Scope, receive: Receive, send: Send) -> None:
        await JSONResponse(HTTPConnection(scope).user.display_name)(scope, receive, send)

    async def refresh(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.negotiate(scope, receive, send)

    async def connect(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self.negotiate(scope, receive, send)
            return
        await says_who(WebSocket(scope, receive, send))


async def says_who(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_json(socket.user.display_name)
    await socket.close()


async def who(request: Request) -> JSONResponse:
    return JSONResponse(request.user.display_name)


def hub(path: str = "/chat") -> HubRoute:
    return HubRoute(path, cast("HubEndpoint", WhoIsThere()), name="hub")


def token(user: str = "alice") -> str:
    return jwt.encode({"sub": user, "exp": int(time.time()) + 60}, SECRET)


def client_of(app: ASGIApp, *, root_path: str = "", host: str = "testserver") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(cast("Any", app), root_path=root_path)
    return httpx.AsyncClient(transport=transport, base_url=f"http://{host}")


async def asks(app: ASGIApp, path: str, *, root_path: str = "", host: str = "testserver") -> str:
    async with client_of(app, root_path=root_path, host=host) as client:
        answers = {
            (await client.get(path, params={"access_token": token()})).json(),
            (await client.post(path, params={"x": "1", "ACCESS_TOKEN": token()})).json(),
        }
        assert (await client.get(path, headers={"Authorization": f"Bearer {token()}"})).json() == "alice"
        assert (await client.get(path)).json() == ""
    (answer,) = answers
    return cast("str", answer)


async def asks_by_socket(app: ASGIApp, path: str) -> str:
    query = f"access_token={token()}".encode()
    scope = {"type": "websocket", "path": path, "query_string": query, "headers": [], "subprotocols": []}
    sent: list[Any] = []

    async def receive() -> dict[str, str]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    (answer,) = [json.loads(message["text"]) for message in sent if message["type"] == "websocket.send"]
    return cast("str", answer)


async def test_a_hub_takes_a_token_from_the_query_and_nothing_else_does() -> None:
    routes = [
        hub(),
        Route("/plain", who, methods=["GET", "POST"]),
        WebSocketRoute("/socket", says_who),
        hub("/rooms/{room:int}"),
    ]
    app = Starlette(routes=routes, middleware=[AUTHENTICATION])
    for path in ("/chat", "/chat/negotiate", "/chat/refresh", "/rooms/7", "/rooms/7/negotiate", "/rooms/7/refresh"):
        assert await asks(app, path) == "alice"
    assert await asks(app, "/plain") == ""
    assert await asks_by_socket(app, "/chat") == "alice"
    assert await asks_by_socket(app, "/socket") == ""
    async with client_of(app) as client:
        assert (await client.get("/nowhere", params={"access_token": token()})).status_code == 404


@pytest.mark.parametrize(
    ("authorization", "query", "user"),
    [
        ("Bearer {header}", "access_token={query}", "header"),
        ("Bearer {header}", "access_token=garbage", "header"),
        ("Bearer garbage", "access_token={query}", ""),
        ("Basic YTpi", "access_token={query}", "query"),
        (None, "access_token=", ""),
        (None, "access_token=&access_token={query}", "query"),
        (None, "access_token={query}&access_token={query}", ""),
        (None, "other_token={query}", ""),
        (None, "%61ccess_token={query}", "query"),
    ],
)
async def test_the_header_wins_and_two_tokens_lose(authorization: str | None, query: str, user: str) -> None:
    tokens = {"header": token("header"), "query": token("query")}
    headers = {} if authorization is None else {"Authorization": authorization.format(**tokens)}
    async with client_of(Starlette(routes=[hub()], middleware=[AUTHENTICATION])) as client:
        assert (await client.get(f"/chat?{query.format(**tokens)}", headers=headers)).json() == user


async def test_routes_in_front_of_a_hub_hide_it() -> None:
    app = Starlette(routes=[Route("/chat", who, methods=["GET", "POST"]), hub()], middleware=[AUTHENTICATION])
    assert await asks(app, "/chat") == ""


def inner_routes() -> list[Route | HubRoute]:
    return [hub(), Route("/plain", who, methods=["GET", "POST"])]


@pytest.mark.parametrize(
    "app",
    [
        Starlette(routes=[Mount("/a", routes=inner_routes())], middleware=[AUTHENTICATION]),
        Starlette(routes=[Mount("/a", app=Starlette(routes=inner_routes()))], middleware=[AUTHENTICATION]),
        Starlette(routes=[Mount("/a", app=Starlette(routes=inner_routes(), middleware=[AUTHENTICATION]))]),
        Starlette(routes=[Mount("/a", routes=inner_routes(), middleware=[AUTHENTICATION])]),
        Starlette(
            routes=[Mount("/a", app=AuthenticationMiddleware(Router(inner_routes()), backend=JwtAuthBackend(SECRET)))]
        ),
        Starlette(
            routes=[Mount("/a", app=CORSMiddleware(GZipMiddleware(Starlette(routes=inner_routes()))))],
            middleware=[AUTHENTICATION],
        ),
    ],
    ids=["routes", "application", "inside", "around the routes", "around a router", "behind other middleware"],
)
async def test_under_a_mount(app: Starlette) -> None:
    assert await asks(app, "/a/chat") == "alice"
    assert await asks(app, "/a/chat/negotiate") == "alice"
    assert await asks(app, "/a/chat/refresh") == "alice"
    assert await asks(app, "/a/plain") == ""


async def test_behind_a_mounted_application_that_shows_nothing_the_header_is_needed() -> None:
    inner = Starlette(routes=inner_routes())

    async def opaque(scope: Scope, receive: Receive, send: Send) -> None:
        await inner(scope, receive, send)

    app = Starlette(routes=[Mount("/a", app=opaque)], middleware=[AUTHENTICATION])
    assert await asks(app, "/a/chat") == ""


async def test_an_application_that_is_hidden_may_look_for_itself() -> None:
    inner = Starlette(routes=inner_routes(), middleware=[AUTHENTICATION])

    async def opaque(scope: Scope, receive: Receive, send: Send) -> None:
        await inner(scope, receive, send)

    app = Starlette(routes=[Mount("/a", app=opaque)])
    assert await asks(app, "/a/chat") == "alice"
    assert await asks(app, "/a/plain") == ""


async def test_deep_mounts_and_root_paths() -> None:
    app = Starlette(
        routes=[Mount("/a/{tenant}", routes=[Mount("/b", routes=inner_routes())])], middleware=[AUTHENTICATION]
    )
    assert await asks(app, "/a/x/b/chat") == "alice"
    assert await asks(app, "/a/x/b/plain") == ""
    assert await asks(app, "/outer/a/x/b/chat", root_path="/outer") == "alice"
    assert await asks(app, "/outer/a/x/b/chat/refresh", root_path="/outer") == "alice"


async def test_a_mount_whose_name_matches_a_hub_outside() -> None:
    plain = Route("/chat", who, methods=["GET", "POST"])
    app = Starlette(routes=[Mount("/a", routes=[plain], middleware=[AUTHENTICATION]), hub()])
    assert await asks(app, "/a/chat") == ""


async def test_hosts() -> None:
    app = Starlette(
        routes=[Host("chat.example", Router(inner_routes())), Route("/chat", who, methods=["GET", "POST"])],
        middleware=[AUTHENTICATION],
    )
    assert await asks(app, "/chat", host="chat.example") == "alice"
    assert await asks(app, "/plain", host="chat.example") == ""
    assert await asks(app, "/chat", host="other.example") == ""


async def test_fastapi() -> None:
    app = FastAPI(routes=[hub(), Mount("/a", routes=inner_routes())], middleware=[AUTHENTICATION])
    router = APIRouter()
    router.add_api_route("/plain", who, methods=["GET", "POST"], response_model=None)
    app.include_router(router, prefix="/v1")
    assert await asks(app, "/chat") == "alice"
    assert await asks(app, "/a/chat") == "alice"
    assert await asks(app, "/a/plain") == ""
    assert await asks_by_socket(app, "/chat") == "alice"


async def test_fastapi_under_a_root_path() -> None:
    app = FastAPI(routes=[hub()], middleware=[AUTHENTICATION])
    assert await asks(app, "/api/chat", root_path="/api") == "alice"
    assert await asks(app, "/api/chat/refresh", root_path="/api") == "alice"


def test_an_application_that_says_nothing_of_its_routes() -> None:
    scope = {"type": "http", "method": "GET", "path": "/chat", "query_string": b"", "headers": []}
    assert not is_hub_request(scope)
    assert not is_hub_request({**scope, "app": object()})
    assert is_hub_request({**scope, "app": Router([hub()])})


def test_finding_out_changes_nothing() -> None:
    app = Starlette(routes=[Mount("/a", routes=inner_routes())])
    scope = {"type": "http", "method": "GET", "path": "/a/chat", "query_string": b"", "headers": [], "app": app}
    before = dict(scope)
    assert is_hub_request(scope)
    assert scope == before
