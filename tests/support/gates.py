"""A hub whose calls go on when the test says so."""

from __future__ import annotations

import asyncio

from signalr_py import Hub

__all__ = ["Gate", "gated_hub"]


class Gate:
    """Calls that wait until the test lets each of them go on.

    Attributes:
        started: Names of the calls that have started, in order.
        ended: Names of those that have ended.
    """

    def __init__(self) -> None:
        self.started: list[str] = []
        self.ended: list[str] = []
        self._doors: dict[str, asyncio.Event] = {}

    def open(self, name: str) -> None:
        """Let a call go on, now or when it comes."""
        self._door(name).set()

    async def pass_through(self, name: str) -> str:
        """Wait until the call may go on."""
        self.started.append(name)
        await self._door(name).wait()
        self.ended.append(name)
        return name

    def _door(self, name: str) -> asyncio.Event:
        return self._doors.setdefault(name, asyncio.Event())


def gated_hub(gate: Gate) -> type[Hub]:
    """Return a hub with calls that wait, that do not, and that abort."""

    class GatedHub(Hub):
        async def work(self, name: str) -> str:
            return await gate.pass_through(name)

        async def quick(self, name: str) -> str:
            gate.started.append(name)
            return name

        async def abort(self) -> None:
            self.context.abort()

        def abort_in_thread(self) -> str:
            self.context.abort()
            return "too late"

    return GatedHub
