"""Servers and loads as processes: a small run of everything, and what happens when a server misbehaves."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
import pytest

from benchmarks.__main__ import main
from benchmarks.load.checking import LoadError
from benchmarks.load.commands import Idle
from benchmarks.runner import pair, run_stage
from benchmarks.samples import Results
from benchmarks.stages import QUICK, Sizes, stages
from benchmarks.subjects import BARE, OURS, subjects

if TYPE_CHECKING:
    from pathlib import Path

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
