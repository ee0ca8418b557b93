"""Serves the built page, or says how to build it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse
from starlette.staticfiles import StaticFiles

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["FrontEnd"]

_NOT_BUILT = """The page is not built yet.

Build it with Node 20.19 or later, then reload:

    cd examples/synaxis/frontend
    npm install
    npm run build
"""


class FrontEnd:
    """An ASGI application over the folder that `npm run build` fills."""

    def __init__(self, folder: Path) -> None:
        self._index = folder / "index.html"
        self._files: ASGIApp = StaticFiles(directory=folder, html=True, check_dir=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if self._index.is_file():
            await self._files(scope, receive, send)
        else:
            await PlainTextResponse(_NOT_BUILT, status_code=503)(scope, receive, send)
