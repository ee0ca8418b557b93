"""Serve the interop hubs: the Python counterpart of the reference's interop server."""

from __future__ import annotations

import sys

from scripts._launch import launch

if __name__ == "__main__":
    sys.exit(launch("-m", "tests.interop.server", python_only=True))
