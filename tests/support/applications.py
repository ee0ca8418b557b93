"""A small application with one hub, for tests of what surrounds hubs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from starlette.applications import Starlette
from starlette.authentication import AuthCredentials, AuthenticationBackend, SimpleUser

from signalr_py import Hub
from tests.support.asgi import lifespan_without_leaks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.middleware import Middleware
    from starlette.requests import HTTPConnection
    from starlette.routing import BaseRoute

    from signalr_py import SignalR

__all__ = ["NEGOTIATE", "ChatHub", "Everybody", "serving"]

NEGOTIATE: Final = "/chat/negotiate?negotiateVersion=1"


class ChatHub(Hub):
    """Answers with what it is given and what it knows."""

    async def say(self, text: str) -> None:
        await self.clients.all.send("Said", text)

    async def echo(self, value: Any) -> Any:
        return value

    async def user(self) -> str | None:
        return self.context.user_identifier

    async def room(self) -> Any:
        return self.context.request.path_params.get("room")


class Everybody(AuthenticationBackend):
    """Everybody is Bob, except those who say that they are nobody."""

    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, SimpleUser] | None:
        return None if "x-nobody" in conn.headers else (AuthCredentials(["authenticated"]), SimpleUser("bob"))


def serving(signalr: SignalR, *routes: BaseRoute, middleware: Sequence[Middleware] = ()) -> Starlette:
    """Return an application whose lifespan asserts that nothing is left behind."""
    return Starlette(
        routes=[signalr.map_hub("/chat", ChatHub), *routes],
        lifespan=lambda _: lifespan_without_leaks(signalr),
        middleware=list(middleware),
    )
