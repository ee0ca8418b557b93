"""The files that belong to the repository."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from tests.support.interop import ROOT

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["repository_files"]

_MADE = ("node_modules", "__pycache__", "dist", "build")


def repository_files() -> list[Path]:
    """Return the files that are under version control or would be, given a checkout; else all that no tool made."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return _walk()
    names = sorted(name for name in done.stdout.split("\0") if name)
    return [path for path in (ROOT / name for name in names) if path.is_file()]


def _walk() -> list[Path]:
    found: list[Path] = []
    for parent, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in _MADE and (name == ".ci" or not name.startswith("."))]
        found += (ROOT / parent / name for name in files if not name.endswith((".pyc", ".log")))
    return sorted(found)
