"""Every test leaves the event loop as it found it, and many run over all kinds of WebSockets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.connections import DirectSite, OutlivingSite, WebSocketSite
from tests.support.waiting import tasks_left

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.support.endpoints import SocketKind


@pytest.fixture(autouse=True)
async def no_task_left(anyio_backend: str) -> AsyncIterator[None]:
    """Fail when a test leaves a task behind, and end it."""
    yield
    left = tasks_left()
    for task in left:
        task.cancel()
    assert not left


@pytest.fixture(params=[WebSocketSite, DirectSite, OutlivingSite], ids=["ASGI", "direct", "outliving"])
def site_type(request: pytest.FixtureRequest) -> type[WebSocketSite]:
    """Return each kind of connection over one WebSocket."""
    kind: type[WebSocketSite] = request.param
    return kind


@pytest.fixture(params=[WebSocketSite, DirectSite], ids=["ASGI", "direct"])
def waiting_site_type(request: pytest.FixtureRequest) -> type[WebSocketSite]:
    """Return each kind of connection over one WebSocket whose request lasts as long."""
    kind: type[WebSocketSite] = request.param
    return kind


@pytest.fixture(params=[DirectSite, OutlivingSite], ids=["direct", "outliving"])
def direct_type(request: pytest.FixtureRequest) -> type[DirectSite]:
    """Return each kind of connection over one WebSocket that takes plain calls."""
    kind: type[DirectSite] = request.param
    return kind


@pytest.fixture(params=["ASGI", "direct", "outliving", "ASGI, direct", "direct, outliving", "outliving, ASGI"])
def sockets(request: pytest.FixtureRequest) -> tuple[SocketKind, ...]:
    """Return the kinds of the sockets that a hub is given, in turns."""
    return tuple(request.param.split(", "))
