"""python-socketio with the events that the load sends, in the environment of the peers."""

from __future__ import annotations

import socketio

from benchmarks.servers import bare_asgi

__all__ = ["app"]

_server = socketio.AsyncServer(async_mode="asgi", transports=["websocket"], ping_interval=3600)


@_server.on("Echo")  # type: ignore[untyped-decorator]
async def echo(_: str, text: str) -> str:
    """Acknowledge with the text."""
    return text


@_server.on("Broadcast")  # type: ignore[untyped-decorator]
async def broadcast(_: str, text: str) -> None:
    """Send the text to every connection."""
    await _server.emit("Receive", text)


app = socketio.ASGIApp(_server, bare_asgi.app)
