"""Small programs for tests that look for programs on the PATH."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["put_program"]


def put_program(folder: Path, name: str, script: str) -> Path:
    """Write a shell script under a name into a folder, make it runnable and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return program
