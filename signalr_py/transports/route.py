"""A mapped hub as a Starlette route, usable wherever routes are."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from starlette.routing import BaseRoute, Match, NoMatchFound, Route, WebSocketRoute

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from starlette.datastructures import URLPath
    from starlette.types import ASGIApp, Receive, Scope, Send

    from signalr_py.transports.endpoint import HubEndpoint

__all__ = ["HubRoute"]


@final
class HubRoute(BaseRoute):
    """Routes the hub's path and the paths below it that belong to the protocol.

    Args:
        path: Path of the hub, with Starlette's path parameters if wanted.
        endpoint: What answers.
        name: Name for `url_path_for`.
    """

    def __init__(self, path: str, endpoint: HubEndpoint, *, name: str) -> None:
        self.path = path
        self.name = name
        self.endpoint = endpoint
        self._web_sockets = WebSocketRoute(path, _Application(endpoint.connect), name=name)
        self._routes = (
            Route(path, _Application(endpoint.connect), name=name),
            Route(path.rstrip("/") + "/negotiate", _Application(endpoint.negotiate)),
            Route(path.rstrip("/") + "/refresh", _Application(endpoint.refresh)),
        )

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Tell whether a request is this hub's, as Starlette's router asks."""
        if scope["type"] == "websocket":
            return self._web_sockets.matches(scope)
        for route in self._routes:
            match, child_scope = route.matches(scope)
            if match is not Match.NONE:
                return match, child_scope
        return Match.NONE, {}

    def url_path_for(self, name: str, /, **path_params: object) -> URLPath:
        """Return the hub's path.

        Raises:
            NoMatchFound: Another name, or other parameters.
        """
        if name != self.name:
            raise NoMatchFound(name, path_params)
        return self._routes[0].url_path_for(name, **path_params)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that matched."""
        await scope["endpoint"](scope, receive, send)


@final
class _Application:
    """An ASGI application around a method, which Starlette would otherwise take for a request handler."""

    def __init__(self, answer: ASGIApp) -> None:
        self._answer = answer

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return self._answer(scope, receive, send)
