"""Streams that are cancelled inside of task groups, time limits and shields."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator  # noqa: TC003 - read at start-up

import anyio.lowlevel
import pytest

from signalr_py import Hub
from tests.support.hub_server import serve
from tests.support.streams import cancel, stream, streamed
from tests.support.tasks import settle


class NestedHub(Hub):
    """Streams that wait, or hand over items, inside of what has ideas of its own about cancellation."""

    async def on_connected(self) -> None:
        self.context.items["closed"] = []

    async def group(self, waits: bool) -> AsyncIterator[int]:
        async with asyncio.TaskGroup() as tasks:
            child = tasks.create_task(asyncio.Event().wait())
            try:
                async for number in self._numbers(waits):
                    yield number
            finally:
                child.cancel()
                self.context.items["closed"].append("group")

    async def anyio_group(self, waits: bool) -> AsyncIterator[int]:
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(anyio.sleep_forever)
                async for number in self._numbers(waits):
                    yield number
        finally:
            self.context.items["closed"].append("anyio_group")

    async def time_limit(self, waits: bool) -> AsyncIterator[int]:
        async with asyncio.timeout(3600):
            async for number in self._numbers(waits):
                yield number

    async def anyio_time_limit(self, waits: bool) -> AsyncIterator[int]:
        with anyio.fail_after(3600):
            async for number in self._numbers(waits):
                yield number

    async def shielded_end(self, waits: bool) -> AsyncIterator[int]:
        try:
            async for number in self._numbers(waits):
                yield number
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.lowlevel.checkpoint()
            self.context.items["closed"].append("shielded_end")

    async def _numbers(self, waits: bool) -> AsyncIterator[int]:
        yield 1
        if waits:
            await asyncio.Event().wait()
        while True:
            yield 2


@pytest.mark.parametrize("waits", [True, False])
@pytest.mark.parametrize("target", ["Group", "AnyioGroup", "TimeLimit", "AnyioTimeLimit", "ShieldedEnd"])
async def test_streams_inside_of_groups_and_time_limits_are_cancelled(target: str, waits: bool) -> None:
    async with serve(NestedHub) as server:
        client = server.connect()
        await settle()
        client.duplex.is_slow = not waits
        call = stream(client, target, waits)
        await settle()
        client.send(cancel(call))
        assert await streamed(client, call) == [1]
        await settle()
        closed = client.connection.context.items["closed"]
        assert len(closed) == (target in ("Group", "AnyioGroup", "ShieldedEnd"))
