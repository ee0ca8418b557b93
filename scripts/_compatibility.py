"""Run every feature with every client, and write what came of it to docs/compatibility.md."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from scripts._project import ROOT, SetupError, environment, main_venv, program, say
from scripts._setup import prepare, prepare_components

__all__ = ["main"]

_TESTS = "tests/interop/features"


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return 1 when a feature failed or the page could not be written."""
    parser = argparse.ArgumentParser(prog="scripts/compatibility", description=__doc__, allow_abbrev=False)
    parser.add_argument("--results", type=Path, help="write the page from an earlier run's --feature-results")
    options = parser.parse_args(arguments)
    try:
        prepare()
        if options.results is not None:
            return _write_page(options.results.absolute())
        prepare_components()
    except SetupError as error:
        say(str(error))
        return 1
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder, "results.json")
        failed = _python("-m", "pytest", "-p", "no:xdist", _TESTS, f"--feature-results={results}")
        return _write_page(results) or min(failed, 1) if results.exists() else 1


def _write_page(results: Path) -> int:
    return _python("-m", "tests.interop.features.page", str(results))


def _python(*words: str) -> int:
    venv = main_venv()
    return subprocess.run(
        [str(program(venv, "python")), *words], cwd=ROOT, env=environment(venv), check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
