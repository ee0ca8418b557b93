"""Opens and closes many connections, so many at a time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from benchmarks.load.client import Client, connect

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from benchmarks.dialects import Dialect
    from benchmarks.load.checking import LoadError

__all__ = ["Connector", "in_parallel"]


async def in_parallel(count: int, at_once: int, job: Callable[[], Awaitable[object]]) -> None:
    """Do a job so many times, some of them at a time.

    Args:
        count: How many times.
        at_once: How many may be under way.
        job: What to do.
    """
    jobs = iter(range(count))

    async def work() -> None:
        for _ in jobs:
            await job()

    async with asyncio.TaskGroup() as group:
        for _ in range(min(at_once, count)):
            group.create_task(work())


class Connector:
    """Opens and closes the connections to one server.

    Args:
        url: Its address.
        dialect: What it speaks.
        failed: Told when a connection ends without being asked to, or a message is not right.
    """

    def __init__(self, url: str, dialect: Dialect, failed: Callable[[LoadError], None]) -> None:
        self.clients: list[Client] = []
        self._url = url
        self._dialect = dialect
        self._failed = failed

    async def open(self, count: int, at_once: int) -> int:
        """Open connections and keep them open; return how many."""

        async def job() -> None:
            self.clients.append(await connect(self._url, self._dialect, self._failed))

        await in_parallel(count, at_once, job)
        return count

    async def come_and_go(self, count: int, at_once: int) -> int:
        """Open connections and close each when it is open; return how many."""

        async def job() -> None:
            client = await connect(self._url, self._dialect, self._failed)
            await client.close()

        await in_parallel(count, at_once, job)
        return count

    async def close(self) -> int:
        """Close all that are open; return how many."""
        closing, self.clients = self.clients, []
        rest = iter(closing)

        async def job() -> None:
            await next(rest).close()

        await in_parallel(len(closing), 64, job)
        return len(closing)
