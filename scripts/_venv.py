"""Makes a virtual environment and installs the package with its tools in it."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

from scripts._project import ROOT, SetupError, environment, program, run, say
from scripts._pythons import OLDEST, Interpreter, choose
from scripts._stamp import Stamp, fingerprint
from scripts._system import install

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["is_done", "pip_install", "python_version", "update"]

_STEP = "python"


def is_done(venv: Path, stamp: Stamp, wanted: str) -> bool:
    """Return whether an environment of the wanted version holds everything that `pyproject.toml` asks for."""
    version = python_version(venv)
    return version is not None and _serves(version, wanted) and stamp.holds(_STEP, _inputs(version))


def update(venv: Path, stamp: Stamp, wanted: str) -> None:
    """Make the environment when there is none that works, and install the package with its tools.

    Raises:
        SetupError: No suitable Python was found, or a step failed.
    """
    version = python_version(venv)
    if version is None or not _serves(version, wanted) or not _has_pip(venv):
        interpreter = choose(wanted)
        _ensure_ensurepip(interpreter)
        stamp.forget(_STEP)
        run(f"making {venv.name} with {interpreter.path}", [interpreter.path, "-m", "venv", "--clear", venv])
        version = python_version(venv)
    if version is None:
        raise SetupError(f"{venv} was made but holds no Python.")
    stamp.forget(_STEP)
    inputs = _inputs(version)
    pip_install("updating pip", venv, "--upgrade", "pip")
    pip_install("installing the package and its tools", venv, "--editable", ".[fast]", "--group", "dev")
    stamp.record(_STEP, inputs)


def pip_install(what: str, venv: Path, *words: str) -> None:
    """Run `pip install` in an environment.

    Raises:
        SetupError: It failed.
    """
    pip = [str(program(venv, "python")), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    run(what, [*pip, *words], env=environment(venv))


def python_version(venv: Path) -> tuple[int, int] | None:
    """Return the Python version that an environment was made with, or None when there is no usable one."""
    try:
        settings = (venv / "pyvenv.cfg").read_text()
    except OSError:
        return None
    match = re.search(r"^version *= *(\d+)\.(\d+)", settings, re.MULTILINE)
    if match is None or not program(venv, "python").exists():
        return None
    return int(match[1]), int(match[2])


def _inputs(version: tuple[int, int]) -> str:
    return fingerprint([ROOT / "pyproject.toml"], str(version), str(ROOT))


def _serves(version: tuple[int, int], wanted: str) -> bool:
    return version >= OLDEST if wanted in ("newest", "oldest") else "{}.{}".format(*version) == wanted


def _has_pip(venv: Path) -> bool:
    command = [str(program(venv, "python")), "-m", "pip", "--version"]
    try:
        return subprocess.run(command, capture_output=True, timeout=60, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _ensure_ensurepip(interpreter: Interpreter) -> None:
    if interpreter.has_ensurepip:
        return
    package = "python{}.{}-venv".format(*interpreter.version)
    say(f"-- installing {package} from the system's packages")
    if not install([package]):
        raise SetupError(f"{interpreter.path} cannot make virtual environments: install {package} and run this again.")
