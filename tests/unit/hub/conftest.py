"""What the tests of the hub layer share: no task may outlive its test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import tasks

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def watch_over_tasks(anyio_backend: str) -> AsyncIterator[None]:
    async with tasks.no_task_left():
        yield


@pytest.fixture(autouse=True)
def no_task_left(request: pytest.FixtureRequest) -> None:
    if "anyio_backend" in request.fixturenames:
        request.getfixturevalue("watch_over_tasks")
