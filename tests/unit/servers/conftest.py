"""Every test leaves the event loop as it found it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.waiting import tasks_left

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture(autouse=True)
async def no_task_left(anyio_backend: str) -> AsyncIterator[None]:
    """Fail when a test leaves a task behind, and end it."""
    yield
    left = tasks_left()
    for task in left:
        task.cancel()
    assert not left
