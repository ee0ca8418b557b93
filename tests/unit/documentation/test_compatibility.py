"""docs/compatibility.md says what the feature tests prove, no more and no less."""

from __future__ import annotations

import importlib
import json
from typing import TYPE_CHECKING

from tests.interop.features import matrix, page
from tests.interop.peers import ABILITIES
from tests.support.interop import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.interop.features.results import Outcome, Results

FOLDER = ROOT / "tests" / "interop" / "features"


def everything(outcome: Outcome = "passed") -> Results:
    return dict.fromkeys(matrix.all_cells(), outcome)


def test_the_page_is_up_to_date() -> None:
    assert page.PAGE.read_text("utf-8") == page.render(everything()), "run scripts/compatibility"


def test_every_feature_has_one_test_and_every_test_is_of_a_feature() -> None:
    modules = [importlib.import_module(f"tests.interop.features.{path.stem}") for path in FOLDER.glob("test_*.py")]
    tests = [name.removeprefix("test_") for module in modules for name in vars(module) if name.startswith("test_")]
    assert sorted(tests) == sorted(matrix.FEATURES)


def test_every_connection_of_a_feature_is_tested_or_has_a_gap_that_says_why() -> None:
    for feature in matrix.FEATURES.values():
        for client in matrix.CLIENTS:
            for way in ABILITIES[client].combinations():
                is_tested = (client, *way) in matrix.connections(feature)
                assert is_tested == (matrix.gap(feature, client, *way) is None)


def test_every_note_is_about_a_connection_that_exists() -> None:
    for feature in matrix.FEATURES.values():
        for note in (*feature.gaps, *feature.faults):
            ways = ABILITIES[note.client].combinations()
            assert any(note.covers(note.client, *way) for way in ways), (feature.name, note)


def test_a_failure_shows_in_its_cell_and_in_the_count() -> None:
    cell = matrix.Cell("stream", "dotnet", "sse", "json")
    results: Results = {**everything(), cell: "failed"}
    changed = [
        (before, after)
        for before, after in zip(page.render(everything()).splitlines(), page.render(results).splitlines(), strict=True)
        if before != after
    ]
    (_, count), (_, row) = changed
    assert count == "| A stream to the client | 5 of 5 | 5 of 5 | 4 of 5 | 2 of 2 | 2 of 2 |"
    assert row == "| A stream to the client | works | works | **fails** | works | works |"


def put_results(path: Path, results: Results) -> Path:
    path.write_text(json.dumps([[*cell, outcome] for cell, outcome in results.items()]))
    return path


def test_a_complete_run_is_written(tmp_path: Path) -> None:
    results, written = put_results(tmp_path / "results.json", everything("failed")), tmp_path / "page.md"
    assert page.main([str(results), f"--page={written}"]) == 0
    assert written.read_text("utf-8") == page.render(everything("failed"))


def test_an_incomplete_run_is_not_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    some = dict(list(everything().items())[1:])
    results, written = put_results(tmp_path / "results.json", some), tmp_path / "page.md"
    assert page.main([str(results), f"--page={written}"]) == 1
    assert not written.exists()
    assert "1 tests did not run, among them call-typescript-websockets-json" in capsys.readouterr().out
