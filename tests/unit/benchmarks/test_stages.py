"""What a run consists of."""

from __future__ import annotations

import pytest

from benchmarks.load.commands import Broadcast
from benchmarks.stages import FULL, QUICK, UNITS, Sizes, stages
from benchmarks.subjects import OURS, bare_on, subjects


@pytest.mark.parametrize("sizes", [FULL, QUICK])
def test_names_are_unique_and_every_figure_has_a_unit(sizes: Sizes) -> None:
    planned = stages(sizes)
    figures = [figure for stage in planned for figure in stage.figures]
    assert len({stage.name for stage in planned}) == len(planned)
    assert len({figure.name for figure in figures}) == len(figures)
    assert all(figure.meter in UNITS for figure in figures)
    assert all(stage.runs >= 1 for stage in planned)


@pytest.mark.parametrize("sizes", [FULL, QUICK])
def test_broadcasts_come_in_whole_bursts(sizes: Sizes) -> None:
    commands = [
        command
        for stage in stages(sizes)
        for figure in stage.figures
        for command in (figure.command, figure.warm_up)
        if isinstance(command, Broadcast)
    ]
    assert {command.burst for command in commands} == {1, 4}
    assert [command.count % command.burst for command in commands] == [0] * len(commands)


def test_plain_hosts_are_measured_with_their_own_bare_echo() -> None:
    found = {subject.name: subject for subject in subjects("x:Fast", frozenset({"echo/json"}))}
    for host in ("uvicorn", "hypercorn", "granian"):
        for name in (f"{OURS} on {host}", bare_on(host)):
            assert found[name].can("echo/json", "json")
            assert not found[name].can("broadcast", "json")
    assert all(found[OURS].can(stage.load, stage.protocol) for stage in stages(FULL))


def test_the_class_is_a_parameter() -> None:
    (ours,) = (subject for subject in subjects("x:Fast", frozenset()) if subject.name == OURS)
    assert ours.command[-2:] == ("--ws", "x:Fast")
    assert "x:Fast" in ours.settings
