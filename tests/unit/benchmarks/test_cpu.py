"""What a process has used."""

from __future__ import annotations

import os
import subprocess
import sys

from benchmarks.cpu import LOAD_CORE, SERVER_CORE, cpu_nanoseconds, memory_bytes, processes_of

WORK = "sum(range(300_000)); print(flush=True); input()"


def test_the_time_of_another_process_is_read() -> None:
    command = [sys.executable, "-c", WORK]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert cpu_nanoseconds([process.pid]) > 1_000_000
        assert processes_of(process.pid) == [process.pid]
        assert memory_bytes([process.pid]) > 2**20
        process.communicate(b"\n")


def test_the_times_of_several_processes_add_up() -> None:
    alone = cpu_nanoseconds([os.getpid()])
    assert cpu_nanoseconds([os.getpid(), os.getpid()]) >= 2 * alone


def test_cores_are_those_that_this_process_may_use() -> None:
    assert {SERVER_CORE, LOAD_CORE} <= os.sched_getaffinity(0)
