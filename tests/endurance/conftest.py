from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from signalr_py.servers.uvicorn.choosing import FAST_WEB_SOCKET_CLASS
from tests.support.processes import server_process

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.processes import ServerProcess


@pytest.fixture(params=["websockets-sansio", FAST_WEB_SOCKET_CLASS], ids=["plain", "fast"])
def server(request: pytest.FixtureRequest) -> Iterator[ServerProcess]:
    """Serve `application.py` for one test, which runs with uvicorn's own WebSocket class and with the fast one."""
    command = [sys.executable, "-m", "tests.endurance.application", "--port", "{port}", "--ws", request.param]
    with server_process(command) as server:
        yield server
