"""A hub that uses every feature, and a count of all that the server holds for its clients.

`python -m tests.endurance.application --port N --ws CLASS` serves it on uvicorn with one of its WebSocket classes.
"""

# ruff: noqa: TC003 - annotations of hubs are read at start-up
from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import resource
from collections import Counter
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Any, Final

import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

from signalr_py import (
    CancellationToken,
    Depends,
    HttpConnectionOptions,
    Hub,
    HubCallerContext,
    HubException,
    HubFilter,
    HubInvocationContext,
    HubOptions,
    SignalR,
    cancellable,
)
from signalr_py.hub.client_results import PendingResult
from signalr_py.hub.connection import HubConnection
from signalr_py.hub.invocations import Invocation
from signalr_py.hub.reconnection import Reconnection
from signalr_py.hub.uploads import UploadStream
from signalr_py.servers.uvicorn.protocol import FastWebSocketProtocol
from signalr_py.servers.websocket.connection import WebSocketConnection
from signalr_py.transports.connection import TransportConnection
from signalr_py.transports.direct import DirectTransport

if TYPE_CHECKING:
    from starlette.requests import Request

__all__ = ["HELD", "create_app", "main"]

HELD: Final = (
    *(TransportConnection, HubConnection, Reconnection, Invocation, UploadStream, PendingResult),
    *(DirectTransport, FastWebSocketProtocol, WebSocketConnection),
)
"""What may only live as long as a connection or a call does."""

_PATIENCE: Final = 30.0


class Ledger:
    """What has begun and ended, for the one who waits until everything has."""

    def __init__(self) -> None:
        self.connected: Counter[str] = Counter()
        self.disconnected: Counter[str] = Counter()
        self.sessions = 0
        self.streams = 0
        self.problems: list[str] = []
        self.changed = asyncio.Event()

    def note(self) -> None:
        self.changed.set()

    @property
    def is_settled(self) -> bool:
        return self.connected.keys() == self.disconnected.keys() and not self.sessions and not self.streams


LEDGER = Ledger()


async def session() -> AsyncIterator[object]:
    """Stand for what a call holds until it ends."""
    LEDGER.sessions += 1
    try:
        yield object()
    finally:
        LEDGER.sessions -= 1
        LEDGER.note()


class CountingFilter(HubFilter):
    async def invoke_method(
        self, context: HubInvocationContext, call_next: Callable[[HubInvocationContext], Awaitable[Any]], /
    ) -> Any:
        context.context.items["calls"] = context.context.items.get("calls", 0) + 1
        return await call_next(context)


class EnduranceHub(Hub):
    async def on_connected(self) -> None:
        LEDGER.connected[self.context.connection_id] += 1
        await self.groups.add(self.context.connection_id, "everybody")

    async def on_disconnected(self, error: Exception | None) -> None:
        LEDGER.disconnected[self.context.connection_id] += 1
        LEDGER.note()

    async def echo(self, value: Any) -> Any:
        return value

    def in_thread(self, value: int) -> int:
        return value + 1

    async def fail(self) -> None:
        raise HubException("as asked for")

    async def with_session(self, session: Annotated[object, Depends(session)], value: int) -> int:
        await asyncio.sleep(0)
        return value

    async def join(self, group: str) -> None:
        await self.groups.add(self.context.connection_id, group)

    async def shout(self, group: str, text: str) -> None:
        await self.clients.group(group).send("Heard", text)

    async def count_up(self, count: int, session: Annotated[object, Depends(session)]) -> AsyncIterator[int]:
        LEDGER.streams += 1
        try:
            for number in range(count):
                await asyncio.sleep(0.001)
                yield number
        finally:
            LEDGER.streams -= 1
            LEDGER.note()

    async def add_up(self, numbers: AsyncIterable[int], session: Annotated[object, Depends(session)]) -> int:
        return sum([number async for number in numbers])

    async def repeat(self, numbers: AsyncIterable[int]) -> AsyncIterator[int]:
        LEDGER.streams += 1
        try:
            async for number in numbers:
                yield number
        finally:
            LEDGER.streams -= 1
            LEDGER.note()

    async def ask(self, question: str) -> Any:
        return await self.clients.caller.invoke("Answer", question)

    @cancellable
    async def wait_for_ever(self) -> None:
        await asyncio.Event().wait()

    async def wait_until_cancelled(self, cancellation: CancellationToken) -> str:
        await cancellation.wait()
        return "cancelled"

    async def abort(self) -> None:
        self.context.abort()


class Problems(logging.Handler):
    """Keeps what must not be logged: errors, and exceptions that nobody has handled."""

    def emit(self, record: logging.LogRecord) -> None:
        LEDGER.problems.append(self.format(record))


def _make_hub(context: HubCallerContext) -> EnduranceHub:
    return EnduranceHub()


async def _census(signalr: SignalR) -> dict[str, Any]:
    """Wait until all that has begun has ended, and count what is left."""
    try:
        async with asyncio.timeout(_PATIENCE):
            while not LEDGER.is_settled:
                LEDGER.changed.clear()
                await LEDGER.changed.wait()
            while _is_busy(signalr) or _held():  # noqa: ASYNC110 - nothing tells when the last trace of a socket is gone
                await asyncio.sleep(0.05)
    except TimeoutError:
        pass
    for _ in range(3):
        gc.collect()
    objects = gc.get_objects()
    tasks = [task for task in asyncio.all_tasks() if "signalr_py" in repr(task.get_coro())]
    return {
        "connected": LEDGER.connected.total(),
        "disconnected": LEDGER.disconnected.total(),
        "more than once": [key for key, n in (LEDGER.connected + LEDGER.disconnected).items() if n != 2],
        "sessions": LEDGER.sessions,
        "streams": LEDGER.streams,
        "held": _held(),
        "tasks": [repr(task) for task in tasks if "Heartbeat" not in repr(task)],
        "objects": len(objects),
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
        "problems": LEDGER.problems[:20],
    }


def _held() -> Counter[str]:
    gc.collect()
    return Counter(type(each).__name__ for each in gc.get_objects() if isinstance(each, HELD))


def _is_busy(signalr: SignalR) -> bool:
    """Tell whether a connection is still known somewhere in the server."""
    return any(manager.connections for manager in signalr._managers) or any(
        len(lifetime.registry) or lifetime.registry.group_count for lifetime in signalr._lifetimes.values()
    )


def create_app() -> Starlette:
    """Return the application."""
    handler = Problems(logging.ERROR)
    handler.setFormatter(logging.Formatter("%(name)s: %(message)s"))
    logging.getLogger().addHandler(handler)
    signalr = SignalR(
        HubOptions(maximum_parallel_invocations_per_client=4, client_result_timeout=60), filters=[CountingFilter()]
    )
    http = HttpConnectionOptions(disconnect_timeout=8, allow_stateful_reconnects=True)

    async def health(request: Request) -> PlainTextResponse:
        return PlainTextResponse("ok")

    async def census(request: Request) -> JSONResponse:
        return JSONResponse(await _census(signalr))

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        asyncio.get_running_loop().set_exception_handler(
            lambda _, context: LEDGER.problems.append(f"event loop: {context['message']} {context.get('exception')!r}")
        )
        async with signalr.lifespan(app):
            yield

    return Starlette(
        routes=[
            signalr.map_hub("/hub", EnduranceHub, http=http, hub_factory=_make_hub),
            Route("/health", health),
            Route("/census", census),
        ],
        lifespan=lifespan,
    )


def main() -> None:
    """Serve until the process is told to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--ws", required=True)
    arguments = parser.parse_args()
    uvicorn.run(
        create_app(),
        port=arguments.port,
        ws=arguments.ws,
        access_log=False,
        log_level="warning",
        ws_ping_interval=None,
        ws_per_message_deflate=False,
        backlog=4096,
    )


if __name__ == "__main__":
    main()
