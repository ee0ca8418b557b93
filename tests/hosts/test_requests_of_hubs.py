"""How long the request of a hub lasts on the fast WebSocket class, by what stands around the hub."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.authentication import AuthCredentials, AuthenticationBackend, SimpleUser
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Mount

from signalr_py import Hub, SignalR
from tests.hosts.asgi.raw_socket import TEXT, frame
from tests.hosts.asgi.serving import serving
from tests.support.raw_client import RS

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.middleware.base import RequestResponseEndpoint
    from starlette.requests import HTTPConnection, Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp, Receive, Scope, Send

HANDSHAKE = '{"protocol":"json","version":1}' + RS
CALL = '{"type":1,"invocationId":"1","target":"Who","arguments":[]}' + RS


class WhoHub(Hub):
    async def who(self) -> str:
        return str(self.context.request.url.path)


class Everybody(AuthenticationBackend):
    """Knows everybody."""

    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, SimpleUser]:
        await asyncio.sleep(0)
        return AuthCredentials(), SimpleUser("ann")


class ForRequests(BaseHTTPMiddleware):
    """Has no say in WebSockets."""

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        raise AssertionError


class Around:
    """Does something afterwards."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)


class InTask(Around):
    """Runs the application in a task of its own."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(super().__call__(scope, receive, send))


class OwnAuthentication(AuthenticationMiddleware):
    """Is Starlette's, but not quite."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await super().__call__(scope, receive, send)


STARLETTES = [
    Middleware(CORSMiddleware, allow_origins=["*"]),
    Middleware(GZipMiddleware),
    Middleware(AuthenticationMiddleware, backend=Everybody()),
    Middleware(ForRequests),
]


def starlette(route: BaseRoute, middleware: list[Middleware]) -> ASGIApp:
    return Starlette(routes=[Mount("/a", routes=[route])], middleware=middleware)


def fastapi(route: BaseRoute, middleware: list[Middleware]) -> ASGIApp:
    return FastAPI(routes=[Mount("/a", routes=[route])], middleware=middleware)


@pytest.mark.parametrize("framework", [starlette, fastapi])
@pytest.mark.parametrize(
    ("middleware", "requests"),
    [
        ([], 0),
        (STARLETTES, 0),
        ([Middleware(Around)], 1),
        ([Middleware(InTask)], 1),
        ([*STARLETTES, Middleware(Around)], 1),
        ([Middleware(OwnAuthentication, backend=Everybody())], 1),
    ],
    ids=["nothing", "Starlette's", "another", "a task", "both", "a subclass"],
)
async def test_a_request_lasts_as_long_as_the_connection_if_other_code_may_wait_for_it(
    framework: Callable[[BaseRoute, list[Middleware]], ASGIApp], middleware: list[Middleware], requests: int
) -> None:
    signalr = SignalR()
    app = framework(signalr.map_hub("/hub", WhoHub), middleware)
    async with signalr.lifespan(), serving(app) as running:
        client = await running.open("/a/hub")
        client.write(frame(TEXT, HANDSHAKE.encode()))
        assert await client.message() == "{}" + RS
        assert len(running.tasks) == requests
        client.write(frame(TEXT, CALL.encode()))
        assert await client.message() == '{"type":3,"invocationId":"1","result":"/a/hub"}' + RS
        await client.leave()
        await running.idle()
