"""How results are compared with goals."""

from __future__ import annotations

import pytest

from benchmarks.goals import GOALS, Bound, Comparison, Goal, judge
from benchmarks.peers import PEER_PACKAGES
from benchmarks.samples import Results, Summary
from benchmarks.stages import FULL, stages
from benchmarks.subjects import AIOSIGNALR, ASP_NET, BARE, OURS, SOCKET_IO, subjects


def results_with(ours: list[float], other: list[float]) -> Results:
    results = Results()
    for name, samples in ((OURS, ours), ("other", other)):
        for sample in samples:
            results.add("echo", name, sample, busy=1)
    return results


def goal(comparison: Comparison = "ratio", bound: Bound = "at most", limit: float = 2) -> Goal:
    return Goal("row", "echo", bound, limit, comparison, other="other")


@pytest.mark.parametrize(
    ("comparison", "expected"),
    [("absolute", [6, 12]), ("ratio", [3, 2]), ("difference", [4, 6]), ("advantage", [1 / 3, 0.5])],
)
def test_values_are_worked_out_within_each_run(comparison: Comparison, expected: list[float]) -> None:
    assert goal(comparison).values(results_with([6, 12], [2, 6])) == expected


@pytest.mark.parametrize(
    ("bound", "met"),
    [("at most", [True, True, False]), ("below", [True, False, False]), ("at least", [False, True, True])],
)
def test_the_limit_itself_counts_unless_the_goal_is_below_it(bound: Bound, met: list[bool]) -> None:
    assert [goal(bound=bound).is_met_by(value) for value in (1.9, 2, 2.1)] == met


def test_the_median_of_the_ratios_decides() -> None:
    (verdict,) = judge([goal()], results_with([2, 4, 30], [2, 2, 2]))
    assert verdict.measured == Summary(2, 1, 15)
    assert verdict.outcome == "met"
    (verdict,) = judge([goal(limit=1.9)], results_with([2, 4, 30], [2, 2, 2]))
    assert verdict.outcome == "missed"


@pytest.mark.parametrize(("ours", "other"), [([], [1.0]), ([1.0], []), ([], [])])
def test_a_goal_without_both_sides_is_not_measured(ours: list[float], other: list[float]) -> None:
    (verdict,) = judge([goal()], results_with(ours, other))
    assert verdict.measured is None
    assert verdict.outcome == "not measured"


def test_a_figure_may_be_compared_with_another_of_the_same_server() -> None:
    results = Results()
    results.add("reading", OURS, 9, busy=1)
    results.add("plain", OURS, 6, busy=1)
    assert Goal("row", "reading", "at most", 1.5, other_figure="plain").values(results) == [1.5]


@pytest.mark.parametrize(
    ("comparison", "unit", "words"),
    [("ratio", "", "at most 2 x"), ("difference", "", "at most 2 us"), ("absolute", " KiB", "at most 2 KiB")],
)
def test_a_goal_is_told_in_words(comparison: Comparison, unit: str, words: str) -> None:
    assert Goal("row", "echo", "at most", 2, comparison, unit=unit).words == words


def test_every_goal_names_figures_and_servers_that_there_are() -> None:
    figures = {figure.name for stage in stages(FULL) for figure in stage.figures}
    servers = {subject.name for subject in subjects("x", frozenset())} | {ASP_NET, AIOSIGNALR, SOCKET_IO}
    for one in GOALS:
        assert {one.figure, one.other_figure or one.figure} <= figures
        assert {one.subject, one.other or one.subject} <= servers
    assert {AIOSIGNALR, SOCKET_IO} == set(PEER_PACKAGES)


def test_no_goal_is_there_twice() -> None:
    assert len({one.row for one in GOALS}) == len(GOALS)


def test_the_bare_server_is_measured_wherever_goals_compare_with_it() -> None:
    bare = next(subject for subject in subjects("x", frozenset()) if subject.name == BARE)
    loads = {figure.name: stage for stage in stages(FULL) for figure in stage.figures}
    compared = [loads[one.figure] for one in GOALS if one.other == BARE]
    assert all(bare.can(stage.load, stage.protocol) for stage in compared)
    assert len(compared) == 11
