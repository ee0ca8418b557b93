"""A run of the feature tests records what came of each cell of docs/compatibility.md."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from tests.interop.features import matrix
from tests.interop.features.results import read_results
from tests.support.interop import ROOT

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = ROOT / "tests" / "interop" / "features"
SELECTED = "unknown_method and pysignalr"
"""Names one feature on every kind of connection of the client that needs no program."""


def test_a_run_of_the_tests_records_its_cells(tmp_path: Path) -> None:
    results = tmp_path / "results.json"
    words = ["-q", "-p", "no:xdist", str(FOLDER), "-k", SELECTED, f"--feature-results={results}"]
    subprocess.run([sys.executable, "-m", "pytest", *words], cwd=ROOT, check=True, capture_output=True)
    assert read_results(results) == {
        matrix.Cell("unknown_method", "pysignalr", "websockets", "json"): "passed",
        matrix.Cell("unknown_method", "pysignalr", "websockets", "messagepack"): "passed",
    }
