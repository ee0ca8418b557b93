"""The package under test: a hub with the methods that the load calls, at `/interop`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from signalr_py import Hub, SignalR

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

__all__ = ["LoadHub", "Reading", "app"]


@dataclass
class Reading:
    """What a sensor says: the argument and the result of `EchoReading`."""

    sensor: str
    value: float
    count: int
    valid: bool
    labels: list[str]


class LoadHub(Hub):
    """What the interop hub of the reference offers, as far as the load calls it."""

    async def echo(self, text: str) -> str:
        """Return the text."""
        return text

    async def echo_reading(self, reading: Reading) -> Reading:
        """Return the reading."""
        return reading

    async def broadcast(self, text: str) -> None:
        """Send the text to every connection."""
        await self.clients.all.send("Receive", text)

    async def counter(self, count: int, delay: int) -> AsyncIterator[int]:
        """Stream the integers below a count; the delay is there for the reference's signature."""
        for number in range(count):
            yield number


async def _health(_: Request) -> PlainTextResponse:
    return PlainTextResponse("ok")


signalr = SignalR(secret_keys=["a key for benchmarks, 32 bytes or more"])
app = Starlette(routes=[signalr.map_hub("/interop", LoadHub), Route("/health", _health)], lifespan=signalr.lifespan)
