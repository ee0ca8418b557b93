"""Who a request comes from, as Starlette's authentication middleware left it in the scope."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection

__all__ = ["adopt_user", "expires_at", "identity_of", "user_name"]


def user_name(connection: HTTPConnection) -> str | None:
    """Return the name of the authenticated user, or None for nobody.

    It is the user's `identity`, or the `display_name` of a user class without one.
    """
    user = connection.scope.get("user")
    if user is None or not user.is_authenticated:
        return None
    try:
        return str(user.identity)
    except NotImplementedError:
        return str(user.display_name)


def identity_of(connection: HTTPConnection) -> str:
    """Return the text that must be the same on every request of one connection."""
    name = user_name(connection)
    return "" if name is None else f"user {name}"


def expires_at(connection: HTTPConnection) -> float | None:
    """Return the Unix time at which the user's credentials run out, for users with a number in `expires_at`."""
    value = getattr(connection.scope.get("user"), "expires_at", None)
    return float(value) if isinstance(value, (int, float)) else None


def adopt_user(connection: HTTPConnection, later: HTTPConnection) -> None:
    """Give an open connection the user of a later request of the same identity, whose token may be newer."""
    for key in ("user", "auth"):
        if key in later.scope:
            connection.scope[key] = later.scope[key]
