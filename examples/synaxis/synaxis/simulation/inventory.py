"""Secrets and endpoints of organizations, where people make mistakes and repair them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from synaxis.agents.security_audit import Endpoint, Secret
from synaxis.simulation.chance import Chance

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random
    from uuid import UUID

    from synaxis.domain import Organization

__all__ = ["SimulatedInventory"]

_SECRETS = ("billing-webhook", "etl-service", "staging-gateway", "partner-portal", "mobile-app", "analytics-export")
_ENDPOINTS = ("/v1/chat", "/v1/embeddings", "/v1/batch", "/v1/files", "/internal/replay", "/v1/images")
_STRONG_BITS = 256
_MISTAKE_CHANCE = 0.14
_MOST_PROBLEMS = 4


@dataclass
class _Secret:
    name: str
    bits: int
    age_days: int
    unused_days: int

    @property
    def is_sound(self) -> bool:
        return self.bits >= 80 and self.age_days <= 90 and self.unused_days <= 60


@dataclass
class _Endpoint:
    path: str
    limit: int | None

    @property
    def is_sound(self) -> bool:
        return self.limit is not None


class SimulatedInventory:
    """Lists what an organization has; time ages it, people break it and put it right."""

    def __init__(self, organizations: Sequence[Organization], random: Random) -> None:
        self._random = random
        self._mistakes = {
            organization.id: Chance(random, _MISTAKE_CHANCE, patience=15) for organization in organizations
        }
        self._secrets: dict[UUID, list[_Secret]] = {}
        self._endpoints: dict[UUID, list[_Endpoint]] = {}
        for organization in organizations:
            self._secrets[organization.id] = [self._new_secret(name) for name in _SECRETS]
            self._endpoints[organization.id] = [_Endpoint(path, self._new_limit()) for path in _ENDPOINTS]

    def _new_secret(self, name: str) -> _Secret:
        return _Secret(name, _STRONG_BITS, self._random.randint(0, 70), self._random.randint(0, 20))

    def _new_limit(self) -> int:
        return self._random.choice((60, 120, 600))

    def advance(self) -> None:
        """Let secrets age, and mistakes happen; where problems pile up, one is repaired first."""
        for organization_id, mistakes in self._mistakes.items():
            for secret in self._secrets[organization_id]:
                secret.age_days += self._random.choice((0, 0, 0, 0, 0, 1))
            if mistakes.comes_up():
                self._repair(organization_id)
                self._make_mistake(organization_id)

    def _make_mistake(self, organization_id: UUID) -> None:
        subject = self._random.choice([subject for subject in self._subjects(organization_id) if subject.is_sound])
        if isinstance(subject, _Endpoint):
            subject.limit = None
        elif self._random.random() < 0.6:
            subject.bits = self._random.choice((24, 40, 56, 72))
        else:
            subject.unused_days = self._random.randint(61, 200)

    def _repair(self, organization_id: UUID) -> None:
        problems = [subject for subject in self._subjects(organization_id) if not subject.is_sound]
        if len(problems) <= _MOST_PROBLEMS:
            return
        chosen = self._random.choice(problems)
        if isinstance(chosen, _Endpoint):
            chosen.limit = self._new_limit()
        else:
            chosen.bits, chosen.age_days, chosen.unused_days = _STRONG_BITS, 0, 0

    def _subjects(self, organization_id: UUID) -> list[_Secret | _Endpoint]:
        return [*self._secrets[organization_id], *self._endpoints[organization_id]]

    async def secrets_of(self, organization: Organization) -> tuple[Secret, ...]:
        """Return what is known about the secrets of the organization; never their values."""
        return tuple(Secret(s.name, s.bits, s.age_days, s.unused_days) for s in self._secrets[organization.id])

    async def endpoints_of(self, organization: Organization) -> tuple[Endpoint, ...]:
        """Return the endpoints of the organization and their limits."""
        return tuple(Endpoint(e.path, e.limit) for e in self._endpoints[organization.id])
