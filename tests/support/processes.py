"""Starts a server as a process of its own on a free port, and stops it whatever happens."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

from tests.support.interop import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

__all__ = ["ServerProcess", "ServerProcessError", "free_port", "server_process"]

_POLL_INTERVAL = 0.02
_ATTEMPTS = 3
_PORT_TAKEN = ("address already in use", "errno 98", "errno 48", "eaddrinuse")
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class ServerProcessError(Exception):
    """A server ended before it was ready, or was not ready in time; the message carries its output."""


def free_port() -> int:
    """Return a port of the loopback interface that nothing listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def server_process(
    command: Sequence[str | os.PathLike[str]],
    *,
    ready: str = "http://127.0.0.1:{port}/health",
    port: int | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path = ROOT,
    start_timeout: float = 30,
    stop_timeout: float = 10,
) -> Iterator[ServerProcess]:
    """Run a server for as long as the block lasts.

    Args:
        command: The program and its arguments; `{port}` in them stands for the port.
        ready: An address that answers with success once the server is ready, or words that it then prints. `{port}`
            stands for the port here too.
        port: The port; without it, a free one.
        env: Variables to set besides those of this process.
        cwd: Where to run it.
        start_timeout: Seconds until it must be ready.
        stop_timeout: Seconds from SIGTERM to SIGKILL.

    Raises:
        ServerProcessError: It was not ready in time, or ended.
    """
    server = ServerProcess(
        command, ready=ready, env=env, cwd=cwd, start_timeout=start_timeout, stop_timeout=stop_timeout
    )
    try:
        server.start(port)
        yield server
    finally:
        server.stop()


class ServerProcess:
    """A server in a process of its own, which may be stopped and started again on the same port."""

    def __init__(
        self,
        command: Sequence[str | os.PathLike[str]],
        *,
        ready: str,
        env: Mapping[str, str] | None,
        cwd: Path,
        start_timeout: float,
        stop_timeout: float,
    ) -> None:
        self.port = 0
        self._command = [os.fspath(word) for word in command]
        self._ready = ready
        self._environment = {**os.environ, "PYTHONUNBUFFERED": "1", **(env or {})}
        self._cwd = cwd
        self._start_timeout = start_timeout
        self._stop_timeout = stop_timeout
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self._lines: list[str] = []
        self._changed = threading.Condition()

    @property
    def url(self) -> str:
        """The server's address, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """The id of the process that runs, or ran last."""
        return self._running().pid

    @property
    def exit_code(self) -> int | None:
        """How the process ended; None while it runs."""
        return self._running().poll()

    def log(self) -> str:
        """Return everything that the server printed so far, errors included, over all its starts."""
        with self._changed:
            return "".join(self._lines)

    def wait_for_log(self, text: str, timeout: float = 10) -> None:
        """Wait until the server has printed some text.

        Raises:
            ServerProcessError: It did not in time, or ended without.
        """
        self._wait_for_text(text, 0, timeout)

    def start(self, port: int | None = None) -> None:
        """Start the server and wait until it is ready; without a port, on the one it had, or on a free one.

        Raises:
            ServerProcessError: It was not ready in time, or ended.
        """
        chosen = port or self.port
        for attempt in range(_ATTEMPTS):
            self.port = chosen or free_port()
            printed = len(self.log())
            self._spawn()
            try:
                self._wait_until_ready(printed)
            except ServerProcessError:
                self.stop()
                port_was_taken = any(words in self.log()[printed:].lower() for words in _PORT_TAKEN)
                if not port_was_taken or attempt == _ATTEMPTS - 1:
                    raise
            except BaseException:
                self.stop()
                raise
            else:
                return

    def stop(self, timeout: float | None = None) -> int | None:
        """End the server, politely first, by force after the timeout; return its exit status, None if it never ran."""
        if self._process is None:
            return None
        if self._process.poll() is None:
            self._process.terminate()
        try:
            self._process.wait(self._stop_timeout if timeout is None else timeout)
        except subprocess.TimeoutExpired:
            pass
        finally:
            self.kill()
        return self._process.returncode

    def kill(self) -> None:
        """End the server and all that it started at once, without a chance to say goodbye."""
        process = self._running()
        if self._reader is None:
            return
        if os.name == "nt":
            process.kill()
        else:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self._reader.join(self._stop_timeout)
        self._reader = None

    def restart(self) -> None:
        """Stop the server and start it again on the same port.

        Raises:
            ServerProcessError: It was not ready in time, or ended.
        """
        self.stop()
        self.start()

    def wait(self, timeout: float) -> int:
        """Wait until the server ends by itself and return its exit status.

        Raises:
            ServerProcessError: It still ran after the timeout.
        """
        try:
            return self._running().wait(timeout)
        except subprocess.TimeoutExpired:
            raise ServerProcessError(self._words(f"it still ran after {timeout} s")) from None

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None:
            raise ServerProcessError(f"{self._command[0]} was not started")
        return self._process

    def _spawn(self) -> None:
        words = [word.replace("{port}", str(self.port)) for word in self._command]
        self._process = subprocess.Popen(
            words,
            cwd=self._cwd,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=os.name != "nt",
        )
        self._reader = threading.Thread(target=self._read, args=(self._process,), daemon=True)
        self._reader.start()

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with process.stdout as output:
            for line in output:
                with self._changed:
                    self._lines.append(line)
                    self._changed.notify_all()

    def _wait_until_ready(self, printed: int) -> None:
        ready = self._ready.replace("{port}", str(self.port))
        if not ready.startswith("http"):
            self._wait_for_text(ready, printed, self._start_timeout)
            return
        deadline = time.monotonic() + self._start_timeout
        while not _answers(ready):
            self._check(deadline, f"{ready} did not answer", ended=self._has_ended())
            time.sleep(_POLL_INTERVAL)

    def _wait_for_text(self, text: str, printed: int, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                ended = self._has_ended()
                if text in self.log()[printed:]:
                    return
                self._check(deadline, f"it never printed {text!r}", ended=ended)
                self._changed.wait(_POLL_INTERVAL)

    def _has_ended(self) -> bool:
        """Whether the process is gone and everything it printed was read."""
        return self._running().poll() is not None and (self._reader is None or not self._reader.is_alive())

    def _check(self, deadline: float, problem: str, *, ended: bool) -> None:
        if ended:
            raise ServerProcessError(self._words(f"{problem}, and the process ended with status {self.exit_code}"))
        if time.monotonic() >= deadline:
            raise ServerProcessError(self._words(f"{problem} in time"))

    def _words(self, problem: str) -> str:
        return f"{' '.join(self._command)} (port {self.port}): {problem}. Its output:\n{self.log()}"


def _answers(url: str) -> bool:
    try:
        with _DIRECT.open(url, timeout=2) as response:
            return bool(response.status < 300)
    except (OSError, urllib.error.URLError):
        return False
