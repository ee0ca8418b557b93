"""aiosignalr, the only other SignalR server in Python: the same hub at `/interop`, in the environment of the peers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiosignalr.server import Hub, ServerOptions, SignalRServer, asgi_app

from benchmarks.servers import bare_asgi

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import Receive, Scope, Send

__all__ = ["LoadHub", "app"]


class LoadHub(Hub):  # type: ignore[misc]
    """The methods that the load calls."""

    async def echo(self, text: str) -> str:
        """Return the text."""
        return text

    async def broadcast(self, text: str) -> None:
        """Send the text to every connection."""
        await self.clients.all_.send("Receive", text)

    async def counter(self, count: int, delay: int) -> AsyncIterator[int]:
        """Stream the integers below a count."""
        for number in range(count):
            yield number


_OPTIONS = ServerOptions(client_timeout_interval=3600)
"""Clients that never ping are not closed, as in the other servers."""

_signalr = asgi_app(SignalRServer(LoadHub, options=_OPTIONS), path="/interop")


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve the hub, and answer every other request with success."""
    await (_signalr if scope["type"] == "websocket" else bare_asgi.app)(scope, receive, send)
