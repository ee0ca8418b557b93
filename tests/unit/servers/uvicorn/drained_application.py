"""An application on uvicorn that has something to do between a signal and the shutdown."""

from __future__ import annotations

import asyncio
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from signalr_py.servers.uvicorn import drain_on_signals

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request


async def drain() -> None:
    print("drain begins")
    if "--for-ever" in sys.argv:
        await asyncio.Event().wait()
    await asyncio.sleep(0)
    print("drain ends")


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    assert drain_on_signals(drain) is not None
    yield
    print("lifespan ends")


async def health(request: Request) -> PlainTextResponse:
    return PlainTextResponse("healthy")


app = Starlette(routes=[Route("/health", health)], lifespan=lifespan)

if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), loop=sys.argv[2])
