"""Checks secrets and endpoints of organizations against a few rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from synaxis.domain import Clock, Organization, utc_now
from synaxis.updates import SecurityAlertUpdate, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from synaxis.directory import Directory
    from synaxis.notifier import Notifier

__all__ = ["Endpoint", "Inventory", "Secret", "SecurityAuditAgent"]

_VERY_WEAK_BITS, _WEAK_BITS = 50, 80
_STALE_DAYS = 90
_UNUSED_DAYS = 60


class Secret(Struct, frozen=True):
    """What is known about a secret without knowing it."""

    name: str
    bits: int
    age_days: int
    unused_days: int


class Endpoint(Struct, frozen=True):
    """An address that an organization publishes, and how many calls a minute it takes."""

    path: str
    limit: int | None


class Inventory(Protocol):
    """Lists what organizations have."""

    async def secrets_of(self, organization: Organization) -> tuple[Secret, ...]:
        """Return what is known about the secrets."""
        ...

    async def endpoints_of(self, organization: Organization) -> tuple[Endpoint, ...]:
        """Return the endpoints."""
        ...


class _Finding(Struct, frozen=True):
    alert_type: str
    subject: str
    severity: Severity
    message: str

    @property
    def key(self) -> tuple[str, str, Severity]:
        return self.alert_type, self.subject, self.severity


def _check_secret(secret: Secret) -> Iterator[_Finding]:
    if secret.bits < _WEAK_BITS:
        severity: Severity = "critical" if secret.bits < _VERY_WEAK_BITS else "warning"
        text = f'The secret "{secret.name}" has only {secret.bits} bits of entropy.'
        yield _Finding("weak_secret", secret.name, severity, text)
    if secret.age_days > _STALE_DAYS:
        text = f'The secret "{secret.name}" has not been rotated for more than {_STALE_DAYS} days.'
        yield _Finding("stale_secret", secret.name, "warning", text)
    if secret.unused_days > _UNUSED_DAYS:
        text = f'The secret "{secret.name}" has not been used for {secret.unused_days} days.'
        yield _Finding("unused_secret", secret.name, "info", text)


def _check_endpoint(endpoint: Endpoint) -> Iterator[_Finding]:
    if endpoint.limit is None:
        severity: Severity = "critical" if endpoint.path.startswith("/internal") else "warning"
        yield _Finding(
            "rate_limit_missing", endpoint.path, severity, f"The endpoint {endpoint.path} has no rate limit."
        )


class SecurityAuditAgent:
    """Alerts once about a problem, and again only when it was repaired and came back or its severity changed."""

    def __init__(
        self, directory: Directory, inventory: Inventory, notifier: Notifier, *, clock: Clock = utc_now
    ) -> None:
        self._directory = directory
        self._inventory = inventory
        self._notifier = notifier
        self._clock = clock
        self._open: dict[UUID, frozenset[tuple[str, str, Severity]]] = {}

    async def step(self) -> None:
        """Audit every organization once."""
        for organization in self._directory.organizations:
            findings = await self._audit(organization)
            known = self._open.get(organization.id, frozenset())
            self._open[organization.id] = frozenset(finding.key for finding in findings)
            for finding in findings:
                if finding.key not in known:
                    await self._alert(organization, finding)

    async def _audit(self, organization: Organization) -> list[_Finding]:
        secrets = await self._inventory.secrets_of(organization)
        endpoints = await self._inventory.endpoints_of(organization)
        return [
            *(finding for secret in secrets for finding in _check_secret(secret)),
            *(finding for endpoint in endpoints for finding in _check_endpoint(endpoint)),
        ]

    async def _alert(self, organization: Organization, finding: _Finding) -> None:
        update = SecurityAlertUpdate(
            organization_id=organization.id,
            alert_type=finding.alert_type,
            severity=finding.severity,
            message=finding.message,
            detected_at=self._clock(),
        )
        await self._notifier.notify_security_alert(organization.id, update)
