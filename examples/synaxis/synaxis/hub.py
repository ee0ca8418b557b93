"""The hub that the front end connects to."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING
from uuid import UUID

from signalr_py import Hub, HubException, authorize
from synaxis.membership import Caller, group_of

if TYPE_CHECKING:
    from synaxis.membership import Memberships

__all__ = ["HUB_PATH", "SynaxisHub"]

logger = logging.getLogger(__name__)

HUB_PATH = "/hubs/synaxis"


@authorize
class SynaxisHub(Hub):
    """Lets a signed-in client follow the organizations that its user belongs to."""

    async def on_connected(self) -> None:
        """Note who came."""
        context = self.context
        logger.info("Connection %s of user %s opened.", context.connection_id, context.user_identifier)

    async def on_disconnected(self, error: Exception | None) -> None:
        """Note who left, and why if it was not on purpose."""
        context = self.context
        reason = f": {error}" if error else ""
        logger.info("Connection %s of user %s closed%s.", context.connection_id, context.user_identifier, reason)

    async def join_organization(self, organization_id: str | None) -> None:
        """Start to receive the updates of an organization.

        Raises:
            HubException: The id is blank or not a UUID, or the caller does not belong to the organization.
        """
        if organization_id is None or not organization_id.strip():
            raise HubException("An organization id is required.")
        organization = _parse(organization_id)
        if organization is None:
            raise HubException("The organization id is not a UUID.")
        caller = self._caller()
        memberships: Memberships = self.context.request.app.state.memberships
        if not await memberships.is_member(caller, organization):
            logger.warning("User %s was refused organization %s.", caller.user_id, organization)
            raise HubException(f"You are not a member of organization {organization}.")
        await self.groups.add(self.context.connection_id, group_of(organization))
        logger.info("Connection %s joined organization %s.", self.context.connection_id, organization)

    async def leave_organization(self, organization_id: str | None) -> None:
        """Stop receiving the updates of an organization; an id that cannot be one is ignored."""
        organization = _parse(organization_id or "")
        if organization is None:
            logger.warning("Connection %s left an organization without a usable id.", self.context.connection_id)
            return
        await self.groups.remove(self.context.connection_id, group_of(organization))
        logger.info("Connection %s left organization %s.", self.context.connection_id, organization)

    def _caller(self) -> Caller:
        user = self.context.user
        return Caller(self.context.user_identifier or "", getattr(user, "claims", {}))


def _parse(text: str) -> UUID | None:
    try:
        return UUID(text.strip())
    except ValueError:
        return None
