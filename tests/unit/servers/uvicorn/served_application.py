"""An application that serves itself: `python served_application.py PORT [SETTINGS]`, the latter in JSON."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute

import signalr_py

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.websockets import WebSocket


class EchoHub(signalr_py.Hub):
    async def echo(self, text: str) -> str:
        return text


async def extensions(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_json([os.getpid(), sorted(socket.scope["extensions"])])
    await socket.close()


async def health(request: Request) -> PlainTextResponse:
    return PlainTextResponse("healthy")


signalr = signalr_py.SignalR()
app = Starlette(
    routes=[
        signalr.map_hub("/hub", EchoHub),
        WebSocketRoute("/extensions", extensions),
        Route("/health", health),
    ],
    lifespan=signalr.lifespan,
)

if __name__ == "__main__":
    port, settings = int(sys.argv[1]), json.loads(sys.argv[2])
    signalr_py.run(settings.pop("app", app), port=port, **settings)
