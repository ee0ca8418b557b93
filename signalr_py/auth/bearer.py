"""Where a bearer token travels in a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signalr_py.auth.hub_paths import is_hub_request

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection

__all__ = ["bearer_tokens"]


def bearer_tokens(connection: HTTPConnection) -> list[str]:
    """Return the tokens that came with a request; more than one is nothing to choose from.

    Those in `Authorization` headers count; if there are none, and the request is for a hub, those in the query string.
    """
    return _header_tokens(connection) or _query_tokens(connection)


def _header_tokens(connection: HTTPConnection) -> list[str]:
    tokens = []
    for value in connection.headers.getlist("authorization"):
        scheme, _, token = value.strip().partition(" ")
        if scheme.lower() == "bearer" and token.strip():
            tokens.append(token.strip())
    return tokens


def _query_tokens(connection: HTTPConnection) -> list[str]:
    tokens = [
        value for name, value in connection.query_params.multi_items() if name.lower() == "access_token" and value
    ]
    return tokens if tokens and is_hub_request(connection.scope) else []
