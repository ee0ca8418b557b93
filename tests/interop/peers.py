"""The servers and clients that meet in these tests, by name."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Literal, TypeAlias

from tests.clients.driver import ClientDriver
from tests.clients.pysignalr_client import PysignalrClient
from tests.support import components, dotnet
from tests.support.interop import ROOT
from tests.support.processes import server_process

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from tests.clients.base import Client
    from tests.support.processes import ServerProcess

__all__ = [
    "CLIENTS",
    "DRIVERS",
    "HOSTS",
    "REFERENCE",
    "ClientName",
    "DriverName",
    "HostName",
    "interop_server",
    "make_client",
    "make_driver",
]

DriverName: TypeAlias = Literal["typescript", "dotnet"]
DRIVERS: tuple[DriverName, ...] = ("typescript", "dotnet")

ClientName: TypeAlias = Literal["typescript", "dotnet", "pysignalr"]
CLIENTS: tuple[ClientName, ...] = (*DRIVERS, "pysignalr")

HostName: TypeAlias = str
REFERENCE: HostName = "aspnetcore"
HOSTS: dict[HostName, tuple[str, ...]] = {
    "uvicorn": ("--host-server", "uvicorn", "--ws", "websockets-sansio"),
    "uvicorn-websockets": ("--host-server", "uvicorn", "--ws", "websockets"),
    "uvicorn-wsproto": ("--host-server", "uvicorn", "--ws", "wsproto"),
    "hypercorn": ("--host-server", "hypercorn"),
    "granian": ("--host-server", "granian"),
}


def make_driver(name: DriverName, *, timeout: float = 10.0) -> ClientDriver:
    """Return a client that runs as a process."""
    if name == "typescript":
        program = ROOT / "tests" / "clients" / "typescript" / "driver.mjs"
        return ClientDriver([components.require("node"), str(program)], timeout=timeout)
    return ClientDriver(dotnet.client_command(), timeout=timeout)


def make_client(name: ClientName) -> Client:
    """Return a client by its name."""
    return PysignalrClient() if name == "pysignalr" else make_driver(name)


def interop_server(host: HostName, *options: str) -> AbstractContextManager[ServerProcess]:
    """Return a running interop server: this package on one of its hosts, or the reference.

    Args:
        host: A key of `HOSTS`, or `REFERENCE`.
        options: Options that both servers know, such as `--keepalive 1`.
    """
    if host == REFERENCE:
        return server_process(dotnet.server_command("--urls", "http://127.0.0.1:{port}", *options))
    return server_process([sys.executable, "-m", "tests.interop.server", "--port", "{port}", *HOSTS[host], *options])
