"""Programs that some tests need and a machine may lack: nothing is skipped unless a person asked for it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from scripts import _system
from scripts._node import WANTED, find_node
from tests.support import choices

__all__ = ["fail", "full_product", "in_ci", "leave_out_if_chosen", "not_run", "require"]


def require(name: str) -> str:
    """Return the path of a component's program: `chromium`, `java` or `node`.

    Without it the test fails with the words for what to install; given `--without NAME`, it is left out and listed in
    the closing summary.
    """
    leave_out_if_chosen(name)
    if name == "node":
        node = find_node(Path(sys.prefix))
        return node.program if node else fail(f"node is missing: run scripts/setup, or install {WANTED} with npm.")
    return _system.find(name) or fail(_system.missing_text(name))


def leave_out_if_chosen(name: str) -> None:
    """Leave the running test out when a person passed `--without NAME`."""
    if name in choices.current().without:
        not_run(f"--without {name} was given")


def full_product() -> bool:
    """Return whether `--all` was given: run every combination of a matrix."""
    return choices.current().full_product


def in_ci() -> bool:
    """Return whether this run is a gate (`CI=true`), in which what cannot run is a failure."""
    return os.environ.get("CI", "").lower() in ("1", "true")


def not_run(reason: str) -> NoReturn:
    """Leave the running test out; the closing summary says why."""
    pytest.skip(reason)


def fail(reason: str) -> NoReturn:
    """Fail the running test with a message for the person, without a traceback."""
    pytest.fail(reason, pytrace=False)
