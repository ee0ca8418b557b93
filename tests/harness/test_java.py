"""A run without the Java client leaves its tests out at home, and fails in a gate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.harness.running import run_pytest
from tests.support.programs import put_program

if TYPE_CHECKING:
    from pathlib import Path

TEST = """
from tests.support.java import client_command

def test_client():
    client_command()
"""


@pytest.mark.parametrize(
    ("has_java", "ci", "options", "closing", "reason"),
    [
        (True, "", [], "1 skipped", "1 x no Java client: "),
        (True, "true", [], "1 failed", "no Java client: "),
        (False, "", [], "1 failed", "java is missing "),
        (False, "true", ["--without=java"], "1 skipped", "1 x --without java was given"),
    ],
    ids=["at home", "in a gate", "without Java", "left out"],
)
def test_a_run_without_the_client_says_so(
    machine: Path, ci: str, options: list[str], closing: str, reason: str, *, has_java: bool
) -> None:
    if has_java:
        put_program(machine / "bin", "java", "exit 0")
    run = run_pytest(machine, TEST, *options, CI=ci)
    assert run.closing.startswith(closing)
    assert run.has_line(reason)
