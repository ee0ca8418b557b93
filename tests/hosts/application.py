"""One application in every shape that people give theirs: mounts, frameworks, middleware."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, get_args

import anyio.lowlevel
import jwt
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route

from signalr_py import HttpConnectionOptions, HubOptions, SignalR
from signalr_py.auth import JwtAuthBackend
from signalr_py.redaction import install_redaction
from tests.hosts.hubs import AdminHub, Board, HostHub, SecureHub

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.middleware.base import RequestResponseEndpoint
    from starlette.requests import Request
    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["ORIGIN", "SHAPES", "AppOptions", "Shape", "access_token", "create_app", "create_app_from_environment"]

Shape: TypeAlias = Literal[
    "starlette",
    "mount",
    "no-lifespan",
    "fastapi-routes",
    "fastapi-append",
    "fastapi-mount",
    "base-http-middleware",
    "gzip-middleware",
    "cors-middleware",
    "timing-middleware",
    "everything",
]
SHAPES: Final = get_args(Shape)

ORIGIN: Final = "https://pages.example"
"""The one origin whose pages may open WebSockets."""

_PREFIXED: Final = ("mount", "fastapi-mount", "everything")
_SIGNING_KEY: Final = "a key of the tests of hosts, 32 bytes"
_VARIABLE: Final = "SIGNALR_TESTS_HOSTS_APP"


@dataclass(frozen=True, kw_only=True)
class AppOptions:
    """Which application to make.

    Attributes:
        shape: How the hubs are mounted.
        hub: Options of the hubs.
        http: Options of their HTTP surface.
        shutdown_timeout: What `SignalR` takes.
    """

    shape: Shape = "starlette"
    hub: dict[str, Any] | None = None
    http: dict[str, Any] | None = None
    shutdown_timeout: float = 5.0

    @property
    def prefix(self) -> str:
        """What comes before the paths of the hubs."""
        return "/prefix" if self.shape in _PREFIXED else ""

    def to_environment(self) -> dict[str, str]:
        """Return the variable that carries these options to a host's process."""
        return {_VARIABLE: json.dumps(asdict(self))}

    @classmethod
    def from_environment(cls) -> AppOptions:
        """Read what `to_environment` wrote."""
        return cls(**json.loads(os.environ.get(_VARIABLE, "{}")))


def access_token(user: str, *roles: str) -> str:
    """Return a token for `/secure` and `/admin`."""
    return jwt.encode({"sub": user, "role": list(roles), "exp": 4_000_000_000}, _SIGNING_KEY, "HS256")


def create_app(options: AppOptions) -> Starlette:
    """Return the ASGI application."""
    signalr = SignalR(
        HubOptions(**(options.hub or {})), allowed_origins=[ORIGIN], shutdown_timeout=options.shutdown_timeout
    )
    http = HttpConnectionOptions(**(options.http or {}))
    hubs: list[BaseRoute] = [
        signalr.map_hub("/hub", HostHub, http=http),
        signalr.map_hub("/secure", SecureHub, http=http),
        signalr.map_hub("/admin", AdminHub, http=http),
    ]
    routes: list[BaseRoute] = [
        Route("/health", _health),
        Route("/release", _release, methods=["POST"]),
        Route("/silence", _silence),
    ]
    board = Board()

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with signalr.lifespan(app):
            yield

    middleware = [
        Middleware(_SocketTasks, board=board),
        Middleware(AuthenticationMiddleware, backend=JwtAuthBackend(_SIGNING_KEY)),
    ]
    shape = options.shape
    if shape in ("cors-middleware", "everything"):
        middleware.insert(0, signalr.cors_middleware())
    if shape in ("base-http-middleware", "everything"):
        middleware.append(Middleware(BaseHTTPMiddleware, dispatch=_add_header))
    if shape in ("gzip-middleware", "everything"):
        middleware.append(Middleware(GZipMiddleware, minimum_size=1))
    if shape in ("timing-middleware", "everything"):
        middleware.append(Middleware(_TimingMiddleware))

    app: Starlette
    match shape:
        case "mount":
            app = Starlette(routes=[*routes, Mount("/prefix", routes=hubs)], middleware=middleware, lifespan=lifespan)
        case "no-lifespan":
            app = Starlette(routes=[*routes, *hubs], middleware=middleware)
        case "fastapi-routes":
            app = FastAPI(routes=[*routes, *hubs], middleware=middleware, lifespan=signalr.lifespan)
        case "fastapi-append":
            app = FastAPI(routes=routes, middleware=middleware, lifespan=signalr.lifespan)
            app.router.routes.extend(hubs)
        case "fastapi-mount" | "everything":
            app = FastAPI(routes=routes, middleware=middleware, lifespan=signalr.lifespan)
            inner = FastAPI(routes=hubs)
            inner.state.board = board
            app.mount("/prefix", inner)
        case _:
            app = Starlette(routes=[*routes, *hubs], middleware=middleware, lifespan=signalr.lifespan)
    app.state.board = board
    return app


def create_app_from_environment() -> Starlette:
    """Return the application that the environment asks for, and log what it does."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    install_redaction()
    return create_app(AppOptions.from_environment())


class _SocketTasks:
    """Notes the task of each WebSocket on the board while it runs."""

    def __init__(self, app: ASGIApp, board: Board) -> None:
        self._app = app
        self._board = board

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            task = asyncio.current_task()
            assert task is not None
            self._board.sockets.add(task)
            task.add_done_callback(self._board.sockets.discard)
        await self._app(scope, receive, send)


class _TimingMiddleware:
    """Gives each message of an application a time limit, which belongs to the task that sends it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_in_time(message: Message) -> None:
            with anyio.fail_after(600):
                await send(message)
                await anyio.lowlevel.checkpoint()

        await self._app(scope, receive, send_in_time)


async def _health(request: Request) -> Response:
    return PlainTextResponse("ok")


async def _release(request: Request) -> Response:
    request.app.state.board.releases.release()
    return Response()


async def _silence(request: Request) -> Response:
    sockets = request.app.state.board.sockets
    if sockets:
        await asyncio.wait(sockets)
    return Response()


async def _add_header(request: Request, call_next: RequestResponseEndpoint) -> Response:
    response = await call_next(request)
    response.headers["X-Seen"] = "yes"
    return response
