"""Other servers to compare with, and the virtual environment that those in Python run in."""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from benchmarks.subjects import AIOSIGNALR, ASP_NET, SOCKET_IO, Subject
from scripts._project import ROOT, program, run
from scripts._venv import pip_install
from tests.support.dotnet import PeerNotFoundError, find_peers

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["HOST_PACKAGES", "PEER_PACKAGES", "peers", "prepare_environment"]

PEER_PACKAGES: Final = {"aiosignalr": "0.1.1", "python-socketio": "5.18.1"}
"""What is compared with, and in which version."""

HOST_PACKAGES: Final = ("uvicorn", "uvloop", "httptools")
"""What the peers run on, in the versions that this project has installed; `websockets` is the newest they allow."""

_CACHE: Final = ROOT / ".cache" / "bench"
_DOTNET_CACHE: Final = ROOT / ".cache" / "dotnet"
_LOADS: Final = frozenset({"echo/json", "echo/messagepack", "broadcast", "stream", "connect", "memory"})
_ON_UVICORN: Final = "uvicorn, websockets-sansio, uvloop, httptools; permessage-deflate off, pings off"


def peers() -> tuple[list[Subject], list[str]]:
    """Return the servers that can run here, and a line for each that cannot.

    Raises:
        SetupError: The environment of the Python servers could not be made.
    """
    python = prepare_environment(_CACHE)
    found = [_aiosignalr(python), _socketio(python)]
    try:
        command = find_peers(_DOTNET_CACHE).server
    except PeerNotFoundError as error:
        return found, [f"{ASP_NET} is left out: {error}"]
    return [_asp_net(command), *found], []


def prepare_environment(cache: Path) -> Path:
    """Make the virtual environment of the peers unless it is there, and return its Python.

    Args:
        cache: The folder that it is made in.

    Raises:
        SetupError: A step failed.
    """
    venv = cache / "peers"
    python = program(venv, "python")
    wanted = [f"{name}=={number}" for name, number in PEER_PACKAGES.items()]
    wanted += [f"{name}=={version(name)}" for name in HOST_PACKAGES]
    wanted.append("websockets")
    stamp = cache / "peers.txt"
    content = "\n".join([sys.version, *wanted])
    if python.exists() and stamp.exists() and stamp.read_text() == content:
        return python
    cache.mkdir(parents=True, exist_ok=True)
    stamp.unlink(missing_ok=True)
    run("making the environment of the peers", [sys.executable, "-m", "venv", "--clear", venv])
    pip_install("installing the peers", venv, *wanted)
    stamp.write_text(content)
    return python


def _asp_net(command: tuple[str, ...]) -> Subject:
    return Subject(
        ASP_NET,
        (*command, "--urls", "http://127.0.0.1:{port}"),
        "ASP.NET Core SignalR 10 on Kestrel, release build, warmed up for longer; compression off",
        loads=_LOADS,
        warm_ups=24,
    )


def _aiosignalr(python: Path) -> Subject:
    return Subject(
        AIOSIGNALR,
        _on_uvicorn(python, "benchmarks.servers.peer_aiosignalr:app"),
        f"{AIOSIGNALR} {PEER_PACKAGES['aiosignalr']} on {_ON_UVICORN}",
        loads=_LOADS,
    )


def _socketio(python: Path) -> Subject:
    path = "/socket.io/?EIO=4&transport=websocket"
    return Subject(
        SOCKET_IO,
        _on_uvicorn(python, "benchmarks.servers.peer_socketio:app"),
        f"{SOCKET_IO} {PEER_PACKAGES['python-socketio']} on {_ON_UVICORN}",
        paths={"calls": path, "broadcast": path},
        dialects={"json": "socketio"},
        loads=_LOADS - {"stream"},
    )


def _on_uvicorn(python: Path, app: str) -> tuple[str, ...]:
    return (str(python), "-m", "benchmarks.servers.hosts", "uvicorn", app, "--port", "{port}")
