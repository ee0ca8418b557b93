"""The Node folders of the project: what to install and to build in them, and when."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scripts._node import WANTED, Node, find_node
from scripts._project import ROOT, SetupError, run
from scripts._stamp import fingerprint
from scripts._venv import pip_install

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts._stamp import Stamp

__all__ = ["FOLDERS", "NodeStep", "steps"]

FOLDERS = ("examples/synaxis/frontend", "tests/clients/typescript", "tests/browser")
"""Folders that may have a package.json."""

_MADE = ("node_modules", "dist")


@dataclass(frozen=True)
class NodeStep:
    """One npm command, to run when its inputs changed or its output is gone.

    Attributes:
        folder: Where to run it.
        words: What comes after `npm`.
        inputs: Fingerprint of the files that it reads.
        output: A path that is there once it has run.
    """

    folder: Path
    words: tuple[str, ...]
    inputs: str
    output: Path

    def is_done(self, stamp: Stamp) -> bool:
        """Return whether it ran with these inputs and its output is still there."""
        return self.output.exists() and stamp.holds(self._name, self.inputs)

    def work(self, stamp: Stamp, venv: Path) -> None:
        """Run it, with a Node from PyPI in the virtual environment when the machine has none.

        Raises:
            SetupError: It failed, or there is no Node for this machine.
        """
        stamp.forget(self._name)
        node = _ensure_node(venv)
        run(self._name, [*node.npm, "--loglevel=error", *self.words], cwd=self.folder, env=node.environment())
        stamp.record(self._name, self.inputs)

    @property
    def _name(self) -> str:
        words = " ".join(word for word in self.words if not word.startswith("-"))
        return f"npm {words} in {self.folder.relative_to(ROOT).as_posix()}"


def steps() -> Iterator[NodeStep]:
    """Yield what each Node folder that exists needs, in order."""
    for folder in (ROOT / name for name in FOLDERS):
        package = folder / "package.json"
        if not package.is_file():
            continue
        install = ("install", "--no-package-lock", "--no-audit", "--no-fund", "--no-update-notifier")
        settings = [file for file in (package, folder / ".npmrc") if file.is_file()]
        yield NodeStep(folder, install, fingerprint(settings), folder / "node_modules")
        if "build" in json.loads(package.read_bytes()).get("scripts", {}):
            yield NodeStep(folder, ("run", "build"), fingerprint(_sources(folder)), folder / "dist")


def _sources(folder: Path) -> list[Path]:
    found = []
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in _MADE]
        found += [Path(parent, name) for name in files]
    return sorted(found)


def _ensure_node(venv: Path) -> Node:
    node = find_node(venv)
    if node is None:
        pip_install(f"installing Node from PyPI (this machine has no {WANTED})", venv, "--group", "node")
        node = find_node(venv)
    if node is None:
        raise SetupError(f"PyPI has no Node for this machine: install {WANTED} with npm, and run this again.")
    return node
