"""Becomes a command that is bound to one core: `python -m benchmarks.pin CORE COMMAND...`."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from typing import Final

__all__ = ["allow_many_files", "end_with_parent", "main"]

_SET_DEATH_SIGNAL: Final = 1


def allow_many_files() -> None:
    """Raise the limit of open files to what this process may have."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def end_with_parent() -> None:
    """Have the kernel end this process, and what it becomes, when the process that started it is gone."""
    ctypes.CDLL(None).prctl(_SET_DEATH_SIGNAL, signal.SIGKILL)


def main(arguments: list[str]) -> None:
    """Bind this process to a core and become the command."""
    core, *command = arguments
    allow_many_files()
    end_with_parent()
    os.sched_setaffinity(0, {int(core)})
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
