"""A TCP proxy on loopback that breaks connections on command, as networks do without being asked."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, final

from tests.support.forwarding import Ends, ForwardingProxy, reset, running
from tests.support.waiting import Changes

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

__all__ = ["CuttingProxy", "cutting_proxy"]


class _Link:
    """One connection, as long as it is forwarded."""

    def __init__(self, ends: Ends, proxy: CuttingProxy) -> None:
        self._ends = ends
        self._proxy = proxy
        self._has_answered = False
        self._is_stranded = False

    def cut(self) -> None:
        reset(self._ends.to_client)
        reset(self._ends.to_server)

    def strand(self) -> None:
        self._is_stranded = True
        reset(self._ends.to_client)

    async def forward(self) -> None:
        await self._ends.forward(self._note_request, self._note_answer)
        if self._is_stranded:
            await asyncio.get_running_loop().create_future()

    def _note_request(self, _: bytes) -> None:
        self._proxy.note(is_first_answer=False)

    def _note_answer(self, _: bytes) -> None:
        self._proxy.note(is_first_answer=not self._has_answered)
        self._has_answered = True


@final
class CuttingProxy(ForwardingProxy):
    """Forwards every connection to one server until it is told otherwise."""

    def __init__(self, target: str) -> None:
        super().__init__(target)
        self._links: set[_Link] = set()
        self._answered = 0
        self._carried = 0
        self._changes = Changes()

    @property
    def answered(self) -> int:
        """On how many connections the server has answered so far."""
        return self._answered

    def cut(self) -> None:
        """Break every connection at once, on both sides, by a reset: what is on its way is lost."""
        for link in list(self._links):
            link.cut()

    def strand(self) -> None:
        """Break every connection on the client's side only; the server learns nothing, and nobody reads from it."""
        for link in list(self._links):
            link.strand()

    async def answers(self, count: int) -> None:
        """Wait until the server has answered on so many connections."""
        await self._changes.until(lambda: self._answered >= count)

    async def carries(self, pieces: int, *, of: asyncio.Future[Any]) -> None:
        """Wait until so many more pieces have come from either side, or what they are part of is over."""
        enough = self._carried + pieces
        of.add_done_callback(lambda _: self._changes.note())
        await self._changes.until(lambda: self._carried >= enough or of.done())

    async def interrupt(self) -> None:
        """Cut, and wait until the server has answered on another connection."""
        answered = self._answered
        self.cut()
        await self.answers(answered + 1)

    async def carry(self, ends: Ends) -> None:
        """Forward one connection."""
        link = _Link(ends, self)
        self._links.add(link)
        try:
            await link.forward()
        finally:
            self._links.discard(link)

    def note(self, *, is_first_answer: bool) -> None:
        """Learn that a piece has come from either side."""
        self._carried += 1
        self._answered += is_first_answer
        self._changes.note()


def cutting_proxy(target: str) -> AbstractAsyncContextManager[CuttingProxy]:
    """Run a proxy in front of a server.

    Args:
        target: Address of the server, of which host and port count.
    """
    return running(CuttingProxy(target))
