"""Servers and loads as processes: a small run of everything, and what happens when a server misbehaves."""

from __future__ import annotations

import re
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
import pytest
from websockets.asyncio.server import serve

from benchmarks.__main__ import main
from benchmarks.load.checking import LoadError
from benchmarks.load.commands import Calls, Close, Connects, Failed, Idle, Measured, Open, Target
from benchmarks.load.worker import Worker
from benchmarks.runner import pair, run_stage
from benchmarks.samples import Results
from benchmarks.stages import QUICK, Sizes, stages
from benchmarks.subjects import BARE, OURS, subjects
from tests.support.processes import free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from websockets.asyncio.server import ServerConnection

SMALL = Sizes(
    runs=2,
    calls=200,
    deliveries=40,
    audiences=(5,),
    items=20,
    connects=8,
    idle=5,
    crowd=5,
    idle_seconds=0.1,
    idle_runs=1,
    burst=10,
    host_loads=frozenset(),
)
ECHO = b'{"type":3,"invocationId":"1000","result":"text 00000 of the load, 32 long"}\x1e'


def test_a_bare_server_and_the_package_are_measured() -> None:
    chosen = [subject for subject in subjects("websockets-sansio", frozenset()) if subject.name in (BARE, OURS)]
    results = Results()
    planned = [
        stage for stage in stages(SMALL) if stage.name in ("echo/messagepack", "broadcast/5", "stream", "memory")
    ]
    for stage in planned:
        run_stage(replace(stage, connections=min(stage.connections, 5)), chosen, results)
    for stage in planned:
        for figure in stage.figures:
            assert len(results.samples(figure.name, OURS)) == stage.runs
            assert len(results.samples(figure.name, BARE)) == (0 if stage.name == "stream" else stage.runs)


def test_a_server_that_cannot_be_started_fails_the_run(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["--quick", "--only", "connect", "--subjects", OURS, "--ws", "nowhere:Nothing"]) == 1
    assert "The run failed." in capfd.readouterr().err


def test_a_run_prints_its_tables_and_writes_its_samples(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "samples.json"
    assert main(["--quick", "--only", "connect", "--subjects", BARE, "--json", str(file)]) == 0
    results = msgspec.json.decode(file.read_bytes(), type=Results)
    (samples,) = results.figures["connect"].values()
    assert len(samples) == QUICK.runs
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].replace(" ", "").startswith("|figure|server|median|")
    assert lines[-1].startswith("0 met, 0 missed, ")


def test_an_unknown_server_fails_the_run(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["--quick", "--subjects", "nobody"]) == 1
    assert "There is no server named nobody; there are: bare picows" in capfd.readouterr().err


def test_a_load_that_waits_too_long_fails_the_run() -> None:
    bare = subjects("websockets-sansio", frozenset())[0]
    with pair(bare, stages(QUICK)[0]) as one, pytest.raises(LoadError, match=r"bare picows: Idle.*not done after 0 s"):
        one.load.do(Idle(5), timeout=0.1)


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
