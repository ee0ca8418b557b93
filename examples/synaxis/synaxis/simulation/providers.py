"""Providers that answer in a latency which wanders, slow down now and then, and sometimes fail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from synaxis.agents.health_monitoring import Probe

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from synaxis.domain import Provider

__all__ = ["SimulatedProviders"]

_TIMEOUT_MS = 2_000
_TROUBLE_CHANCE = 0.04
_OUTAGE_SHARE = 0.45


@dataclass
class _State:
    usual_ms: float
    latency_ms: float
    outage_steps: int = 0
    slow_steps: int = 0

    @property
    def in_trouble(self) -> bool:
        return self.outage_steps > 0 or self.slow_steps > 0


class SimulatedProviders:
    """Answers probes; at most one provider is in trouble at a time, so that there is always another to go to."""

    def __init__(self, providers: Sequence[Provider], random: Random) -> None:
        self._random = random
        self._states = {provider.id: self._new_state() for provider in providers}

    def _new_state(self) -> _State:
        usual = self._random.uniform(120, 250)
        return _State(usual_ms=usual, latency_ms=usual)

    def advance(self) -> None:
        """Let latencies wander, and let trouble come and go."""
        for state in self._states.values():
            target = state.usual_ms * (2.6 if state.slow_steps else 1)
            noise = self._random.gauss(0, state.usual_ms * 0.07)
            state.latency_ms = max(25.0, state.latency_ms + (target - state.latency_ms) * 0.3 + noise)
            state.outage_steps = max(0, state.outage_steps - 1)
            state.slow_steps = max(0, state.slow_steps - 1)
        if self._random.random() < _TROUBLE_CHANCE and not any(state.in_trouble for state in self._states.values()):
            self._start_trouble(self._random.choice(list(self._states.values())))

    def _start_trouble(self, state: _State) -> None:
        if self._random.random() < _OUTAGE_SHARE:
            state.outage_steps = self._random.randint(12, 20)
        else:
            state.slow_steps = self._random.randint(10, 18)

    async def probe(self, provider: Provider) -> Probe:
        """Ask the provider for a sign of life."""
        state = self._states[provider.id]
        failure = 0.9 if state.outage_steps else 0.004
        if self._random.random() < failure:
            return Probe(succeeded=False, latency_ms=_TIMEOUT_MS)
        return Probe(succeeded=True, latency_ms=round(state.latency_ms * self._random.uniform(0.94, 1.06)))
