"""uvicorn with the fast WebSocket class, inside the test."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

import uvicorn

from signalr_py.servers.uvicorn.choosing import FAST_WEB_SOCKET_CLASS, fast_web_socket_class
from signalr_py.servers.uvicorn.protocol import FastWebSocketProtocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import ASGIApp

__all__ = ["serve_fast"]

_TRIED_OUT: Final = fast_web_socket_class()
"""Tried out before any event loop runs, since that blocks."""


@asynccontextmanager
async def serve_fast(app: ASGIApp, **settings: Any) -> AsyncIterator[str]:
    """Serve an application for as long as the block lasts.

    Args:
        app: The application.
        settings: Settings of uvicorn.

    Yields:
        The `http://` address of the server.
    """
    config = uvicorn.Config(app, ws=FAST_WEB_SOCKET_CLASS, log_config=None, lifespan="on", **settings)
    config.load()
    assert config.ws_protocol_class is _TRIED_OUT is FastWebSocketProtocol
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = asyncio.ensure_future(server.serve(sockets=[listener]))
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving
