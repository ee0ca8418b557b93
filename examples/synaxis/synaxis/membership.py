"""Who belongs to an organization, asked whenever a client wants to follow one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from uuid import UUID

    from synaxis.directory import Directory

__all__ = ["ORGANIZATIONS_CLAIM", "Caller", "DirectoryMemberships", "Memberships", "TokenMemberships", "group_of"]

ORGANIZATIONS_CLAIM = "organizations"
"""The claim of a token that lists the ids of the organizations its holder belongs to."""


def group_of(organization_id: UUID) -> str:
    """Return the name of the group that receives the updates of an organization: its id in lower case."""
    return str(organization_id)


class Caller(Struct, frozen=True):
    """Who calls a hub method: the verified user id and claims of the token."""

    user_id: str
    claims: Mapping[str, Any]


class Memberships(Protocol):
    """Decides whether a caller belongs to an organization."""

    async def is_member(self, caller: Caller, organization_id: UUID) -> bool:
        """Tell whether `caller` may follow the organization."""
        ...


class TokenMemberships:
    """Believes the token: it lists the organizations in its `organizations` claim."""

    async def is_member(self, caller: Caller, organization_id: UUID) -> bool:
        """Tell whether the token of `caller` names the organization."""
        named = caller.claims.get(ORGANIZATIONS_CLAIM)
        if not isinstance(named, list):
            return False
        return str(organization_id) in {text.lower() for text in named if isinstance(text, str)}


class DirectoryMemberships:
    """Asks a directory, so that somebody who left an organization is refused even with an older token."""

    def __init__(self, directory: Directory) -> None:
        self._organizations = {
            user.name: frozenset(organization.id for organization in user.organizations) for user in directory.users
        }

    async def is_member(self, caller: Caller, organization_id: UUID) -> bool:
        """Tell whether the directory knows `caller` as a member of the organization."""
        return organization_id in self._organizations.get(caller.user_id, frozenset())
