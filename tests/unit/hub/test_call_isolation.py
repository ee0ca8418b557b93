"""What one call does has no part in another: its context variables, its cancellation, its changes to groups."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar

from signalr_py import Hub, HubOptions
from tests.support.hub_server import serve
from tests.support.tasks import settle

TENANT: ContextVar[str] = ContextVar("tenant", default="nobody")


async def test_context_variables_end_with_their_call() -> None:
    started = asyncio.Event()
    seen: list[str] = []

    class IsolatedHub(Hub):
        async def on_connected(self) -> None:
            TENANT.set("on_connected")
            await asyncio.sleep(0)

        async def first(self) -> None:
            TENANT.set("first")
            await started.wait()

        async def second(self) -> str:
            seen.append(TENANT.get())
            return TENANT.get()

        async def on_disconnected(self, error: Exception | None) -> None:
            seen.append(TENANT.get())

    TENANT.set("the request")
    async with serve(IsolatedHub) as server:
        client = server.connect()
        first, second = client.start("First"), client.start("Second")
        started.set()
        await client.answer(first)
        assert (await client.answer(second))["result"] == "the request"
        client.leave()
        await client.until(lambda: len(seen) == 2)
    assert seen == ["the request", "the request"]


async def test_a_call_that_the_application_cancels_is_answered() -> None:
    running: list[asyncio.Task[object]] = []

    class CancelledHub(Hub):
        async def work(self) -> None:
            task = asyncio.current_task()
            assert task is not None
            running.append(task)
            await asyncio.Event().wait()

        async def cancel(self) -> str:
            running[0].cancel()
            return "cancelled"

    async with serve(CancelledHub, HubOptions(maximum_parallel_invocations_per_client=2)) as server:
        client = server.connect()
        work = client.start("Work")
        await settle()
        assert (await client.answer(client.start("Cancel")))["result"] == "cancelled"
        assert (await client.answer(work))["error"] == "An unexpected error occurred invoking 'Work' on the server."
