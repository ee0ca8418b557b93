"""Where the reference server, its clients, the probe and the vectors are kept."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["COPIES", "ROOT", "interop_folder"]

ROOT = Path(__file__).resolve().parent.parent.parent
COPIES = ROOT / "tests" / "interop" / "reference"
"""Parts of the interop folder that the repository holds a copy of."""


def interop_folder() -> Path | None:
    """Return the folder named by `SIGNALR_INTEROP`, by default `../shared/interop` beside the project, if it exists."""
    folder = Path(os.environ.get("SIGNALR_INTEROP") or ROOT.parent / "shared" / "interop")
    return folder if folder.is_dir() else None
