"""Run the benchmarks in the project's virtual environment."""

from __future__ import annotations

import sys

from scripts._launch import launch
from scripts._project import say

__all__ = ["main"]


def main() -> int:
    """Become the benchmarks; returns only when they cannot run."""
    if sys.platform != "linux":
        say("The benchmarks read clocks and bind cores in ways that only Linux has.")
        return 1
    return launch("-m", "benchmarks", python_only=True)


if __name__ == "__main__":
    sys.exit(main())
