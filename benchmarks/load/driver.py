"""The other end of a load process: gives it commands and waits for its replies."""

from __future__ import annotations

import contextlib
import select
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import msgspec

from benchmarks.cpu import LOAD_CORE
from benchmarks.load.checking import LoadError
from benchmarks.load.commands import Failed, Measured, Reply
from scripts._project import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.load.commands import Command, Target

__all__ = ["Load", "load_process"]

_STOP = 5


class Load:
    """A load process.

    Args:
        process: The process, whose standard input and output are pipes.
        name: Whom it talks to, for messages.
    """

    def __init__(self, process: subprocess.Popen[bytes], name: str) -> None:
        self._process = process
        self._name = name

    def do(self, command: Command, timeout: float) -> Measured:
        """Have a command carried out and return what it came to.

        Raises:
            LoadError: It failed, took too long, or the process ended.
        """
        assert self._process.stdin is not None
        self._process.stdin.write(msgspec.json.encode(command) + b"\n")
        self._process.stdin.flush()
        reply: Measured | Failed = msgspec.json.decode(self._line(timeout, command), type=Reply)
        if isinstance(reply, Failed):
            raise LoadError(f"{self._name}: {command}: {reply.reason}")
        return reply

    def _line(self, timeout: float, command: Command) -> bytes:
        assert self._process.stdout is not None
        deadline = time.monotonic() + timeout
        line = b""
        while not line.endswith(b"\n"):
            ready, _, _ = select.select([self._process.stdout], [], [], max(0, deadline - time.monotonic()))
            if not ready:
                raise LoadError(
                    f"{self._name}: {command}: not done after {timeout:.0f} s: messages are lost, or it is slow"
                )
            chunk = self._process.stdout.read(65536)
            if not chunk:
                raise LoadError(f"{self._name}: {command}: the load ended with status {self._process.wait(_STOP)}")
            line += chunk
        return line


@contextlib.contextmanager
def load_process(target: Target, name: str) -> Iterator[Load]:
    """Run a load process on the load's core for as long as the block lasts."""
    words = [sys.executable, "-m", "benchmarks.pin", str(LOAD_CORE), sys.executable, "-m", "benchmarks.load.worker"]
    process = subprocess.Popen(
        [*words, msgspec.json.encode(target).decode()],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
    )
    try:
        yield Load(process, name)
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
