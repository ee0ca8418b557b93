from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.processes import server_process

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.processes import ServerProcess


@pytest.fixture
def server() -> Iterator[ServerProcess]:
    """Serve `application.py` for one test."""
    with server_process([sys.executable, "-m", "tests.endurance.application", "--port", "{port}"]) as server:
        yield server
