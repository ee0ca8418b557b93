"""Finds the Python interpreters of a machine that the project can use."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scripts._project import SetupError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["OLDEST", "TESTED", "Interpreter", "choose", "probe"]

OLDEST = (3, 11)
TESTED = ((3, 13), (3, 12), (3, 11))
"""Versions that the project is tested on, the preferred one first."""

_PROBE = """
import importlib.util, json, platform, sys
print(json.dumps([sys.version_info[:2], platform.python_implementation(), bool(importlib.util.find_spec("ensurepip"))]))
"""


@dataclass(frozen=True)
class Interpreter:
    """A Python that was run and answered.

    Attributes:
        path: How to start it.
        version: Its major and minor version.
        has_ensurepip: Whether it can make a virtual environment with pip; Debian ships that part separately.
    """

    path: str
    version: tuple[int, int]
    has_ensurepip: bool


def choose(wanted: str) -> Interpreter:
    """Return the interpreter to use: `newest`, `oldest`, or a version such as `3.11`.

    Raises:
        SetupError: None was found; the message says what to install.
    """
    preferred = TESTED if wanted == "newest" else tuple(reversed(TESTED))
    if wanted not in ("newest", "oldest"):
        preferred = (_version(wanted),)
    without_pip = None
    for interpreter in _found(preferred, others=wanted in ("newest", "oldest")):
        if interpreter.has_ensurepip:
            return interpreter
        without_pip = without_pip or interpreter
    if without_pip is not None:
        return without_pip
    versions = " or ".join(f"{major}.{minor}" for major, minor in preferred)
    raise SetupError(f"No Python {versions} was found on the PATH or under pyenv: install one and run this again.")


def probe(path: str) -> Interpreter | None:
    """Run a candidate and return what it is, or None when it does not work (a pyenv shim, say) or is not CPython."""
    try:
        done = subprocess.run([path, "-c", _PROBE], capture_output=True, text=True, timeout=30, check=True)
        (major, minor), implementation, has_ensurepip = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return Interpreter(path, (major, minor), has_ensurepip) if implementation == "CPython" else None


def _version(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d+)\.(\d+)", text)
    if match is None or (version := (int(match[1]), int(match[2]))) < OLDEST:
        raise SetupError(f"--python {text}: allowed is newest, oldest, or a version from 3.11 on, such as 3.13.")
    return version


def _found(preferred: tuple[tuple[int, int], ...], *, others: bool) -> Iterator[Interpreter]:
    for version in preferred:
        for path in _candidates(f"{version[0]}.{version[1]}"):
            if (found := probe(path)) is not None and found.version == version:
                yield found
    if others:
        for path in _candidates("3"):
            if (found := probe(path)) is not None and found.version >= OLDEST:
                yield found


def _candidates(version: str) -> Iterator[str]:
    """Yield paths that may be a Python of a version (`3.13`) or of any (`3`), without running them."""
    seen: set[str] = set()
    names = [f"python{version}"] if "." in version else []
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        for name in (*names, "python3", "python"):
            path = shutil.which(name, path=folder)
            if path is not None and path not in seen:
                seen.add(path)
                yield path
    versions = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    yield from (str(python) for python in sorted(versions.glob(f"{version}.*/bin/python"), key=_newest_first))


def _newest_first(python: Path) -> list[int]:
    return [-int(number) for number in re.findall(r"\d+", python.parent.parent.name)]
