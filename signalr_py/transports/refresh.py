"""A newer token of the same user, for a connection that goes on: by `POST {hub}/refresh`, or with a later request."""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING, final

import msgspec
from starlette.requests import HTTPConnection
from starlette.responses import Response

from signalr_py.transports.lookup import NotFound, Why
from signalr_py.transports.principal import (
    adopt_user,
    credentials_of,
    expires_at,
    is_authenticated,
    restore_user,
    token_lifetime,
)
from signalr_py.transports.query import QueryValues
from signalr_py.transports.responses import empty_text
from signalr_py.transports.tokens import ConnectionToken
from signalr_py.types import Challenge

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from starlette.types import Receive, Scope, Send

    from signalr_py.transports.connection import TransportConnection
    from signalr_py.transports.lookup import ConnectionLookup

__all__ = ["AuthenticationRefresh"]

_log = logging.getLogger("signalr_py.transports.refresh")


@final
class AuthenticationRefresh:
    """Lets the clients of one mapped hub renew who they are.

    Args:
        lookup: Finds connections.
        check: Asks whether a request's user may use the hub, and returns the answer when not.
        is_enabled: Whether `enable_authentication_refresh` is set.
        wall_clock: Unix time in seconds.
    """

    def __init__(
        self,
        lookup: ConnectionLookup,
        check: Callable[[HTTPConnection], Awaitable[Response | None]],
        *,
        is_enabled: bool,
        wall_clock: Callable[[], float],
    ) -> None:
        self._lookup = lookup
        self._check = check
        self._is_enabled = is_enabled
        self._wall_clock = wall_clock

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request at `{hub}/refresh`, unless another node has."""
        response = await self._answer(scope, receive, send)
        if response is not None:
            await response(scope, receive, send)

    def lifetime(self, request: HTTPConnection) -> int | None:
        """Return the seconds that a client is told to have until its token expires, or None for nothing to tell."""
        return token_lifetime(request, self._wall_clock()) if self._is_enabled else None

    def adopt(self, connection: TransportConnection, request: HTTPConnection) -> bool:
        """Give a connection the user of a request that carries it from now on; the hub learns of another token.

        A client may go on carrying its connection with the token that a refresh has replaced: that changes nothing.

        Returns:
            Whether the hub takes the user for the one it knows; otherwise the connection ends.
        """
        credentials = credentials_of(request) if self._is_enabled else None
        is_replaced = credentials == connection.carried_credentials != connection.credentials
        connection.carried_credentials = credentials
        if is_replaced:
            return True
        return self._take_over(connection, request, credentials, is_renewed=credentials != connection.credentials)

    def end_refused(self, request: HTTPConnection) -> None:
        """End the connection of a poll whose user may not use the hub any longer."""
        connection = self._lookup.own(request, QueryValues(request.scope)) if self._is_enabled else None
        if connection is not None:
            _end(connection, "its user may not use the hub any longer")

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> Response | None:
        if scope["method"] != "POST":
            return empty_text(405)
        if not self._is_enabled:
            return _error(404, "refresh_disabled")
        request, query = HTTPConnection(scope), QueryValues(scope)
        found = await self._lookup.find(request, query, receive, send)
        if found is None:
            return None
        if isinstance(found, NotFound) and found.why is Why.NO_ID:
            return _error(400, "missing_connection_token")
        if isinstance(found, NotFound) and found.why is Why.UNKNOWN_ID:
            return _error(404, "connection_not_found")
        if self._lookup.was_negotiated_as_0(query):
            return _error(400, "unsupported_negotiate_version")
        if not is_authenticated(request):
            return _error(401, "invalid_token", {"WWW-Authenticate": _challenge(request)})
        if isinstance(found, NotFound):
            return self._refuse_other_user(found)
        refusal = await self._check(request)
        if refusal is not None:
            return _translated(refusal)
        return self._renew(found, request)

    def _refuse_other_user(self, found: NotFound) -> Response:
        if found.connection is not None:
            _end(found.connection, "another user sent a refresh")
        return _error(403, "permission_change_rejected")

    def _renew(self, found: TransportConnection | ConnectionToken, request: HTTPConnection) -> Response:
        """Give a connection its new user; one that no request has opened yet gets it from the request that does."""
        if not isinstance(found, ConnectionToken):
            if not found.takes_input:
                return _error(404, "connection_not_found")
            if not self._take_over(found, request, credentials_of(request), is_renewed=True):
                return _error(403, "permission_change_rejected")
        lifetime = self.lifetime(request)
        return _json(200, {} if lifetime is None else {"tokenLifetimeSeconds": lifetime})

    def _take_over(
        self, connection: TransportConnection, request: HTTPConnection, credentials: bytes | None, *, is_renewed: bool
    ) -> bool:
        if connection.chosen_transport is not None:
            earlier = adopt_user(connection.request, request)
            if is_renewed and not connection.authentication_refreshed():
                restore_user(connection.request, earlier)
                _end(connection, "the user id of its newer token is another")
                return False
        connection.credentials = credentials
        connection.expires_at = expires_at(request)
        connection.due = -math.inf
        return True


def _end(connection: TransportConnection, reason: str) -> None:
    _log.info("Connection %s ends: %s.", connection.connection_id, reason)
    connection.expire()


def _challenge(request: HTTPConnection) -> str:
    user = request.scope.get("user")
    return user.www_authenticate if isinstance(user, Challenge) else "Bearer"


def _translated(refusal: Response) -> Response:
    """Return the answer of a check in the words of this request."""
    if refusal.status_code == 403:
        return _error(403, "permission_change_rejected")
    if refusal.status_code == 401:
        challenge = refusal.headers.get("www-authenticate", "Bearer")
        return _error(401, "invalid_token", {"WWW-Authenticate": challenge})
    return refusal


def _error(status: int, code: str, headers: Mapping[str, str] | None = None) -> Response:
    return _json(status, {"error": code}, headers)


def _json(status: int, body: Mapping[str, str | int], headers: Mapping[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(body), status_code=status, headers=headers, media_type="application/json")
