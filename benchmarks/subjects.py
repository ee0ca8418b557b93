"""The servers under test: how each is started, where its WebSocket is, and which settings it runs with."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["AIOSIGNALR", "ASP_NET", "BARE", "HOSTS", "OURS", "SOCKET_IO", "Subject", "bare_on", "subjects"]

BARE: Final = "bare picows"
OURS: Final = "signalr_py"
ASP_NET: Final = "ASP.NET Core"
AIOSIGNALR: Final = "aiosignalr"
SOCKET_IO: Final = "python-socketio"
HOSTS: Final = ("uvicorn", "hypercorn", "granian")

_QUIET: Final = "permessage-deflate off, pings off"
_HOST_SETTINGS: Final = {
    "uvicorn": f"uvicorn, websockets-sansio, uvloop, httptools; {_QUIET}",
    "hypercorn": "hypercorn, asyncio worker on uvloop; pings off, does not compress",
    "granian": "granian, uvloop, 1 worker with 1 runtime thread; pings off, does not compress",
}
_BARE_DIALECTS: Final = {"json": "bare-json", "messagepack": "bare-messagepack"}
_BARE_LOADS: Final = frozenset({"echo/json", "echo/messagepack", "broadcast", "connect", "memory"})


@dataclass(frozen=True)
class Subject:
    """One server.

    Attributes:
        name: What tables call it.
        command: How it is started; `{port}` stands for the port.
        settings: Host, loop and what is switched off, for tables.
        paths: The WebSocket's path for each kind of load: `calls` or `broadcast`.
        dialects: The load's dialect for each hub protocol.
        loads: The kinds of load that it takes part in; None for all.
        warm_ups: How often each warm-up is repeated.
    """

    name: str
    command: tuple[str, ...]
    settings: str
    paths: Mapping[str, str] = field(default_factory=lambda: {"calls": "/interop", "broadcast": "/interop"})
    dialects: Mapping[str, str] = field(default_factory=lambda: {"json": "json", "messagepack": "messagepack"})
    loads: frozenset[str] | None = None
    warm_ups: int = 1

    def can(self, load: str, protocol: str) -> bool:
        """Return whether it takes part in a kind of load."""
        return protocol in self.dialects and (self.loads is None or load in self.loads)


def bare_on(host: str) -> str:
    """Return the name of the bare ASGI echo on a host."""
    return f"bare ASGI on {host}"


def subjects(fast_class: str, host_loads: frozenset[str]) -> list[Subject]:
    """Return all servers of this project.

    Args:
        fast_class: uvicorn's WebSocket class that the package is measured with.
        host_loads: The kinds of load for plain ASGI hosts.
    """
    found = [_bare(), _fast(fast_class)]
    for host in HOSTS:
        found += [_bare_asgi(host, host_loads), _plain(host, host_loads)]
    return found


def _bare() -> Subject:
    return Subject(
        BARE,
        (sys.executable, "-m", "benchmarks.servers.bare_picows", "--port", "{port}"),
        "picows' own server, uvloop with the sockets of aiofastnet, as picows comes, read buffer 2 KiB; pings off, "
        "does not compress",
        paths={"calls": "/echo", "broadcast": "/broadcast"},
        dialects=_BARE_DIALECTS,
        loads=_BARE_LOADS,
    )


def _fast(fast_class: str) -> Subject:
    return Subject(
        OURS,
        (*_on("uvicorn", "benchmarks.servers.hub:app"), "--ws", fast_class),
        f"uvicorn, {fast_class}, uvloop, httptools; {_QUIET}",
    )


def _plain(host: str, loads: frozenset[str]) -> Subject:
    return Subject(f"{OURS} on {host}", _on(host, "benchmarks.servers.hub:app"), _HOST_SETTINGS[host], loads=loads)


def _bare_asgi(host: str, loads: frozenset[str]) -> Subject:
    return Subject(
        bare_on(host),
        _on(host, "benchmarks.servers.bare_asgi:app"),
        _HOST_SETTINGS[host],
        dialects=_BARE_DIALECTS,
        loads=loads,
    )


def _on(host: str, app: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "benchmarks.servers.hosts", host, app, "--port", "{port}")
