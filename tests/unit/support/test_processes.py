"""Servers in processes of their own: started when ready, stopped whatever happens."""

from __future__ import annotations

import signal
import socket
import sys
import urllib.request
from typing import TYPE_CHECKING

import pytest

from tests.support.processes import ServerProcess, ServerProcessError, free_port, server_process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

HTTP = """
import http.server, os, sys

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(os.environ.get("GREETING", "hello").encode())

server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
print("serving on", sys.argv[1])
server.serve_forever()
"""
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + HTTP
SILENT = "import signal; signal.pause()"
PARENT = f"""
import signal, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {HTTP!r}, sys.argv[1]])
signal.pause()
"""


def serve(
    program: str, ready: str = "http://127.0.0.1:{port}/", *, start_timeout: float = 30, stop_timeout: float = 10
) -> AbstractContextManager[ServerProcess]:
    command = [sys.executable, "-c", program, "{port}"]
    return server_process(command, ready=ready, start_timeout=start_timeout, stop_timeout=stop_timeout)


def get(server: ServerProcess) -> str:
    with urllib.request.urlopen(server.url) as response:
        return str(response.read().decode())


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_the_server_answers_inside_the_block_and_is_gone_after_it() -> None:
    with serve(HTTP) as server:
        assert get(server) == "hello"
        assert server.exit_code is None
    assert server.exit_code == -signal.SIGTERM
    assert not is_listening(server.port)


def test_a_failing_block_stops_the_server_too() -> None:
    with pytest.raises(ZeroDivisionError), serve(HTTP) as server:
        _ = 1 / 0
    assert server.exit_code == -signal.SIGTERM


def test_readiness_may_be_words_in_the_output() -> None:
    with serve(HTTP, ready="serving on {port}") as server:
        assert server.log() == f"serving on {server.port}\n"
        assert get(server) == "hello"


def test_variables_reach_the_server() -> None:
    command = [sys.executable, "-c", HTTP, "{port}"]
    with server_process(command, ready="http://127.0.0.1:{port}/", env={"GREETING": "good day"}) as server:
        assert get(server) == "good day"


def test_a_server_that_ends_at_once_is_reported_with_its_output() -> None:
    program = "print('no such setting'); raise SystemExit(3)"
    with pytest.raises(ServerProcessError, match=r"(?s)ended with status 3.*no such setting"), serve(program):
        pytest.fail("the block must not run")


def test_a_server_that_never_gets_ready_is_stopped() -> None:
    with pytest.raises(ServerProcessError, match="did not answer in time"), serve(SILENT, start_timeout=0.2):
        pytest.fail("the block must not run")


def test_a_server_that_ignores_the_polite_signal_is_killed() -> None:
    with serve(STUBBORN, stop_timeout=0.1) as server:
        assert server.stop() == -signal.SIGKILL


def test_stopping_ends_what_the_server_started() -> None:
    with serve(PARENT) as server:
        assert is_listening(server.port)
    assert not is_listening(server.port)


def test_a_restarted_server_has_the_same_port_and_log() -> None:
    with serve(HTTP, ready="serving on {port}") as server:
        first, port = server.pid, server.port
        server.restart()
        assert (server.port, server.pid != first) == (port, True)
        assert server.log() == f"serving on {port}\n" * 2
        assert get(server) == "hello"


def test_a_killed_server_leaves_at_once() -> None:
    with serve(STUBBORN) as server:
        server.kill()
        assert server.exit_code == -signal.SIGKILL


def test_a_port_that_is_taken_is_reported(taken_port: int) -> None:
    command = [sys.executable, "-c", HTTP, "{port}"]
    with (
        pytest.raises(ServerProcessError, match="Address already in use"),
        server_process(command, ready="serving", port=taken_port),
    ):
        pytest.fail("the block must not run")


def test_waiting_for_words_that_never_come_fails() -> None:
    with serve(HTTP) as server:
        server.wait_for_log("serving on")
        with pytest.raises(ServerProcessError, match="it never printed 'gone fishing' in time"):
            server.wait_for_log("gone fishing", timeout=0.05)


def test_a_server_that_ends_by_itself_is_waited_for() -> None:
    with serve("print('up')", ready="up") as server:
        assert server.wait(10) == 0


def test_a_server_that_goes_on_is_not_waited_for_without_end() -> None:
    with serve(HTTP) as server, pytest.raises(ServerProcessError, match="still ran after"):
        server.wait(0.05)


def test_a_free_port_is_free() -> None:
    assert not is_listening(free_port())
