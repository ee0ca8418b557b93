"""Make the virtual environment and install everything, Node parts too; do only what has changed."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from scripts import _system, _venv
from scripts._lock import exclusive
from scripts._packages import steps
from scripts._project import ROOT, SetupError, main_venv, say
from scripts._stamp import Stamp

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["main", "prepare", "prepare_components"]


def prepare(venv: Path | None = None, *, python: str = "newest", python_only: bool = False) -> None:
    """Bring a virtual environment, and the Node folders of the project, up to date.

    Args:
        venv: Its folder; without it, the one that every script uses.
        python: `newest`, `oldest`, or a version such as `3.11`.
        python_only: Whether to leave the Node folders alone.

    Raises:
        SetupError: Something is missing or failed.
    """
    venv = venv or main_venv()
    stamp = Stamp(venv / "setup.json")
    node_steps = [] if python_only else list(steps())
    if _venv.is_done(venv, stamp, python) and all(step.is_done(stamp) for step in node_steps):
        return
    with exclusive(ROOT / ".setup.lock"):
        if not _venv.is_done(venv, stamp, python):
            _venv.update(venv, stamp, python)
        for step in node_steps:
            if not step.is_done(stamp):
                step.work(stamp, venv)


def prepare_components(*, without: Collection[str] = ()) -> list[str]:
    """Install the system's parts that tests need, where this process may; return the names of those still missing."""
    missing = [name for name in _system.NEEDED_BY_TESTS if name not in without and _system.find(name) is None]
    if missing:
        say(f"-- looking for {', '.join(missing)} in the system's packages")
        _system.install([_system.COMPONENTS[name].debian for name in missing])
    missing = [name for name in missing if _system.find(name) is None]
    for name in missing:
        say(_system.missing_text(name))
    return missing


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    parser = argparse.ArgumentParser(prog="scripts/setup", description=__doc__)
    parser.add_argument("--for-tests", action="store_true", help="also install what tests need from the system")
    parser.add_argument("--without", default="", metavar="A,B", help="components to leave out, with --for-tests")
    parser.add_argument("--python", default="newest", metavar="V", help="newest (default), oldest, or e.g. 3.11")
    parser.add_argument("--venv", type=Path, default=main_venv(), help="folder of the environment (default .venv)")
    parser.add_argument("--python-only", action="store_true", help="leave the Node folders alone")
    options = parser.parse_args(arguments)
    try:
        prepare(options.venv.absolute(), python=options.python, python_only=options.python_only)
        missing = prepare_components(without=options.without.split(",")) if options.for_tests else []
    except SetupError as error:
        say(str(error))
        return 1
    version = ".".join(map(str, _venv.python_version(options.venv) or ()))
    say(f"-- {options.venv.name} is ready, with Python {version}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
