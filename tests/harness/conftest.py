"""A machine on which nothing is found that is not put there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a machine with an empty interop folder and nothing on the PATH but what is in `bin`."""
    interop = tmp_path / "interop"
    interop.mkdir()
    monkeypatch.setenv("SIGNALR_INTEROP", str(interop))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return tmp_path
