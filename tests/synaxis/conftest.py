"""Synaxis without its agents, in the process of the test."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import pytest
from starlette.testclient import TestClient

from synaxis.application import create_app
from synaxis.directory import DEMO_DIRECTORY, Directory, User
from synaxis.settings import Settings
from synaxis.tokens import TokenIssuer
from tests.synaxis.hub_client import HubClient
from tests.synaxis.recording import RecordingNotifier, SetClock

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from synaxis.agents import Job
    from synaxis.notifier import Notifier
    from synaxis.updates import Update

Clients: TypeAlias = Callable[[str], HubClient]
Notify: TypeAlias = Callable[["UUID", "Update"], None]

_METHODS = {
    "ProviderHealthChanged": "notify_provider_health_changed",
    "CostOptimizationApplied": "notify_cost_optimization_applied",
    "ModelDiscovered": "notify_model_discovered",
    "SecurityAlert": "notify_security_alert",
    "AuditEvent": "notify_audit_event",
}


def no_jobs(directory: Directory, notifier: Notifier) -> tuple[Job, ...]:
    return ()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(jwt_key="a key that only these tests know, 32+ bytes", demo=True, front_end=tmp_path)


@pytest.fixture
def web(settings: Settings) -> Iterator[TestClient]:
    with TestClient(create_app(settings, make_jobs=no_jobs)) as client:
        yield client


@pytest.fixture
def issuer(settings: Settings) -> TokenIssuer:
    return TokenIssuer(settings)


@pytest.fixture
def connect(web: TestClient, issuer: TokenIssuer) -> Iterator[Clients]:
    """Open a connection for one of the demo's users."""
    with contextlib.ExitStack() as stack:

        def client(name: str) -> HubClient:
            token = issuer.issue(user(name))
            return HubClient(stack.enter_context(web.websocket_connect(f"/hubs/synaxis?access_token={token}")))

        yield client


@pytest.fixture
def notify(web: TestClient) -> Notify:
    """Send an update through the application's notifier, on its event loop."""

    def send(organization_id: UUID, update: Update) -> None:
        assert web.portal is not None
        notifier = web.app.state.notifier  # type: ignore[attr-defined]  # TestClient types its app as any ASGI callable
        web.portal.call(partial(getattr(notifier, _METHODS[update.client_method]), organization_id, update))

    return send


@pytest.fixture
def notifier() -> RecordingNotifier:
    return RecordingNotifier()


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


def user(name: str) -> User:
    found = DEMO_DIRECTORY.user(name)
    assert found is not None
    return found
