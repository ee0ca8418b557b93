from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import NAMESPACE_DNS, uuid5

import pytest

from synaxis.agents import ModelDiscoveryAgent
from synaxis.agents.model_discovery import Model
from synaxis.directory import DEMO_DIRECTORY
from synaxis.updates import ModelDiscoveryUpdate
from tests.synaxis.samples import AURORA, HARBOR

if TYPE_CHECKING:
    from synaxis.domain import Provider
    from tests.synaxis.recording import RecordingNotifier

NORTHLIGHT = DEMO_DIRECTORY.providers[0]


def model(name: str, *, preview: bool = False) -> Model:
    canonical_id = f"northlight/{name.lower()}"
    return Model(uuid5(NAMESPACE_DNS, canonical_id), canonical_id, name, preview)


class SetCatalog:
    """Lists what the test says for Northlight, and nothing for others."""

    def __init__(self) -> None:
        self.models: tuple[Model, ...] = (model("Aria"),)

    async def models_of(self, provider: Provider) -> tuple[Model, ...]:
        return self.models if provider == NORTHLIGHT else ()


@pytest.fixture
def catalog() -> SetCatalog:
    return SetCatalog()


@pytest.fixture
def agent(catalog: SetCatalog, notifier: RecordingNotifier) -> ModelDiscoveryAgent:
    return ModelDiscoveryAgent(DEMO_DIRECTORY, catalog, notifier)


async def test_what_is_there_at_first_is_known(agent: ModelDiscoveryAgent, notifier: RecordingNotifier) -> None:
    await agent.step()
    await agent.step()
    assert notifier.take() == []


async def test_a_new_model_is_told_to_all_and_to_each_whether_it_may_use_it(
    agent: ModelDiscoveryAgent, catalog: SetCatalog, notifier: RecordingNotifier
) -> None:
    await agent.step()
    catalog.models += (model("Onyx"),)
    await agent.step()
    onyx = catalog.models[-1]
    expected = [
        (
            organization,
            ModelDiscoveryUpdate(
                model_id=onyx.id,
                canonical_id="northlight/onyx",
                display_name="Onyx",
                provider_name="Northlight",
                is_available_to_organization=organization == AURORA,
            ),
        )
        for organization in (AURORA, HARBOR)
    ]
    assert notifier.take() == expected
    await agent.step()
    assert notifier.take() == []


async def test_a_preview_is_available_to_nobody(
    agent: ModelDiscoveryAgent, catalog: SetCatalog, notifier: RecordingNotifier
) -> None:
    await agent.step()
    catalog.models += (model("Vela", preview=True),)
    await agent.step()
    updates = [update for _, update in notifier.take() if isinstance(update, ModelDiscoveryUpdate)]
    assert [update.is_available_to_organization for update in updates] == [False, False]


async def test_a_model_that_was_withdrawn_is_new_when_it_returns(
    agent: ModelDiscoveryAgent, catalog: SetCatalog, notifier: RecordingNotifier
) -> None:
    first = catalog.models
    await agent.step()
    catalog.models = ()
    await agent.step()
    catalog.models = first
    await agent.step()
    assert len(notifier.take()) == 2
