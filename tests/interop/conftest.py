"""Servers that the tests of this folder share."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TypeAlias

import pytest

from tests.interop.peers import REFERENCE, HostName, interop_server
from tests.support.processes import ServerProcess

Servers: TypeAlias = Callable[..., ServerProcess]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("signalr-py").addoption(
        "--against-reference",
        action="store_true",
        help="run the tests of this folder against ASP.NET Core, which proves the tests themselves",
    )


@pytest.fixture(scope="session")
def against_reference(pytestconfig: pytest.Config) -> bool:
    return bool(pytestconfig.getoption("--against-reference", default=False))


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """Start each interop server that is asked for once, and end them all with the session."""
    running: dict[tuple[str, ...], ServerProcess] = {}
    with contextlib.ExitStack() as stack:

        def server(host: HostName, *options: str) -> ServerProcess:
            key = (host, *options)
            if key not in running:
                running[key] = stack.enter_context(interop_server(*key))
            return running[key]

        yield server


@pytest.fixture(scope="session")
def default_host(*, against_reference: bool) -> HostName:
    return REFERENCE if against_reference else "uvicorn"


@pytest.fixture
def url(servers: Servers, default_host: HostName) -> str:
    """Return the address of a server that tests share: use names of your own, and expect other connections."""
    return servers(default_host).url
