"""People who administer their organization."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synaxis.agents.audit_service import Activity
from synaxis.simulation.chance import Chance

if TYPE_CHECKING:
    from random import Random
    from uuid import UUID

    from synaxis.directory import Directory
    from synaxis.domain import Organization

__all__ = ["SimulatedActivity"]

_CHANCE = 0.16
_ACTIONS = (
    ("api_key.created", "ApiKey"),
    ("api_key.revoked", "ApiKey"),
    ("budget.updated", "Budget"),
    ("member.invited", "Member"),
    ("member.role_changed", "Member"),
    ("model.enabled", "Model"),
    ("policy.updated", "Policy"),
    ("provider.credentials_rotated", "Provider"),
    ("report.exported", "Report"),
)


class SimulatedActivity:
    """Collects what people did until somebody asks."""

    def __init__(self, directory: Directory, random: Random) -> None:
        self._random = random
        self._people = {
            organization.id: tuple(user.name for user in directory.users if organization in user.organizations)
            for organization in directory.organizations
        }
        self._moments = {organization_id: Chance(random, _CHANCE, patience=20) for organization_id in self._people}
        self._done: dict[UUID, list[Activity]] = {organization_id: [] for organization_id in self._people}

    def advance(self) -> None:
        """Let somebody do something."""
        for organization_id, people in self._people.items():
            if people and self._moments[organization_id].comes_up():
                action, entity_type = self._random.choice(_ACTIONS)
                self._done[organization_id].append(Activity(action, entity_type, self._random.choice(people)))

    async def take(self, organization: Organization) -> tuple[Activity, ...]:
        """Return what was done since the last call."""
        done, self._done[organization.id] = self._done[organization.id], []
        return tuple(done)
