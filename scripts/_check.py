"""Check format, lint, types, layers and spelling; run every check, then say which failed."""

from __future__ import annotations

import subprocess
import sys

from scripts._project import ROOT, SetupError, environment, main_venv, program, say
from scripts._setup import prepare

__all__ = ["CHECKS", "main"]

_FOLDERS = ("signalr_py", "tests", "examples", "benchmarks", "scripts")
_TYPED = tuple(folder for folder in _FOLDERS if any((ROOT / folder).rglob("*.py")))
"""Folders for mypy, which refuses one without Python in it."""

CHECKS = {
    "format": ("ruff", "format", "--check"),
    "lint": ("ruff", "check"),
    "types": ("mypy", "--strict", *_TYPED),
    "public types": ("pyright", "--verifytypes", "signalr_py", "--ignoreexternal"),
    "types in use": ("pyright", "-p", "tests/typing"),
    "layers and files": ("pytest", "-q", "tests/unit/test_layers.py", "tests/unit/test_repository.py"),
    "spelling": ("codespell_lib", "--check-filenames"),
}
"""Modules to run with their arguments."""


def main() -> int:
    """Run every check and return 1 when one failed."""
    try:
        prepare()
    except SetupError as error:
        say(str(error))
        return 1
    venv = main_venv()
    python = str(program(venv, "python"))
    env = environment(venv, PYRIGHT_PYTHON_IGNORE_WARNINGS="1", NO_UPDATE_NOTIFIER="1")
    failed = []
    for name, words in CHECKS.items():
        say(f"-- {name}: {' '.join(words)}")
        if subprocess.run([python, "-m", *words], cwd=ROOT, env=env, check=False).returncode:
            failed.append(name)
    say(f"-- failed: {', '.join(failed)}" if failed else "-- all checks passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
