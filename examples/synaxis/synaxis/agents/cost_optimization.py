"""Moves workloads of organizations to cheaper providers."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from synaxis.domain import Clock, Organization, Provider, Workload, utc_now
from synaxis.updates import CostOptimizationUpdate

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from synaxis.agents.audit_service import AuditTrail
    from synaxis.directory import Directory
    from synaxis.notifier import Notifier

__all__ = ["CostOptimizationAgent", "PriceList"]

_LEAST_SAVING = Decimal("0.05")
_PERFORMER = "cost-optimization"


class PriceList(Protocol):
    """Knows what providers ask."""

    async def price(self, provider: Provider, workload: Workload) -> Decimal:
        """Return the price of a million tokens."""
        ...


class _Move(Struct, frozen=True):
    workload: Workload
    source: Provider
    target: Provider
    price: Decimal
    saving: Decimal

    @property
    def share(self) -> Decimal:
        return self.saving / self.price


class CostOptimizationAgent:
    """Keeps a table of which provider serves a workload, and changes it when that saves enough.

    Only healthy providers that the organization has a contract with are considered, and only the best change of a round
    is made, so that each can be seen to work before the next.
    """

    def __init__(
        self,
        directory: Directory,
        prices: PriceList,
        is_healthy: Callable[[Provider], bool],
        notifier: Notifier,
        audit: AuditTrail,
        *,
        clock: Clock = utc_now,
    ) -> None:
        self._directory = directory
        self._prices = prices
        self._is_healthy = is_healthy
        self._notifier = notifier
        self._audit = audit
        self._clock = clock
        self._routes: dict[tuple[UUID, Workload], Provider] = {
            (organization.id, workload): organization.providers[0]
            for organization in directory.organizations
            for workload in Workload
        }

    def route(self, organization: Organization, workload: Workload) -> Provider:
        """Return the provider that serves a workload of the organization."""
        return self._routes[organization.id, workload]

    async def step(self) -> None:
        """Look for the best saving of each organization and make it."""
        for organization in self._directory.organizations:
            moves = [await self._cheapest(organization, workload) for workload in Workload]
            best = max(moves, key=lambda move: move.share)
            if best.share >= _LEAST_SAVING:
                await self._apply(organization, best)

    async def _cheapest(self, organization: Organization, workload: Workload) -> _Move:
        source = self.route(organization, workload)
        price = await self._prices.price(source, workload)
        target, lowest = source, price
        for provider in organization.providers:
            asked = await self._prices.price(provider, workload)
            if asked < lowest and self._is_healthy(provider):
                target, lowest = provider, asked
        return _Move(workload, source, target, price, price - lowest)

    async def _apply(self, organization: Organization, move: _Move) -> None:
        self._routes[organization.id, move.workload] = move.target
        update = CostOptimizationUpdate(
            organization_id=organization.id,
            from_provider=move.source.name,
            to_provider=move.target.name,
            reason=f"{move.workload.capitalize()} tokens cost {move.share:.0%} less at {move.target.name}",
            savings_per_1m_tokens=move.saving,
            applied_at=self._clock(),
        )
        await self._notifier.notify_cost_optimization_applied(organization.id, update)
        await self._audit.record(organization.id, action="route.changed", entity_type="Route", performed_by=_PERFORMER)
