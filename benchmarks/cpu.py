"""What a process has used: CPU time to the nanosecond, memory, and the core that it is bound to."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Final

__all__ = ["LOAD_CORE", "SERVER_CORE", "cpu_nanoseconds", "memory_bytes", "processes_of"]

_CORES: Final = sorted(os.sched_getaffinity(0))

SERVER_CORE: Final = _CORES[0]
"""The core of the server under test."""

LOAD_CORE: Final = _CORES[-1]
"""The core of the load; the same as the server's where there is only one."""

_SCHEDULER_CLOCK: Final = 2
_PROC: Final = Path("/proc")


def cpu_nanoseconds(pids: list[int]) -> int:
    """Return the CPU time of all threads of some processes, of those that ended as well.

    This is the kernel's own clock of a process (`clock_getcpuclockid`): what `/proc/PID/stat` shows in ticks of 10 ms.
    """
    return sum(time.clock_gettime_ns((~pid << 3) | _SCHEDULER_CLOCK) for pid in pids)


def memory_bytes(pids: list[int]) -> int:
    """Return the resident memory of some processes; pages that several of them share count once in each."""
    total = 0
    for pid in pids:
        lines = (_PROC / str(pid) / "smaps_rollup").read_text().splitlines()
        total += next(int(line.split()[1]) for line in lines if line.startswith("Rss:")) * 1024
    return total


def processes_of(leader: int) -> list[int]:
    """Return the ids of the processes in the session of one that leads it, itself included."""
    entries = [entry for entry in _PROC.iterdir() if entry.name.isdigit()]
    return sorted(int(entry.name) for entry in entries if _session(entry) == leader)


def _session(entry: Path) -> int | None:
    try:
        return int((entry / "stat").read_text().rpartition(")")[2].split()[3])
    except (FileNotFoundError, ProcessLookupError):
        return None
