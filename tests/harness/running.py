"""pytest as a process, on a test file of the caller and with what all tests of this project share."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.support.interop import ROOT

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Run", "run_pytest"]


@dataclass(frozen=True)
class Run:
    """What a run of pytest left behind.

    Attributes:
        output: What it printed.
        counts: How many tests had each outcome that any had.
        not_run: For each reason, how many tests were left out.
    """

    output: str
    counts: dict[str, int]
    not_run: dict[str, int]

    @property
    def closing(self) -> str:
        """The last line, without its frame."""
        return self.output.splitlines()[-1].strip("= ")

    def has_line(self, beginning: str) -> bool:
        """Tell whether a line begins like this."""
        return any(line.startswith(beginning) for line in self.output.splitlines())


def run_pytest(folder: Path, body: str, *options: str, **variables: str) -> Run:
    """Run the tests of a module.

    Args:
        folder: Where the module is written.
        body: The module.
        options: What pytest is told.
        variables: Variables of its environment.
    """
    test, tally = folder / "test_it.py", folder / "tally.json"
    test.write_text(body)
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", f"--tally={tally}", *options, str(test)]
    env = {**os.environ, **variables}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    content = json.loads(tally.read_bytes())
    counts = {outcome: count for outcome, count in content["counts"].items() if count}
    return Run(done.stdout, counts, content["not_run"])
