from __future__ import annotations

import asyncio
import logging
import signal
import socket
import threading
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.responses import Response
from starlette.routing import Route

from signalr_py.servers.uvicorn import drain_on_signals
from signalr_py.servers.uvicorn import signals as module
from tests.support.tasks import settle
from tests.support.waiting import Changes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
    from types import FrameType

    from starlette.requests import Request

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Server(uvicorn.Server):
    """A server that tells when a signal has reached it."""

    def __init__(self) -> None:
        super().__init__(uvicorn.Config(lambda: None))
        self._changes = Changes()
        self.heard: list[int] = []

    def hear(self, number: int) -> None:
        self.heard.append(number)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        self.hear(sig)
        self._changes.note()

    async def told(self) -> None:
        """Wait until it knows of a signal."""
        await self._changes.until(lambda: self.should_exit)


class Drain:
    """Something to do before the shutdown, which ends when the test says so."""

    def __init__(self, error: Exception | None = None) -> None:
        self.begun = 0
        self.may_end = asyncio.Event()
        self.changes = Changes()
        self._error = error

    async def has_begun(self) -> None:
        """Wait until it was called."""
        await self.changes.until(lambda: self.begun > 0)

    async def __call__(self) -> None:
        self.begun += 1
        self.changes.note()
        await self.may_end.wait()
        if self._error is not None:
            raise self._error


@pytest.fixture
def server() -> Iterator[Server]:
    """A server whose signal handlers are installed, as they are while it serves."""
    server = Server()
    before = {number: signal.signal(number, server.handle_exit) for number in SIGNALS}
    yield server
    for number, handler in before.items():
        signal.signal(number, handler)


def installed() -> list[object]:
    return [signal.getsignal(number) for number in SIGNALS]


@pytest.mark.parametrize("number", SIGNALS)
async def test_a_signal_drains_first_and_reaches_the_server_afterwards(server: Server, number: int) -> None:
    drain = Drain()
    assert drain_on_signals(drain) is not None
    signal.raise_signal(number)
    await drain.changes.until(lambda: drain.begun == 1)
    await settle()
    assert not server.should_exit
    drain.may_end.set()
    await server.told()
    assert not server.force_exit
    assert drain.begun == 1


async def test_a_failing_drain_does_not_keep_the_server(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    drain = Drain(ValueError("a bug"))
    drain_on_signals(drain)
    signal.raise_signal(signal.SIGTERM)
    drain.may_end.set()
    await server.told()
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert record.name == "signalr_py.servers.uvicorn"


async def test_the_same_signal_again_does_not_wait(server: Server) -> None:
    drain = Drain()
    drain_on_signals(drain)
    signal.raise_signal(signal.SIGINT)
    await drain.changes.until(lambda: drain.begun == 1)
    assert not server.should_exit
    signal.raise_signal(signal.SIGINT)
    assert server.should_exit
    assert server.force_exit
    drain.may_end.set()
    await settle()
    assert drain.begun == 1


@pytest.mark.parametrize("numbers", [SIGNALS, SIGNALS[::-1]])
async def test_the_other_signal_waits_for_the_drain(server: Server, numbers: tuple[int, int]) -> None:
    drain = Drain()
    drain_on_signals(drain)
    for number in numbers:
        signal.raise_signal(number)
    await drain.changes.until(lambda: drain.begun == 1)
    assert not server.should_exit
    drain.may_end.set()
    await server.told()
    assert server.heard == [signal.SIGINT, signal.SIGTERM]
    assert not server.force_exit
    assert drain.begun == 1


async def test_once_the_server_was_told_every_signal_reaches_it_at_once(server: Server) -> None:
    drain = Drain()
    drain_on_signals(drain)
    for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGINT):
        signal.raise_signal(number)
    assert server.heard == [signal.SIGTERM, signal.SIGTERM, signal.SIGINT]
    drain.may_end.set()
    await drain.changes.until(lambda: drain.begun == 1)
    await settle()
    signal.raise_signal(signal.SIGTERM)
    assert len(server.heard) == 4


async def test_a_signal_while_others_are_delivered_is_delivered_once(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    drain = Drain()
    drain.may_end.set()
    hear = server.hear

    def hear_and_get_another(number: int) -> None:
        hear(number)
        if len(server.heard) == 1:
            signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(server, "hear", hear_and_get_another)
    drain_on_signals(drain)
    signal.raise_signal(signal.SIGINT)
    await server.told()
    await settle()
    assert server.heard == [signal.SIGINT, signal.SIGTERM]


async def test_a_second_signal_before_the_first_is_served_does_not_drain_again(server: Server) -> None:
    drain = Drain()
    drain_on_signals(drain)
    signal.raise_signal(signal.SIGTERM)
    signal.raise_signal(signal.SIGTERM)
    assert server.should_exit
    await drain.changes.until(lambda: drain.begun == 1)
    drain.may_end.set()
    await settle()
    assert drain.begun == 1


async def test_it_can_be_undone(server: Server) -> None:
    drain = Drain()
    before = installed()
    undo = drain_on_signals(drain)
    assert undo is not None
    assert installed() != before
    undo()
    assert installed() == before
    signal.raise_signal(signal.SIGTERM)
    assert server.should_exit
    await settle()
    assert drain.begun == 0


@pytest.mark.parametrize("first", [0, 1])
async def test_several_drain_at_the_same_time_and_are_undone_one_by_one(server: Server, first: int) -> None:
    drains = [Drain(), Drain(), Drain(ValueError("a bug"))]
    before = installed()
    undos = [drain_on_signals(drain) for drain in drains]
    during = installed()
    undone = undos.pop(first)
    assert undone is not None
    undone()
    undone()
    gone = drains.pop(first)
    assert installed() == during
    signal.raise_signal(signal.SIGTERM)
    for drain in drains:
        await drain.has_begun()
    drains[1].may_end.set()
    await settle()
    assert not server.should_exit
    drains[0].may_end.set()
    await server.told()
    assert gone.begun == 0
    for undo in undos:
        assert undo is not None
        assert installed() == during
        undo()
    assert installed() == before


async def test_undoing_leaves_the_handler_of_somebody_else(server: Server) -> None:
    undo = drain_on_signals(Drain())
    assert undo is not None
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    undo()
    assert installed() == [signal.SIG_IGN, server.handle_exit]


async def test_draining_may_undo_it(server: Server) -> None:
    undoing: list[Callable[[], None]] = []
    before = installed()

    async def drain() -> None:
        undoing[0]()

    undo = drain_on_signals(drain)
    assert undo is not None
    undoing.append(undo)
    signal.raise_signal(signal.SIGTERM)
    await server.told()
    assert installed() == before


def test_a_signal_after_the_loop_has_ended_reaches_the_server_at_once(server: Server) -> None:
    drain = Drain()

    async def install() -> None:
        drain_on_signals(drain)

    asyncio.run(install())
    signal.raise_signal(signal.SIGTERM)
    assert server.should_exit
    assert drain.begun == 0


@pytest.mark.parametrize("handler", [signal.SIG_DFL, signal.SIG_IGN, signal.default_int_handler])
@pytest.mark.parametrize("numbers", [SIGNALS, SIGNALS[:1], SIGNALS[1:]])
async def test_a_process_that_uvicorn_does_not_serve_is_left_alone(
    server: Server, numbers: tuple[int, ...], handler: signal._HANDLER
) -> None:
    for number in numbers:
        signal.signal(number, handler)
    before = installed()
    assert drain_on_signals(Drain()) is None
    assert installed() == before


async def test_another_thread_is_left_alone(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "signalr_py")
    before = installed()

    async def install() -> object:
        return drain_on_signals(Drain())

    assert await asyncio.to_thread(asyncio.run, install()) is None
    assert installed() == before
    assert caplog.records == []


def test_the_handlers_of_a_loop_that_has_ended_are_left_alone(server: Server) -> None:
    async def install() -> object:
        return drain_on_signals(Drain())

    assert asyncio.run(install()) is not None
    before = installed()
    assert asyncio.run(install()) is None
    assert installed() == before


def serve_once(app: Starlette) -> None:
    """Serve an application from its startup to its shutdown."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, lifespan="on", log_config=None, ws="none"))
    server.should_exit = True
    server.run()


def test_it_is_said_when_the_signals_of_uvicorn_cannot_be_taken_over(caplog: pytest.LogCaptureFixture) -> None:
    answers: list[object] = []

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        answers.append(drain_on_signals(Drain()))
        yield

    with caplog.at_level(logging.INFO, "signalr_py"):
        thread = threading.Thread(target=serve_once, args=[Starlette(lifespan=lifespan)])
        thread.start()
        thread.join()
    assert answers == [None]
    (record,) = (record for record in caplog.records if record.name.startswith("signalr_py"))
    assert record.levelno == logging.INFO
    assert "cannot be taken over" in record.getMessage()


@asynccontextmanager
async def client_of(app: Callable[[Request], Awaitable[Response]], drain: Drain) -> AsyncIterator[socket.socket]:
    """Serve in this process until a signal ends it, to one client that sends a request and does not read."""

    async def endpoint(request: Request) -> Response:
        assert drain_on_signals(drain) is not None
        return await app(request)

    server = uvicorn.Server(uvicorn.Config(Starlette(routes=[Route("/", endpoint)]), lifespan="off"))
    listener = socket.create_server(("127.0.0.1", 0))
    before = {number: signal.signal(number, lambda *_: None) for number in SIGNALS}
    try:
        async with asyncio.timeout(20):
            serving = asyncio.create_task(server.serve([listener]))
            with socket.create_connection(listener.getsockname()) as client:
                client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                yield client
                await serving
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


async def test_sockets_that_cannot_be_emptied_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_CLOSING_TIME", 0)
    monkeypatch.setattr(module, "_FLUSHING_TIME", 0)
    answered = asyncio.Event()

    async def answer_is_sent() -> None:
        answered.set()

    async def large(request: Request) -> Response:
        return Response(b"x" * 50_000_000, background=BackgroundTask(answer_is_sent))

    drain = Drain()
    drain.may_end.set()
    async with client_of(large, drain):
        await answered.wait()
        signal.raise_signal(signal.SIGTERM)


async def test_a_second_interrupt_drops_every_socket() -> None:
    asked, gone = asyncio.Event(), asyncio.Event()

    async def endless(request: Request) -> Response:
        asked.set()
        while (await request.receive())["type"] != "http.disconnect":
            pass
        gone.set()
        return Response()

    drain = Drain()
    async with client_of(endless, drain):
        await asked.wait()
        signal.raise_signal(signal.SIGINT)
        await drain.changes.until(lambda: drain.begun == 1)
        signal.raise_signal(signal.SIGINT)
        await gone.wait()
        drain.may_end.set()
