"""Runs stages: starts servers and loads, measures all servers in turn, and stops everything."""

from __future__ import annotations

import contextlib
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from benchmarks.cpu import SERVER_CORE, memory_bytes, processes_of
from benchmarks.load.commands import Connects, Measured, Open, Target
from benchmarks.load.driver import Load, load_process
from tests.support.processes import server_process

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from benchmarks.samples import Results
    from benchmarks.stages import Figure, Stage
    from benchmarks.subjects import Subject

__all__ = ["Pair", "pair", "run_stage"]

_T = TypeVar("_T")
_TIMEOUT: Final = 180
_FIRST: Final = Connects(1, 1)


@dataclass(frozen=True)
class Pair:
    """A server with the load that talks to it.

    Attributes:
        subject: Which server it is.
        load: The load.
        pids: The server's processes.
    """

    subject: Subject
    load: Load
    pids: list[int]

    def sample(self, figure: Figure) -> tuple[float, float]:
        """Measure a figure once; return it, and how much of the time the server was at work, in percent."""
        before = memory_bytes(self.pids) if figure.meter == "kibibytes" else 0
        measured = self.load.do(figure.command, _TIMEOUT)
        return self._read(figure, measured, before), measured.server / measured.elapsed * 100

    def _read(self, figure: Figure, measured: Measured, memory: int) -> float:
        match figure.meter:
            case "microseconds":
                return measured.server / measured.messages / 1000
            case "kibibytes":
                return (memory_bytes(self.pids) - memory) / measured.messages / 1024
            case "percent":
                return measured.server / measured.elapsed * 100
            case "refused":
                return 0.0


@contextlib.contextmanager
def pair(subject: Subject, stage: Stage) -> Iterator[Pair]:
    """Run a server and its load for as long as the block lasts."""
    command = [sys.executable, "-m", "benchmarks.pin", str(SERVER_CORE), *subject.command]
    with server_process(command, start_timeout=60) as server:
        url = f"ws://127.0.0.1:{server.port}{subject.paths[stage.path]}"
        pids = processes_of(server.pid)
        with load_process(Target(url, subject.dialects[stage.protocol], pids), subject.name) as load:
            load.do(_FIRST, _TIMEOUT)
            if stage.connections:
                load.do(Open(stage.connections), _TIMEOUT)
            yield Pair(subject, load, pids)


def run_stage(stage: Stage, subjects: Iterable[Subject], results: Results) -> None:
    """Measure every figure of a stage with every server that takes part in it.

    Args:
        stage: The stage.
        subjects: The servers.
        results: Where the samples go.

    Raises:
        LoadError: A message was lost, doubled or wrong, or a connection was refused.
        ServerProcessError: A server could not be started.
    """
    chosen = [subject for subject in subjects if subject.can(stage.load, stage.protocol)]
    if stage.is_fresh:
        _run_fresh(stage, chosen, results)
        return
    with contextlib.ExitStack() as stack:
        pairs = [stack.enter_context(pair(subject, stage)) for subject in chosen]
        for figure in stage.figures:
            _warm_up(figure, pairs)
            for run in range(stage.runs):
                for one in _rotated(pairs, run):
                    results.add(figure.name, one.subject.name, *one.sample(figure))
            _say(figure, chosen, results)


def _run_fresh(stage: Stage, chosen: Sequence[Subject], results: Results) -> None:
    for run in range(stage.runs):
        for subject in _rotated(chosen, run):
            for figure in stage.figures:
                with pair(subject, stage) as one:
                    _warm_up(figure, [one])
                    results.add(figure.name, subject.name, *one.sample(figure))
    for figure in stage.figures:
        _say(figure, chosen, results)


def _warm_up(figure: Figure, pairs: Sequence[Pair]) -> None:
    if figure.warm_up is not None:
        for one in pairs:
            for _ in range(one.subject.warm_ups):
                one.load.do(figure.warm_up, _TIMEOUT)


def _rotated(values: Sequence[_T], start: int) -> list[_T]:
    offset = start % len(values) if values else 0
    return [*values[offset:], *values[:offset]]


def _say(figure: Figure, chosen: Iterable[Subject], results: Results) -> None:
    for subject in chosen:
        samples = results.samples(figure.name, subject.name)
        print(
            f"{figure.name:24} {subject.name:28} {' '.join(f'{sample:8.2f}' for sample in samples)}",
            flush=True,
            file=sys.stderr,
        )
