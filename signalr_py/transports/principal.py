"""Who a request comes from, as Starlette's authentication middleware left it in the scope."""

from __future__ import annotations

import hashlib
import sys
from typing import TYPE_CHECKING, Any, Final

from signalr_py.transports.query import QueryValues

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection

__all__ = [
    *("adopt_user", "credentials_of", "expires_at", "identity_of", "is_authenticated"),
    *("restore_user", "token_lifetime", "user_name"),
]

_KEYS: Final = ("user", "auth")
_LONGEST_LIFETIME: Final = 2**31 - 1


def is_authenticated(connection: HTTPConnection) -> bool:
    """Tell whether a request comes from a user who is known."""
    user = connection.scope.get("user")
    return user is not None and bool(user.is_authenticated)


def user_name(connection: HTTPConnection) -> str | None:
    """Return the name of the authenticated user, or None for nobody.

    It is the user's `identity`, or the `display_name` of a user class without one.
    """
    if not is_authenticated(connection):
        return None
    user = connection.scope["user"]
    try:
        return str(user.identity)
    except NotImplementedError:
        return str(user.display_name)


def identity_of(connection: HTTPConnection) -> str:
    """Return the text that must be the same on every request of one connection."""
    name = user_name(connection)
    return "" if name is None else f"user {name}"


def credentials_of(connection: HTTPConnection) -> bytes:
    """Return a digest of the token of a request, which tells whether a later one brings another."""
    tokens = [value.strip().partition(" ")[2].strip() for value in connection.headers.getlist("authorization")]
    token = " ".join(filter(None, tokens)) or QueryValues(connection.scope).get("access_token") or ""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def expires_at(connection: HTTPConnection) -> float | None:
    """Return the Unix time at which the user's credentials run out, for users with a number in `expires_at`."""
    value = getattr(connection.scope.get("user"), "expires_at", None)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if abs(value) <= sys.float_info.max else None


def token_lifetime(connection: HTTPConnection, now: float) -> int | None:
    """Return the whole seconds that the user's credentials still have, or None when they do not run out.

    Args:
        connection: The request.
        now: Unix time in seconds.
    """
    expiry = expires_at(connection)
    return None if expiry is None else int(min(max(expiry - now, 0), _LONGEST_LIFETIME))


def adopt_user(connection: HTTPConnection, later: HTTPConnection) -> dict[str, Any]:
    """Give an open connection the user of a later request of the same identity, whose token may be newer.

    Returns:
        What the connection had before, for `restore_user`.
    """
    earlier = {key: connection.scope[key] for key in _KEYS if key in connection.scope}
    for key in _KEYS:
        if key in later.scope:
            connection.scope[key] = later.scope[key]
    return earlier


def restore_user(connection: HTTPConnection, earlier: dict[str, Any]) -> None:
    """Give a connection the user back that it had before `adopt_user`."""
    for key in _KEYS:
        connection.scope.pop(key, None)
    connection.scope.update(earlier)
