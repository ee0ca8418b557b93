"""Tests of long files go before the others, whatever order the rest is shuffled into."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.harness.running import run_pytest

if TYPE_CHECKING:
    from pathlib import Path

BODY = """
import pytest

def test_a(): pass

@pytest.mark.long
def test_b(): pass

def test_c(): pass
"""


@pytest.mark.parametrize("seed", [1, 2])
def test_long_tests_go_first(tmp_path: Path, seed: int) -> None:
    run = run_pytest(tmp_path, BODY, "-v", f"--randomly-seed={seed}")
    order = re.findall(r"::(test_\w) PASSED", run.output)
    assert order[0] == "test_b"
    assert sorted(order) == ["test_a", "test_b", "test_c"]
