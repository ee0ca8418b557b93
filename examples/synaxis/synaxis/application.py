"""The one place where everything is put together."""

from __future__ import annotations

from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

import anyio
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

from signalr_py import SignalR
from synaxis.agents import run_jobs
from synaxis.authentication import TokenAuthentication
from synaxis.background import simulated_jobs
from synaxis.demo import demo_routes
from synaxis.directory import DEMO_DIRECTORY
from synaxis.front_end import FrontEnd
from synaxis.hub import HUB_PATH, SynaxisHub
from synaxis.membership import DirectoryMemberships, TokenMemberships
from synaxis.notifier import RealTimeNotifier
from synaxis.tokens import TokenIssuer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from starlette.requests import Request

    from synaxis.agents import Job
    from synaxis.directory import Directory
    from synaxis.notifier import Notifier
    from synaxis.settings import Settings

__all__ = ["create_app"]


async def _health(_: Request) -> JSONResponse:
    return JSONResponse({"status": "ok"})


def create_app(
    settings: Settings,
    *,
    directory: Directory = DEMO_DIRECTORY,
    make_jobs: Callable[[Directory, Notifier], Sequence[Job]] | None = None,
) -> Starlette:
    """Return the application: hub, agents, demo and page.

    Args:
        settings: What the installation chose.
        directory: The organizations that the agents look after.
        make_jobs: Makes what runs in the background; by default the five agents over a simulated world.
    """
    signalr = SignalR(allowed_origins=settings.allowed_origins or None)
    notifier = RealTimeNotifier(signalr.hub_context(SynaxisHub))
    jobs = (make_jobs or partial(simulated_jobs, seed=settings.seed))(directory, notifier)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with signalr.lifespan(app), anyio.create_task_group() as background:
            background.start_soon(run_jobs, jobs)
            yield
            background.cancel_scope.cancel()

    app = Starlette(
        routes=[
            signalr.map_hub(HUB_PATH, SynaxisHub),
            Route("/health", _health),
            Mount("/demo", routes=demo_routes(directory, TokenIssuer(settings)) if settings.demo else []),
            Mount("/", FrontEnd(settings.front_end)),
        ],
        middleware=[
            *([signalr.cors_middleware()] if settings.allowed_origins else []),
            Middleware(AuthenticationMiddleware, backend=TokenAuthentication(settings)),
        ],
        lifespan=lifespan,
    )
    app.state.notifier = notifier
    app.state.memberships = DirectoryMemberships(directory) if settings.demo else TokenMemberships()
    return app
