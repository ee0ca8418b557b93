"""Where things are in the project, and how the scripts run programs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["ROOT", "SetupError", "become", "environment", "main_venv", "program", "run", "say"]

ROOT = Path(__file__).resolve().parent.parent


class SetupError(Exception):
    """Something that a person has to see or do before the scripts can go on."""


def say(text: str) -> None:
    """Tell the person what is going on, on standard error."""
    print(text, file=sys.stderr, flush=True)


def main_venv() -> Path:
    """Return the folder of the virtual environment that every script uses."""
    return ROOT / ".venv"


def program(venv: Path, name: str) -> Path:
    """Return the path of a program of a virtual environment, whether it exists or not."""
    return venv / "Scripts" / f"{name}.exe" if os.name == "nt" else venv / "bin" / name


def environment(venv: Path, **more: str) -> dict[str, str]:
    """Return this process's environment with the programs of a virtual environment first on the PATH."""
    folder = str(program(venv, "python").parent)
    path = os.pathsep.join([folder, os.environ.get("PATH", os.defpath)])
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONHOME"}
    return {**kept, "PATH": path, "VIRTUAL_ENV": str(venv), **more}


def run(what: str, command: Sequence[str | Path], *, cwd: Path = ROOT, env: Mapping[str, str] | None = None) -> None:
    """Run a command to its end.

    Raises:
        SetupError: The command could not be started or failed.
    """
    say(f"-- {what}")
    words = [str(word) for word in command]
    before = signal.signal(signal.SIGTERM, _leave)
    try:
        code = subprocess.run(words, cwd=cwd, env=env, check=False).returncode
    except OSError as error:
        raise SetupError(f"{what}: {words[0]} could not be started: {error}") from error
    finally:
        signal.signal(signal.SIGTERM, before)
    if code:
        raise SetupError(f"{what}: exit status {code} from: {' '.join(words)}")


def _leave(number: int, _: object) -> NoReturn:
    """End this process by an exception, which ends the command that it runs as well."""
    sys.exit(128 + number)


def become(command: Sequence[str | Path], env: Mapping[str, str]) -> NoReturn:
    """Replace this process by a command, so that signals reach it; on Windows run it and leave with its status."""
    words = [str(word) for word in command]
    if os.name == "nt":
        sys.exit(subprocess.run(words, env=env, check=False).returncode)
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(words[0], words, env)
