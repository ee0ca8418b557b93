"""Remembers which steps of a set-up are done, and with which inputs."""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["Stamp", "fingerprint"]


def fingerprint(files: Iterable[Path], *values: str) -> str:
    """Return a digest of the names and contents of files and of some values."""
    digest = hashlib.sha256(json.dumps(values).encode())
    for file in files:
        content = file.read_bytes()
        digest.update(f"\0{file}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


class Stamp:
    """The file that says which steps are done; a step that is under way, or was interrupted, is not in it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def holds(self, step: str, inputs: str) -> bool:
        """Return whether a step was done with these inputs."""
        return self._read().get(step) == inputs

    def forget(self, step: str) -> None:
        """Take a step out, before its work begins."""
        steps = self._read()
        if steps.pop(step, None) is not None:
            self._write(steps)

    def record(self, step: str, inputs: str) -> None:
        """Put a step in, after its work is done."""
        self._write({**self._read(), step: inputs})

    def _read(self) -> dict[str, str]:
        try:
            content = json.loads(self._path.read_bytes())
        except (OSError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}

    def _write(self, steps: dict[str, str]) -> None:
        partial = self._path.with_suffix(".partial")
        partial.write_text(json.dumps(steps, indent=2) + "\n")
        os.replace(partial, self._path)
