"""Prices that drift around a list price, with limited offers that make a provider cheap for a while."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from synaxis.domain import Provider, Workload

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

__all__ = ["SimulatedMarket"]

_LIST_PRICES = {Workload.CHAT: 2.4, Workload.CODE: 4.8, Workload.REASONING: 9.5, Workload.EMBEDDING: 0.6}
_CENT = Decimal("0.01")


class SimulatedMarket:
    """What a million tokens of a workload cost at a provider, in dollars."""

    def __init__(self, providers: Sequence[Provider], random: Random) -> None:
        self._random = random
        self._providers = tuple(providers)
        self._list = {
            (provider.id, workload): price * random.uniform(0.85, 1.25)
            for provider in providers
            for workload, price in _LIST_PRICES.items()
        }
        self._prices = dict(self._list)

    def advance(self) -> None:
        """Let prices return towards the list, and one provider make an offer."""
        for key, price in self._prices.items():
            self._prices[key] = price + (self._list[key] - price) * 0.12
        provider = self._random.choice(self._providers)
        workload = self._random.choice(tuple(Workload))
        self._prices[provider.id, workload] = _LIST_PRICES[workload] * self._random.uniform(0.45, 0.8)

    async def price(self, provider: Provider, workload: Workload) -> Decimal:
        """Return what the provider asks now for a million tokens."""
        return Decimal(self._prices[provider.id, workload]).quantize(_CENT)
