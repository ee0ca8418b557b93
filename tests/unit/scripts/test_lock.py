"""One process at a time holds a lock, and its end frees it."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from scripts._lock import exclusive
from tests.support.interop import ROOT

if TYPE_CHECKING:
    from pathlib import Path

HOLD = """
import sys
from pathlib import Path
from scripts._lock import exclusive
with exclusive(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.readline()
"""


def hold(path: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", HOLD, str(path)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def test_the_second_waits_for_the_first(tmp_path: Path) -> None:
    lock = tmp_path / "folder" / "lock"
    with exclusive(lock):
        process = hold(lock)
        assert process.stderr is not None
        assert process.stderr.readline() == "-- waiting for another process that holds lock\n"
    output, _ = process.communicate("\n", timeout=30)
    assert (output, process.returncode) == ("held\n", 0)


def test_a_process_that_is_killed_frees_its_lock(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    process = hold(lock)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    process.kill()
    process.communicate(timeout=30)
    with exclusive(lock):
        assert lock.exists()
