"""Everything that is simulated, moved on together."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from synaxis.simulation.activity import SimulatedActivity
from synaxis.simulation.catalog import SimulatedCatalog
from synaxis.simulation.inventory import SimulatedInventory
from synaxis.simulation.market import SimulatedMarket
from synaxis.simulation.providers import SimulatedProviders

if TYPE_CHECKING:
    from synaxis.directory import Directory

__all__ = ["SimulatedWorld"]


class SimulatedWorld:
    """Providers, their prices and models, and what people and systems of the organizations do."""

    def __init__(self, directory: Directory, *, seed: int | None = None) -> None:
        random = Random(seed)
        self.providers = SimulatedProviders(directory.providers, random)
        self.market = SimulatedMarket(directory.providers, random)
        self.catalog = SimulatedCatalog(directory.providers, random)
        self.inventory = SimulatedInventory(directory.organizations, random)
        self.activity = SimulatedActivity(directory, random)

    async def step(self) -> None:
        """Let some time go by everywhere."""
        self.providers.advance()
        self.market.advance()
        self.catalog.advance()
        self.inventory.advance()
        self.activity.advance()
