"""The fast class is tried out before any event loop runs, since that blocks."""

from __future__ import annotations

import pytest

from signalr_py.servers.uvicorn.choosing import fast_web_socket_class


@pytest.fixture(scope="session", autouse=True)
def tried_out() -> object:
    return fast_web_socket_class()
