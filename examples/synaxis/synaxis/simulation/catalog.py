"""Providers that publish models, and withdraw the oldest."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING
from uuid import NAMESPACE_DNS, uuid5

from synaxis.agents.model_discovery import Model
from synaxis.simulation.chance import Chance

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from synaxis.domain import Provider

__all__ = ["SimulatedCatalog"]

_PUBLISHED = 12
_CHANCE = 0.15
_FAMILIES = ("Aria", "Sable", "Onyx", "Larkspur", "Vela", "Cirrus", "Ember", "Fathom", "Kestrel", "Lumen")
_SIZES = ("Nano", "Mini", "Large", "Vision", "Code", "Instruct")


class SimulatedCatalog:
    """Lists the models of each provider; versions only ever rise."""

    def __init__(self, providers: Sequence[Provider], random: Random) -> None:
        self._random = random
        self._publishing = Chance(random, _CHANCE, patience=20)
        self._versions: dict[tuple[str, str, str], int] = {}
        self._models: dict[Provider, deque[Model]] = {provider: deque(maxlen=_PUBLISHED) for provider in providers}
        for provider in providers:
            for _ in range(3):
                self._publish(provider)

    def advance(self) -> None:
        """Let a provider publish a model once in a while."""
        if self._publishing.comes_up():
            self._publish(self._random.choice(list(self._models)))

    def _publish(self, provider: Provider) -> None:
        family, size = self._random.choice(_FAMILIES), self._random.choice(_SIZES)
        key = (provider.name, family, size)
        version = self._versions.get(key, self._random.randint(10, 40)) + self._random.randint(1, 4)
        self._versions[key] = version
        number = f"{version // 10}.{version % 10}"
        canonical_id = f"{provider.name}/{family}-{number}-{size}".lower()
        self._models[provider].append(
            Model(
                id=uuid5(NAMESPACE_DNS, canonical_id),
                canonical_id=canonical_id,
                display_name=f"{family} {number} {size}",
                preview=self._random.random() < 0.25,
            )
        )

    async def models_of(self, provider: Provider) -> tuple[Model, ...]:
        """Return the models that the provider offers now."""
        return tuple(self._models[provider])
