"""The benchmarks run on Linux alone, and so do their tests."""

from __future__ import annotations

import sys

collect_ignore_glob = [] if sys.platform == "linux" else ["test_*.py"]
