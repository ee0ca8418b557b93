"""The text of tables and of the page."""

from __future__ import annotations

import datetime

import pytest

from benchmarks.goals import Goal, judge
from benchmarks.machine import describe
from benchmarks.page import page
from benchmarks.report import figures_table, goals_table, summary_line, table
from benchmarks.samples import Results
from benchmarks.subjects import BARE, OURS, subjects

GOALS = [
    Goal("calls", "echo", "at most", 1.5, other=BARE),
    Goal("deliveries", "broadcast", "at most", 1.2, other=BARE),
    Goal("memory", "memory", "at most", 12, "absolute", unit=" KiB"),
]


@pytest.fixture
def results() -> Results:
    results = Results()
    for ours, bare in ((6, 5), (7, 5), (12, 10)):
        results.add("echo", OURS, ours, busy=3)
        results.add("echo", BARE, bare, busy=4)
    results.add("memory", OURS, 13.25, busy=200)
    return results


def test_columns_line_up() -> None:
    assert table(("a", "long head"), [("long cell", "b")]).splitlines() == [
        "| a         | long head |",
        "| --------- | --------- |",
        "| long cell | b         |",
    ]


def test_goals_that_were_measured_are_listed(results: Results) -> None:
    rows = goals_table(judge(GOALS, results)).splitlines()[2:]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    assert cells == [
        ["calls", "at most 1.5 x", "1.20", "1.20..1.40", "met"],
        ["memory", "at most 12 KiB", "13.25", "13.25..13.25", "missed"],
    ]


def test_the_last_line_counts(results: Results) -> None:
    assert summary_line(judge(GOALS, results)) == "1 met, 1 missed, 1 not measured"


def test_figures_have_their_unit_and_how_busy_the_server_was(results: Results) -> None:
    rows = figures_table(results, {"echo": "us", "memory": "KiB"}).splitlines()[2:]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    assert cells == [
        ["echo", OURS, "7.00", "6.00..12.00", "us", "3.00"],
        ["echo", BARE, "5.00", "5.00..10.00", "us", "4.00"],
        ["memory", OURS, "13.25", "13.25..13.25", "KiB", "200"],
    ]


def test_the_page_says_how_where_and_with_which_settings(results: Results) -> None:
    text = page(
        "scripts/bench --peers",
        datetime.date(2031, 2, 3),
        {"Processor": "a fast one"},
        subjects("x:Fast", frozenset()),
        results,
        judge(GOALS, results),
        {"echo": "us", "memory": "KiB"},
        ["../docs/images/benchmark-echo.svg"],
    )
    for expected in (
        "`scripts/bench --peers` on 2031-02-03",
        "a fast one",
        "uvicorn, x:Fast, uvloop, httptools; permessage-deflate off, pings off",
        "![benchmark-echo](../docs/images/benchmark-echo.svg)",
        "1 met, 1 missed, 1 not measured.",
        "| calls ",
        "| memory ",
    ):
        assert expected in text
    assert "deliveries" not in text


def test_the_machine_is_described_by_its_kind() -> None:
    machine = describe()
    assert list(machine) == ["Processor", "Cores in use", "System", "Python", "Packages"]
    assert "picows " in machine["Packages"]
    assert all(machine.values())
