"""A run without the .NET peers leaves their tests out at home, and fails in a gate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.harness.running import run_pytest

if TYPE_CHECKING:
    from pathlib import Path

TEST = """
from tests.support.dotnet import client_command

def test_client():
    client_command()
"""


@pytest.mark.parametrize(
    ("ci", "options", "closing", "reason"),
    [
        ("", [], "1 skipped", "1 x no .NET peers: "),
        ("true", [], "1 failed", "no .NET peers: "),
        ("true", ["--without=dotnet"], "1 skipped", "1 x --without dotnet was given"),
    ],
    ids=["at home", "in a gate", "left out"],
)
def test_a_run_without_the_peers_says_so(machine: Path, ci: str, options: list[str], closing: str, reason: str) -> None:
    run = run_pytest(machine, TEST, *options, CI=ci)
    assert run.closing.startswith(closing)
    assert run.has_line(reason)
