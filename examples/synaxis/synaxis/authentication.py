"""Tells who sent a request, and logs whose token was refused."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from signalr_py.auth import JwtAuthBackend, RefusedUser
from synaxis.tokens import ALGORITHM

if TYPE_CHECKING:
    from starlette.authentication import AuthCredentials
    from starlette.requests import HTTPConnection

    from signalr_py.auth import JwtUser
    from synaxis.settings import Settings

__all__ = ["TokenAuthentication"]

logger = logging.getLogger(__name__)


class TokenAuthentication(JwtAuthBackend):
    """Accepts the tokens that the settings describe."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(
            settings.jwt_key,
            algorithms=(ALGORITHM,),
            issuer=settings.jwt_issuer,
            audience=settings.jwt_audience,
        )

    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, JwtUser | RefusedUser] | None:
        """Return who sent the request; None when it carries no token."""
        result = await super().authenticate(conn)
        if result is not None and isinstance(result[1], RefusedUser):
            logger.warning("Authentication failed at %s: %s.", conn.url.path, result[1].reason)
        return result
