"""What came of each cell of the compatibility table, from the run that tested it to the page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal, TypeAlias

import pytest

from tests.interop.features.matrix import Cell

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["CELL", "Outcome", "Recorder", "Results", "read_results"]

Outcome: TypeAlias = Literal["passed", "failed", "skipped"]
Results: TypeAlias = dict[Cell, Outcome]

CELL = "cell"
"""Name of the property under which a test reports its cell."""


class Recorder:
    """A pytest plugin that writes the outcomes of the feature tests to a file, as JSON.

    Args:
        path: The file, which is written when the session ends.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._results: Results = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take in one phase of a test: a failure in any phase counts, and only a whole test passes."""
        cell = dict(report.user_properties).get(CELL)
        if isinstance(cell, list) and self._results.get(Cell(*cell), "passed") == "passed":
            self._results[Cell(*cell)] = report.outcome

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """Write the file."""
        rows = [[*cell, outcome] for cell, outcome in sorted(self._results.items())]
        self._path.write_text(json.dumps(rows, indent=1) + "\n")


def read_results(path: Path) -> Mapping[Cell, Outcome]:
    """Return what a `Recorder` wrote."""
    return {Cell(*cell): outcome for *cell, outcome in json.loads(path.read_bytes())}
