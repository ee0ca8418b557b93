"""A worker believes no answer that it has not checked."""

from __future__ import annotations

import re
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from websockets.asyncio.server import serve

from benchmarks.load.commands import Calls, Close, Connects, Failed, Measured, Open, Target
from benchmarks.load.worker import Worker
from tests.support.processes import free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from websockets.asyncio.server import ServerConnection

ECHO = b'{"type":3,"invocationId":"1000","result":"text 00000 of the load, 32 long"}\x1e'


@asynccontextmanager
async def worker_beside(answers: list[bytes | list[str]], *, then_leave: bool = False) -> AsyncIterator[Worker]:
    """A worker with one connection to a hub server that answers each call as it is told."""

    async def behave(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send("{}\x1e")
        async for _ in connection:
            for answer in answers:
                await connection.send(answer.decode() if isinstance(answer, bytes) else answer)
            if then_leave:
                return

    async with serve(behave, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        worker = Worker(Target(f"ws://127.0.0.1:{port}", "json", []))
        assert isinstance(await worker.obey(Open(1)), Measured)
        try:
            yield worker
        finally:
            worker.abandon()


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ([ECHO.replace(b"text 00000", b"text 00099")], "message 1 is wrong"),
        ([ECHO.replace(b"1000", b"1001").replace(b"00000", b"00001")], r"message 1 is out of order \(1 lost\)"),
        ([b'{"type":3,"invocationId":"1000","error":"no"}\x1e'], "reports an error: no"),
        ([ECHO, ECHO], "nothing is left to come|doubled"),
    ],
)
async def test_a_lost_doubled_or_wrong_answer_fails_the_command(answers: list[bytes | list[str]], reason: str) -> None:
    async with worker_beside(answers) as worker:
        failed = await worker.obey(Calls("Echo", 1, 1))
    assert isinstance(failed, Failed)
    assert re.search(reason, failed.reason)


async def test_the_right_answer_does_not() -> None:
    async with worker_beside([ECHO]) as worker:
        measured = await worker.obey(Calls("Echo", 1, 1))
        assert isinstance(measured, Measured)
        assert measured.messages == 1
        assert isinstance(await worker.obey(Close()), Measured)


async def test_a_message_may_come_in_fragments() -> None:
    middle = len(ECHO) // 2
    async with worker_beside([[ECHO[:middle].decode(), "", ECHO[middle:].decode()]]) as worker:
        assert isinstance(await worker.obey(Calls("Echo", 1, 1)), Measured)


async def test_a_server_that_leaves_fails_the_command() -> None:
    async with worker_beside([], then_leave=True) as worker:
        failed = await worker.obey(Calls("Echo", 1, 1))
    assert isinstance(failed, Failed)
    assert "the server ended a connection" in failed.reason


async def test_a_refused_connection_fails_the_command() -> None:
    worker = Worker(Target(f"ws://127.0.0.1:{free_port()}", "json", []))
    failed = await worker.obey(Connects(3, 2))
    assert isinstance(failed, Failed)
    assert "a connection was refused" in failed.reason
