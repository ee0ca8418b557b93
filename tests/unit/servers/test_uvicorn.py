from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
import threading
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.responses import Response
from starlette.routing import Route

from signalr_py.servers import uvicorn as module
from signalr_py.servers.uvicorn import drain_on_signals
from tests.support.interop import ROOT
from tests.support.processes import server_process
from tests.support.tasks import settle
from tests.support.waiting import Changes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
    from types import FrameType

    from starlette.requests import Request

SIGNALS = (signal.SIGTERM, signal.SIGINT)
IMPORTS = {"PYTHONPATH": str(ROOT)}
APPLICATION = Path(__file__).with_name("drained_application.py")


class Server(uvicorn.Server):
    """A server that tells when a signal has reached it."""

    def __init__(self) -> None:
        super().__init__(uvicorn.Config(lambda: None))
        self._changes = Changes()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
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


async def test_a_second_signal_does_not_wait(server: Server) -> None:
    drain = Drain()
    drain_on_signals(drain)
    signal.raise_signal(signal.SIGTERM)
    await drain.changes.until(lambda: drain.begun == 1)
    assert not server.should_exit
    signal.raise_signal(signal.SIGINT)
    assert server.should_exit
    assert server.force_exit
    drain.may_end.set()
    await settle()
    assert drain.begun == 1


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
@pytest.mark.parametrize("number", SIGNALS)
async def test_a_process_that_uvicorn_does_not_serve_is_left_alone(
    server: Server, number: int, handler: signal._HANDLER
) -> None:
    signal.signal(number, handler)
    before = installed()
    assert drain_on_signals(Drain()) is None
    assert installed() == before


async def test_another_thread_is_left_alone(server: Server) -> None:
    before = installed()
    answers: list[object] = []
    thread = threading.Thread(target=lambda: answers.append(drain_on_signals(Drain())))
    thread.start()
    thread.join()
    assert answers == [None]
    assert installed() == before


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


def command(loop: str, *more: str) -> list[str]:
    return [sys.executable, str(APPLICATION), "{port}", loop, *more]


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
@pytest.mark.parametrize("number", SIGNALS)
def test_a_server_drains_before_it_shuts_down(loop: str, number: int) -> None:
    with server_process(command(loop), env=IMPORTS) as process:
        os.kill(process.pid, number)
        process.wait(10)
        log = process.log()
    words = ["drain begins", "drain ends", "Shutting down", "lifespan ends"]
    assert sorted(words, key=log.index) == words
    assert log.count("drain begins") == 1
    assert "Traceback" not in log


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_a_second_signal_ends_a_server_that_still_drains(loop: str) -> None:
    with server_process(command(loop, "--for-ever"), env=IMPORTS) as process:
        os.kill(process.pid, signal.SIGTERM)
        process.wait_for_log("drain begins")
        assert "Shutting down" not in process.log()
        os.kill(process.pid, signal.SIGTERM)
        process.wait(10)
        log = process.log()
    assert "Shutting down" in log
    assert "lifespan ends" in log
    assert "drain ends" not in log
