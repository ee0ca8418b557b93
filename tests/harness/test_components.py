"""A run without a component fails, or lists at its end what a person left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.harness.running import run_pytest

if TYPE_CHECKING:
    from pathlib import Path

BODY = """
from tests.support.components import full_product, require

def test_browser():
    assert require("chromium")

def test_plain():
    assert full_product() is {full_product}
"""


def test_a_run_without_the_component_fails(tmp_path: Path) -> None:
    run = run_pytest(tmp_path, BODY.format(full_product=False), PATH=str(tmp_path))
    assert "chromium is missing" in run.output
    assert run.not_run == {}
    assert run.counts == {"failed": 1, "passed": 1}


@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["alone", "xdist"])
def test_a_run_lists_what_was_left_out(tmp_path: Path, workers: tuple[str, ...]) -> None:
    body = BODY.format(full_product=True)
    run = run_pytest(tmp_path, body, "--without", "chromium", "--all", *workers, PATH=str(tmp_path))
    assert "1 x --without chromium was given" in run.output.splitlines()
    assert run.closing.startswith("1 passed, 1 skipped in ")
    assert run.not_run == {"--without chromium was given": 1}


@pytest.mark.parametrize(("last", "outcome"), [("", "passed"), ("assert False, text", "failed")])
def test_workers_can_report_text_that_has_no_bytes(tmp_path: Path, last: str, outcome: str) -> None:
    body = f"import logging\n\ndef test_it():\n    text = '\\ud800'\n    logging.error(text)\n    {last}\n"
    run = run_pytest(tmp_path, body, "-n", "1", PATH=str(tmp_path))
    assert run.counts == {outcome: 1}, run.output
