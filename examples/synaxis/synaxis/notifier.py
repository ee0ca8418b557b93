"""Sends updates to everybody who follows an organization."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol

from synaxis.membership import group_of

if TYPE_CHECKING:
    from uuid import UUID

    from signalr_py import HubContext
    from synaxis.updates import (
        AuditEventUpdate,
        CostOptimizationUpdate,
        ModelDiscoveryUpdate,
        ProviderHealthUpdate,
        SecurityAlertUpdate,
        Update,
    )

__all__ = ["Notifier", "RealTimeNotifier"]

logger = logging.getLogger(__name__)


class Notifier(Protocol):
    """What agents need to tell an organization something; none of the methods ever raises."""

    async def notify_provider_health_changed(self, organization_id: UUID, update: ProviderHealthUpdate) -> None:
        """Tell how a provider is doing."""
        ...

    async def notify_cost_optimization_applied(self, organization_id: UUID, update: CostOptimizationUpdate) -> None:
        """Tell that traffic moved to a cheaper provider."""
        ...

    async def notify_model_discovered(self, organization_id: UUID, update: ModelDiscoveryUpdate) -> None:
        """Tell that a provider offers a new model."""
        ...

    async def notify_security_alert(self, organization_id: UUID, update: SecurityAlertUpdate) -> None:
        """Tell what the security audit found."""
        ...

    async def notify_audit_event(self, organization_id: UUID, update: AuditEventUpdate) -> None:
        """Tell what was done, and by whom."""
        ...


class RealTimeNotifier:
    """The `Notifier` over SignalR: an organization is a group, and each kind of update one client method.

    Updates are for people who watch. One that cannot be sent is logged and given up: the work of the caller goes on.
    """

    def __init__(self, context: HubContext) -> None:
        self._context = context

    async def notify_provider_health_changed(self, organization_id: UUID, update: ProviderHealthUpdate) -> None:
        """Tell how a provider is doing."""
        await self._send(organization_id, update)

    async def notify_cost_optimization_applied(self, organization_id: UUID, update: CostOptimizationUpdate) -> None:
        """Tell that traffic moved to a cheaper provider."""
        await self._send(organization_id, update)

    async def notify_model_discovered(self, organization_id: UUID, update: ModelDiscoveryUpdate) -> None:
        """Tell that a provider offers a new model."""
        await self._send(organization_id, update)

    async def notify_security_alert(self, organization_id: UUID, update: SecurityAlertUpdate) -> None:
        """Tell what the security audit found."""
        logger.info("Security alert %s (%s) in organization %s.", update.alert_type, update.severity, organization_id)
        await self._send(organization_id, update)

    async def notify_audit_event(self, organization_id: UUID, update: AuditEventUpdate) -> None:
        """Tell what was done, and by whom."""
        await self._send(organization_id, update)

    async def _send(self, organization_id: UUID, update: Update) -> None:
        method = update.client_method
        try:
            await self._context.clients.group(group_of(organization_id)).send(method, update)
        except Exception:
            logger.exception("%s could not be sent to organization %s.", method, organization_id)
        else:
            logger.debug("Sent %s to organization %s.", method, organization_id)
