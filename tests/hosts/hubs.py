"""The hubs that are served on every host and under every mount."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from signalr_py import ConnectionStatistics, Hub, SlowClientPolicy, authorize

if TYPE_CHECKING:
    from signalr_py import HubCallerContext

__all__ = ["AdminHub", "Board", "HostHub", "SecureHub"]

_log = logging.getLogger("tests.hosts")


@dataclass(frozen=True)
class Board:
    """What the hubs of one application share; found at `app.state.board`.

    Attributes:
        contexts: The connections of this moment.
        releases: What calls of `wait_for_release` wait for; `POST /release` adds one.
        sockets: The tasks of the WebSockets of this moment; `GET /silence` waits until they have ended.
    """

    contexts: dict[str, HubCallerContext] = field(default_factory=dict)
    releases: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    sockets: set[asyncio.Task[object]] = field(default_factory=set)


class HostHub(Hub):
    async def on_connected(self) -> None:
        self._board.contexts[self.context.connection_id] = self.context
        await self.groups.add(self.context.connection_id, "from the start")

    async def on_disconnected(self, error: Exception | None) -> None:
        connection_id = self.context.connection_id
        del self._board.contexts[connection_id]
        _log.info("left %s %s", connection_id, error)
        await self.clients.group("watchers").send("Left", connection_id, None if error is None else str(error))

    async def echo(self, text: str) -> str:
        return text

    async def add(self, a: int, b: int) -> int:
        return a + b

    def in_thread(self, text: str) -> str:
        return text

    async def connection_id(self) -> str:
        return self.context.connection_id

    async def transport(self) -> str:
        return self.context.transport.value

    async def large(self, kilobytes: int) -> str:
        return "x" * (kilobytes * 1024)

    async def broadcast(self, text: str) -> None:
        await self.clients.all.send("Receive", text)

    async def to_caller(self, text: str) -> None:
        await self.clients.caller.send("Receive", text)

    async def watch(self) -> None:
        await self.groups.add(self.context.connection_id, "watchers")

    async def join(self, group: str) -> None:
        await self.groups.add(self.context.connection_id, group)

    async def to_group(self, group: str, text: str) -> None:
        await self.clients.group(group).send("Receive", text)

    async def flood(self, number: int, size: int) -> None:
        await self.clients.all.send("Flood", number, "x" * size)

    async def fill(self, connection_id: str, size: int) -> None:
        """Send to a connection that does not read, until so many bytes wait for it."""
        context = self._board.contexts[connection_id]
        while context.statistics().bytes_waiting < size:
            await self.clients.clients([connection_id, "nobody"]).send("Flood", "x" * 65_536)
            await asyncio.sleep(0)

    async def waiting(self, connection_id: str) -> int | None:
        """Return how many bytes wait for a connection; None when it is gone."""
        context = self._board.contexts.get(connection_id)
        return None if context is None else context.statistics().bytes_waiting

    async def publish(self, number: int, size: int, policy: SlowClientPolicy | None, key: str | None) -> None:
        await self.clients.all.send("Published", number, "x" * size, policy=policy, key=key)

    async def pour(self, connection_id: str, numbers: list[int], size: int) -> None:
        for number in numbers:
            await self.clients.client(connection_id).send("Published", number, "x" * size, policy="wait")

    async def statistics(self, connection_id: str) -> ConnectionStatistics:
        return self._board.contexts[connection_id].statistics()

    async def abort(self) -> None:
        self.context.abort()

    async def say_and_abort(self, text: str) -> None:
        await self.clients.caller.send("Receive", text)
        self.context.abort()

    async def fail(self) -> None:
        raise RuntimeError("a hub method failed on purpose")

    async def log(self, text: str) -> None:
        _log.info("%s", text)

    async def wait_for_release(self) -> str:
        """Tell the caller that it runs, wait for a release, tell the caller, and wait for another one."""
        await self.clients.caller.send("Working")
        await self._board.releases.acquire()
        await self.clients.caller.send("Released")
        await self._board.releases.acquire()
        return "released"

    async def sleep(self, seconds: float) -> str:
        """Tell the caller that it runs, and return after some time."""
        await self.clients.caller.send("Working")
        await asyncio.sleep(seconds)
        return "slept"

    @property
    def _board(self) -> Board:
        board: Board = self.context.request.app.state.board
        return board


@authorize
class SecureHub(Hub):
    async def who_am_i(self) -> str | None:
        return self.context.user_identifier


@authorize(roles=("admin",))
class AdminHub(Hub):
    async def who_am_i(self) -> str | None:
        return self.context.user_identifier
