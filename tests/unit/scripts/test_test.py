"""Several runs of pytest come to one closing summary."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from scripts._test import Totals

if TYPE_CHECKING:
    from pathlib import Path


def put_tally(path: Path, not_run: dict[str, int], **counts: int) -> Path:
    path.write_text(json.dumps({"counts": counts, "not_run": not_run}))
    return path


def test_counts_add_up_in_pytests_own_words(tmp_path: Path) -> None:
    totals = Totals()
    totals.add(put_tally(tmp_path / "a", {}, passed=10, failed=0, skipped=0))
    totals.add(put_tally(tmp_path / "b", {}, passed=5, failed=2, errors=1))
    (line,) = totals.report(61.5)
    assert line.strip("= ") == "2 failed, 15 passed, 1 error in 61.50s"


def test_what_did_not_run_is_listed_before(tmp_path: Path) -> None:
    totals = Totals()
    totals.add(put_tally(tmp_path / "a", {"no .NET peers": 3}, passed=1, skipped=3))
    totals.add(put_tally(tmp_path / "b", {"no .NET peers": 1, "--without chromium was given": 1}, skipped=2))
    lines = totals.report(1)
    assert [line.strip("= ") for line in lines] == [
        "not run",
        "4 x no .NET peers",
        "1 x --without chromium was given",
        "1 passed, 5 skipped in 1.00s",
    ]


def test_problems_are_listed_before_the_summary() -> None:
    totals = Totals(problems=["branch coverage is below 95 %"])
    assert [line.strip("= ") for line in totals.report(1)] == [
        "problems",
        "branch coverage is below 95 %",
        "no tests ran in 1.00s",
    ]
