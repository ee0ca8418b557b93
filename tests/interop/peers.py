"""The servers and clients that meet in these tests, by name."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Literal, TypeAlias

from tests.clients.base import Abilities
from tests.clients.driver import ClientDriver
from tests.clients.pysignalr_client import PysignalrClient
from tests.support import components, dotnet, java
from tests.support.interop import ROOT
from tests.support.processes import server_process

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from contextlib import AbstractContextManager

    from tests.clients.base import Client, ProtocolName, TransportName
    from tests.support.processes import ServerProcess

__all__ = [
    "ABILITIES",
    "CLIENTS",
    "DRIVERS",
    "FAST",
    "HOSTS",
    "PATHS",
    "REFERENCE",
    "ClientName",
    "DriverName",
    "HostName",
    "clean_ends",
    "interop_server",
    "make_client",
    "make_driver",
    "over_each_protocol",
    "over_each_transport",
]

DriverName: TypeAlias = Literal["typescript", "chromium", "dotnet", "java"]
DRIVERS: tuple[DriverName, ...] = ("typescript", "dotnet", "java")
"""The official clients, the TypeScript one in Node; `chromium` is the same client in a browser."""

ClientName: TypeAlias = DriverName | Literal["pysignalr"]
CLIENTS: tuple[ClientName, ...] = (*DRIVERS, "pysignalr")

ABILITIES: Mapping[ClientName, Abilities] = {
    "typescript": Abilities(),
    "chromium": Abilities(),
    "dotnet": Abilities(),
    "java": Abilities(transports=("websockets", "longpolling"), protocols=("json",)),
    "pysignalr": Abilities(transports=("websockets",)),
}

HostName: TypeAlias = str
REFERENCE: HostName = "aspnetcore"
FAST: HostName = "uvicorn-fast"
PATHS: tuple[HostName, ...] = ("uvicorn", FAST)
"""A host for each way that bytes take: ASGI's `receive` and `send`, and the way past them."""

HOSTS: dict[HostName, tuple[str, ...]] = {
    "uvicorn": ("--host-server", "uvicorn", "--ws", "websockets-sansio"),
    "uvicorn-fast": ("--host-server", "uvicorn", "--ws", "fast"),
    "uvicorn-websockets": ("--host-server", "uvicorn", "--ws", "websockets"),
    "uvicorn-wsproto": ("--host-server", "uvicorn", "--ws", "wsproto"),
    "hypercorn": ("--host-server", "hypercorn"),
    "granian": ("--host-server", "granian"),
}


def clean_ends(client: ClientName, transport: TransportName) -> tuple[str | None, ...]:
    """Return what a client may say of a connection that the server ended without an error.

    Over long polling the Java client polls on while it closes, against any server, and may report the answer to that.
    """
    return (None, "Unexpected response code 404.") if (client, transport) == ("java", "longpolling") else (None,)


def over_each_transport(
    clients: Sequence[DriverName] = DRIVERS, *, besides: Collection[TransportName] = ()
) -> list[tuple[DriverName, TransportName]]:
    """Return every client with each transport that it offers."""
    return [
        (name, transport) for name in clients for transport in ABILITIES[name].transports if transport not in besides
    ]


def over_each_protocol(clients: Sequence[DriverName] = DRIVERS) -> list[tuple[DriverName, ProtocolName]]:
    """Return every client with each protocol that it offers."""
    return [(name, protocol) for name in clients for protocol in ABILITIES[name].protocols]


def make_driver(name: DriverName, *, timeout: float = 10.0) -> ClientDriver:
    """Return a client that runs as a process."""
    return ClientDriver(_command(name), abilities=ABILITIES[name], timeout=timeout)


def _command(name: DriverName) -> list[str]:
    match name:
        case "typescript":
            return [components.require("node"), str(ROOT / "tests" / "clients" / "typescript" / "driver.mjs")]
        case "chromium":
            client = ROOT / "tests" / "browser" / "client.mjs"
            return [components.require("node"), str(client), components.require("chromium")]
        case "dotnet":
            return dotnet.client_command()
        case "java":
            return java.client_command()


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
