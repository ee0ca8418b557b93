"""Whether a request is for a hub, found out before the application has routed it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.routing import Match

from signalr_py.transports.route import HubRoute

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from starlette.routing import BaseRoute
    from starlette.types import Scope

__all__ = ["is_hub_request", "is_hub_route"]

_MAXIMUM_WRAPPERS: Final = 32


def is_hub_route(route: BaseRoute) -> bool:
    """Tell whether a route leads to a hub."""
    return isinstance(route, HubRoute)


def is_hub_request(scope: Scope) -> bool:
    """Tell whether the application's routes lead this request to a hub.

    Mounts and hosts are followed, through middleware around what is mounted. The application must be Starlette's or one
    built on it: nothing is known of the routes of any other, and the answer is no.
    """
    for routes, start in _starts(scope):
        route = _find(routes, start)
        if route is not None:
            return is_hub_route(route)
    return False


def _starts(scope: Scope) -> Iterator[tuple[Sequence[BaseRoute], Scope]]:
    """Yield where to begin: the outermost router when it has been entered already, then the current application."""
    if "router" in scope:
        root_path = scope.get("app_root_path", scope.get("root_path", ""))
        yield scope["router"].routes, {**scope, "root_path": root_path}
    if "app" in scope:
        yield getattr(scope["app"], "routes", ()), dict(scope)


def _find(routes: Sequence[BaseRoute], scope: Scope) -> BaseRoute | None:
    """Return the innermost route that would handle a request, or None when the routes do not tell."""
    for route in routes:
        match, child_scope = route.matches(scope)
        if match is Match.FULL:
            if not hasattr(route, "routes"):
                return route
            return _find(_nested_routes(route), {**scope, **child_scope})
    return None


def _nested_routes(container: object) -> Sequence[BaseRoute]:
    """Return the routes of a mount or host, looking through middleware, which keeps what it wraps in `app`."""
    for _ in range(_MAXIMUM_WRAPPERS):
        routes: Sequence[BaseRoute] | None = getattr(container, "routes", None)
        if routes:
            return routes
        container = getattr(container, "app", None)
    return ()
