"""The short answers of the HTTP surface, and how an upgrade is refused with one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Receive, Scope, Send

__all__ = ["empty_text", "respond", "text"]

_LINGERING_TIME: Final = 0.01


def text(status: int, body: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return a plain text answer, whose type names no character set, as the reference's does not."""
    return Response(body, status_code=status, headers={**(headers or {}), "Content-Type": "text/plain"})


def empty_text(status: int, headers: Mapping[str, str] | None = None) -> Response:
    """Return an answer of type `text/plain` without a body, which is how the reference spells most of them."""
    return text(status, "", headers)


async def respond(response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer an HTTP request, or refuse a WebSocket upgrade.

    An upgrade is refused with the whole answer where the host has the denial response extension, and with a plain close
    elsewhere, which clients see as status 403. It returns a moment after the answer, since `websockets-sansio` of
    uvicorn logs an error about a handler that returns while a refused socket is still there.
    """
    if scope["type"] == "websocket":
        await receive()
        if "websocket.http.response" not in scope.get("extensions", {}):
            await send({"type": "websocket.close", "code": 1008, "reason": ""})
            return
    await response(scope, receive, send)
    if scope["type"] == "websocket":
        await asyncio.sleep(_LINGERING_TIME)
