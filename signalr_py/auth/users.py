"""The users that a token, or a refused one, makes of a request."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, final

from starlette.authentication import BaseUser

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["JwtUser", "RefusedUser"]

_OUTSIDE_DESCRIPTION = re.compile(r"[^\x20-\x21\x23-\x5B\x5D-\x7E]")


@final
@dataclass(frozen=True, kw_only=True)
class JwtUser(BaseUser):
    """A user who showed a valid token.

    Attributes:
        user_id: The user's id; `identity` is the same.
        name: What to call the user; `display_name` is the same, or the id where there is none.
        roles: Roles in the token, for `@authorize(roles=...)`.
        scopes: Scopes in the token, for `@authorize("scope")`.
        expires_at: When the token stops being accepted, in seconds since 1970: its `exp` and the leeway.
        claims: The token's claims, read-only.
    """

    user_id: str
    name: str = ""
    roles: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    expires_at: float
    claims: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}), repr=False, compare=False)

    @property
    def is_authenticated(self) -> bool:
        """Always true."""
        return True

    @property
    def display_name(self) -> str:
        """What to call the user."""
        return self.name or self.user_id

    @property
    def identity(self) -> str:
        """The user's id."""
        return self.user_id


@final
@dataclass(frozen=True)
class RefusedUser(BaseUser):
    """Nobody: a token came with the request and was refused.

    Attributes:
        reason: Why, in words that may be shown to the client.
    """

    reason: str

    @property
    def is_authenticated(self) -> bool:
        """Always false."""
        return False

    @property
    def display_name(self) -> str:
        """Always empty."""
        return ""

    @property
    def identity(self) -> str:
        """Always empty."""
        return ""

    @property
    def www_authenticate(self) -> str:
        """Value of the `WWW-Authenticate` header for the answer 401 (RFC 6750, section 3)."""
        description = _OUTSIDE_DESCRIPTION.sub("?", self.reason.replace('"', "'"))
        return f'Bearer error="invalid_token", error_description="{description}"'
