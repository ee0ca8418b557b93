"""Puts the agents together, over a simulated world."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synaxis.agents.audit_service import AuditService
from synaxis.agents.cost_optimization import CostOptimizationAgent
from synaxis.agents.health_monitoring import HealthMonitoringAgent
from synaxis.agents.model_discovery import ModelDiscoveryAgent
from synaxis.agents.runner import Job
from synaxis.agents.security_audit import SecurityAuditAgent
from synaxis.domain import Clock, utc_now
from synaxis.simulation.world import SimulatedWorld

if TYPE_CHECKING:
    from synaxis.directory import Directory
    from synaxis.notifier import Notifier

__all__ = ["simulated_jobs"]


def simulated_jobs(
    directory: Directory, notifier: Notifier, *, seed: int | None = None, clock: Clock = utc_now
) -> tuple[Job, ...]:
    """Return everything that runs in the background: a simulated world, and the five agents that watch it.

    The intervals are short, for people who watch; every kind of update reaches every organization within a minute.
    """
    world = SimulatedWorld(directory, seed=seed)
    audit = AuditService(directory, world.activity, notifier, clock=clock)
    health = HealthMonitoringAgent(directory, world.providers, notifier, clock=clock)
    cost = CostOptimizationAgent(directory, world.market, health.is_healthy, notifier, audit, clock=clock)
    discovery = ModelDiscoveryAgent(directory, world.catalog, notifier)
    security = SecurityAuditAgent(directory, world.inventory, notifier, clock=clock)
    return (
        Job("simulation", world.step, 1),
        Job("health monitoring", health.step, 1.5),
        Job("cost optimization", cost.step, 8),
        Job("model discovery", discovery.step, 2),
        Job("security audit", security.step, 3),
        Job("audit service", audit.step, 2),
    )
