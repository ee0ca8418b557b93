"""Run the tests: all of them with the coverage gates, or what the pytest arguments name."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from scripts._project import ROOT, SetupError, environment, main_venv, program, say
from scripts._setup import prepare, prepare_components

__all__ = ["Totals", "main"]

_NOTHING_COLLECTED = 5
_PROTOCOL = "tests/unit/protocol"
_ALONE = "tests/endurance/test_leaks.py"
"""What measures the memory of servers under load, and wants the machine for itself."""

_BY_FILE = ("-n2", "--dist=loadfile", "--no-loadscope-reorder")
"""Two workers that are given whole files, the long ones first: what a file starts for all of its tests starts once."""

_KINDS = ("failed", "passed", "skipped", "deselected", "xfailed", "xpassed", "warnings", "errors")
"""Outcomes in the order in which pytest lists them."""


@dataclass
class Totals:
    """What several runs of pytest came to.

    Attributes:
        counts: How many tests had each outcome.
        not_run: For each reason, how many tests were left out.
        problems: What went wrong besides failing tests.
    """

    counts: Counter[str] = field(default_factory=Counter)
    not_run: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def add(self, tally: Path) -> None:
        """Take in what one run wrote with `--tally`."""
        content = json.loads(tally.read_bytes())
        self.counts.update(content["counts"])
        self.not_run.update(content["not_run"])

    def report(self, seconds: float) -> list[str]:
        """Return the closing lines, the last one in pytest's own form."""
        lines = [_rule("not run"), *(f"{count} x {reason}" for reason, count in self.not_run.most_common())]
        lines = lines if self.not_run else []
        if self.problems:
            lines += [_rule("problems"), *self.problems]
        parts = [f"{count} {_noun(kind, count)}" for kind in _KINDS if (count := self.counts[kind])]
        return [*lines, _rule(f"{', '.join(parts) or 'no tests ran'} in {seconds:.2f}s")]


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="scripts/test", description=__doc__, epilog="All other arguments go to pytest.", allow_abbrev=False
    )
    parser.add_argument("--all", action="store_true", help="run every combination of the client matrix")
    parser.add_argument("--without", default="", metavar="A,B", help="leave out the tests of chromium, dotnet or java")
    options, selection = parser.parse_known_args(arguments)
    common = ["--all"] * options.all + [f"--without={options.without}"] * bool(options.without)
    try:
        prepare()
        prepare_components(without=options.without.split(","))
    except SetupError as error:
        say(str(error))
        return 1
    return _pytest([*common, *selection]) if selection else _whole_suite(common)


def _whole_suite(common: list[str]) -> int:
    """Unit tests with the gates first, then the folders in which servers, clients and browsers run."""
    start = time.monotonic()
    totals = Totals()
    coverage = ["--cov", "--cov-report="]
    with tempfile.TemporaryDirectory() as folder:
        tally = Path(folder, "tally.json")
        _run(totals, tally, [*common, "-n2", *coverage, _PROTOCOL])
        _gate(totals, 100, "the protocol layer from its own tests", "--include=signalr_py/protocol/*")
        _run(totals, tally, [*common, "-n2", *coverage, "--cov-append", "tests/unit", f"--ignore={_PROTOCOL}"])
        _gate(totals, 95, "the package from the unit tests")
        _python("-m", "tests.support.dotnet")
        _python("-m", "tests.support.java")
        _run(totals, tally, [*common, *_BY_FILE, "tests", "--ignore=tests/unit", f"--ignore={_ALONE}"])
        _run(totals, tally, [*common, _ALONE])
    print("\n".join(totals.report(time.monotonic() - start)), flush=True)
    return 1 if totals.problems else 0


def _run(totals: Totals, tally: Path, arguments: list[str]) -> None:
    tally.unlink(missing_ok=True)
    code = _pytest([f"--tally={tally}", *arguments])
    if tally.exists():
        totals.add(tally)
    if code not in (0, _NOTHING_COLLECTED):
        totals.problems.append(f"exit status {code} from: pytest {' '.join(arguments)}")


def _gate(totals: Totals, percent: int, what: str, *arguments: str) -> None:
    say(f"-- branch coverage of {what}: {percent} % or more")
    if _python("-m", "coverage", "report", "--skip-covered", f"--fail-under={percent}", *arguments):
        totals.problems.append(f"branch coverage of {what} is below {percent} %")


def _pytest(arguments: list[str]) -> int:
    return _python("-m", "pytest", *arguments)


def _python(*words: str) -> int:
    venv = main_venv()
    return subprocess.run(
        [str(program(venv, "python")), *words], cwd=ROOT, env=environment(venv), check=False
    ).returncode


def _noun(kind: str, count: int) -> str:
    return kind.removesuffix("s") if count == 1 and kind in ("warnings", "errors") else kind


def _rule(title: str) -> str:
    width = int(os.environ.get("COLUMNS", "80"))
    return f" {title} ".center(width, "=")


if __name__ == "__main__":
    sys.exit(main())
