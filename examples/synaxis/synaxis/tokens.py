"""Issues the tokens that the demo's users connect with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jwt

from synaxis.domain import Clock, utc_now
from synaxis.membership import ORGANIZATIONS_CLAIM

if TYPE_CHECKING:
    from synaxis.directory import User
    from synaxis.settings import Settings

__all__ = ["ALGORITHM", "TokenIssuer"]

ALGORITHM = "HS256"


class TokenIssuer:
    """Signs tokens that say who somebody is and which organizations the person belongs to."""

    def __init__(self, settings: Settings, *, clock: Clock = utc_now) -> None:
        self._settings = settings
        self._clock = clock

    def issue(self, user: User) -> str:
        """Return a new token for `user`."""
        settings, now = self._settings, self._clock()
        claims = {
            "sub": user.name,
            "iss": settings.jwt_issuer,
            "aud": settings.jwt_audience,
            "iat": now,
            "exp": now + settings.demo_token_lifetime,
            ORGANIZATIONS_CLAIM: [str(organization.id) for organization in user.organizations],
        }
        return jwt.encode(claims, settings.jwt_key, algorithm=ALGORITHM)
