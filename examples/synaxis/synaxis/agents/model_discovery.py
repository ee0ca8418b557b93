"""Compares what providers offer with what is known, and announces what is new."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from msgspec import Struct

from synaxis.updates import ModelDiscoveryUpdate

if TYPE_CHECKING:
    from synaxis.directory import Directory
    from synaxis.domain import Organization, Provider
    from synaxis.notifier import Notifier

__all__ = ["Model", "ModelCatalog", "ModelDiscoveryAgent"]


class Model(Struct, frozen=True):
    """A model that a provider offers; a preview is not for organizations yet."""

    id: UUID
    canonical_id: str
    display_name: str
    preview: bool


class ModelCatalog(Protocol):
    """Lists the models of providers."""

    async def models_of(self, provider: Provider) -> tuple[Model, ...]:
        """Return the models that a provider offers now."""
        ...


class ModelDiscoveryAgent:
    """Announces a model to every organization, and tells each whether it may use it.

    What a provider offers when the agent first asks is taken as known.
    """

    def __init__(self, directory: Directory, catalog: ModelCatalog, notifier: Notifier) -> None:
        self._directory = directory
        self._catalog = catalog
        self._notifier = notifier
        self._known: dict[Provider, frozenset[UUID]] = {}

    async def step(self) -> None:
        """Ask every provider what it offers."""
        for provider in self._directory.providers:
            offered = await self._catalog.models_of(provider)
            known = self._known.get(provider)
            self._known[provider] = frozenset(model.id for model in offered)
            if known is not None:
                for model in offered:
                    if model.id not in known:
                        await self._announce(provider, model)

    async def _announce(self, provider: Provider, model: Model) -> None:
        for organization in self._directory.organizations:
            update = ModelDiscoveryUpdate(
                model_id=model.id,
                canonical_id=model.canonical_id,
                display_name=model.display_name,
                provider_name=provider.name,
                is_available_to_organization=self._is_available(organization, provider, model),
            )
            await self._notifier.notify_model_discovered(organization.id, update)

    @staticmethod
    def _is_available(organization: Organization, provider: Provider, model: Model) -> bool:
        return organization.uses(provider) and not model.preview
