"""Probes providers and reports when their health changes."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from synaxis.domain import Clock, Provider, utc_now
from synaxis.updates import ProviderHealthUpdate

if TYPE_CHECKING:
    from synaxis.directory import Directory
    from synaxis.notifier import Notifier

__all__ = ["HealthMonitoringAgent", "Probe", "ProviderProbe"]

_WINDOW = 8
_GOOD_LATENCY_MS = 180
_FALLS_BELOW, _RECOVERS_AT = Decimal("0.50"), Decimal("0.60")
_SCORE_STEP = Decimal("0.05")
_LATENCY_STEP = 0.2
_REPORT_AFTER_SECONDS = 8
_HUNDREDTH = Decimal("0.01")


class Probe(Struct, frozen=True):
    """The outcome of asking a provider for a sign of life; a failure counts with the time it took."""

    succeeded: bool
    latency_ms: int


class ProviderProbe(Protocol):
    """Asks providers for a sign of life."""

    async def probe(self, provider: Provider) -> Probe:
        """Ask one provider."""
        ...


class _Finding(Struct, frozen=True):
    healthy: bool
    score: Decimal
    latency_ms: int
    at: datetime


@dataclass
class _Record:
    probes: deque[Probe] = field(default_factory=lambda: deque(maxlen=_WINDOW))
    healthy: bool = True
    reported: _Finding | None = None


class HealthMonitoringAgent:
    """Judges a provider by its last few probes.

    The score is the share of probes that were answered, lowered when they took long. A provider falls ill below one
    score and is well again only above a higher one, so that it does not flicker.
    """

    def __init__(
        self, directory: Directory, probe: ProviderProbe, notifier: Notifier, *, clock: Clock = utc_now
    ) -> None:
        self._directory = directory
        self._probe = probe
        self._notifier = notifier
        self._clock = clock
        self._records = {provider: _Record() for provider in directory.providers}

    def is_healthy(self, provider: Provider) -> bool:
        """Tell whether the provider was well when last looked at."""
        return self._records[provider].healthy

    async def step(self) -> None:
        """Probe every provider once and report what changed."""
        for provider, record in self._records.items():
            record.probes.append(await self._probe.probe(provider))
            finding = self._judge(record)
            record.healthy = finding.healthy
            if self._is_news(finding, record.reported):
                record.reported = finding
                await self._report(provider, finding)

    def _judge(self, record: _Record) -> _Finding:
        probes = record.probes
        latency = sum(probe.latency_ms for probe in probes) // len(probes)
        answered = Decimal(sum(probe.succeeded for probe in probes)) / len(probes)
        speed = min(Decimal(1), Decimal(_GOOD_LATENCY_MS) / max(latency, 1))
        score = (answered * speed).quantize(_HUNDREDTH)
        healthy = score >= (_FALLS_BELOW if record.healthy else _RECOVERS_AT)
        return _Finding(healthy, score, latency, self._clock())

    def _is_news(self, finding: _Finding, reported: _Finding | None) -> bool:
        return (
            reported is None
            or finding.healthy is not reported.healthy
            or abs(finding.score - reported.score) >= _SCORE_STEP
            or abs(finding.latency_ms - reported.latency_ms) >= reported.latency_ms * _LATENCY_STEP
            or (finding.at - reported.at).total_seconds() >= _REPORT_AFTER_SECONDS
        )

    async def _report(self, provider: Provider, finding: _Finding) -> None:
        update = ProviderHealthUpdate(
            provider_id=provider.id,
            provider_name=provider.name,
            is_healthy=finding.healthy,
            health_score=finding.score,
            average_latency_ms=finding.latency_ms,
            checked_at=finding.at,
        )
        for organization in self._directory.organizations:
            if organization.uses(provider):
                await self._notifier.notify_provider_health_changed(organization.id, update)
