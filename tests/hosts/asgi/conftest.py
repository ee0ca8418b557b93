"""A server for every test of this folder, on both event loops and both HTTP parsers."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from tests.hosts.asgi.serving import Serving, serving
from tests.support.waiting import tasks_left

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import ASGIApp


class Serve(Protocol):
    """Serves an application until the end of the test."""

    async def __call__(self, app: ASGIApp, **options: Any) -> Serving: ...


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(("asyncio", {"use_uvloop": False}), id="asyncio-h11"),
        pytest.param(("asyncio", {"use_uvloop": True}), id="uvloop-httptools"),
    ],
)
def anyio_backend(request: pytest.FixtureRequest) -> object:
    return request.param


@pytest.fixture
async def serve(anyio_backend: object) -> AsyncIterator[Serve]:
    http = "h11" if isinstance(asyncio.get_running_loop(), asyncio.SelectorEventLoop) else "httptools"
    async with AsyncExitStack() as stack:

        async def start(app: ASGIApp, **options: Any) -> Serving:
            return await stack.enter_async_context(serving(app, **{"http": http, **options}))

        yield start


@pytest.fixture(autouse=True)
async def no_task_left(anyio_backend: object) -> AsyncIterator[None]:
    """Fail when a test leaves a task behind, and end it."""
    yield
    left = tasks_left()
    for task in left:
        task.cancel()
    assert not left
