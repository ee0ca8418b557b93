"""Serve the Synaxis demo."""

from __future__ import annotations

import sys

from scripts._launch import launch

if __name__ == "__main__":
    sys.exit(launch("examples/synaxis/serve.py", "--demo"))
