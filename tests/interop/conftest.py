"""Servers and clients that the tests of this folder share."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import TypeAlias

import pytest

from tests.clients.driver import ClientDriver
from tests.interop.peers import FAST, PATHS, REFERENCE, DriverName, HostName, interop_server, make_driver
from tests.support.processes import ServerProcess

Servers: TypeAlias = Callable[..., ServerProcess]
Drivers: TypeAlias = Callable[[DriverName], Awaitable[ClientDriver]]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("signalr-py").addoption(
        "--against-reference",
        action="store_true",
        help="run the tests of this folder against ASP.NET Core, which proves the tests themselves",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "both_paths: run the test on each of `PATHS` instead of on the fast one alone")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what does not choose its host on the fast path, and on the plain one too where a test asks for both.

    The paths differ in how bytes and ends come and go, not in what is said: the smoke test, the probe and what breaks
    and resumes connections are for both, and what a hub makes of a message need not be shown twice.
    """
    if "default_host" in metafunc.fixturenames:
        if metafunc.config.getoption("--against-reference", default=False):
            hosts: tuple[HostName, ...] = (REFERENCE,)
        else:
            hosts = PATHS if metafunc.definition.get_closest_marker("both_paths") else (FAST,)
        metafunc.parametrize("default_host", hosts, indirect=True, scope="session")


@pytest.fixture(scope="session")
def against_reference(pytestconfig: pytest.Config) -> bool:
    return bool(pytestconfig.getoption("--against-reference", default=False))


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """Start each interop server that is asked for once, and end them all when nobody is left to serve."""
    running: dict[tuple[str, ...], ServerProcess] = {}
    with contextlib.ExitStack() as stack:

        def server(host: HostName, *options: str) -> ServerProcess:
            key = (host, *options)
            if key not in running:
                running[key] = stack.enter_context(interop_server(*key))
            return running[key]

        yield server
        for each in running.values():
            each.kill()


@pytest.fixture(scope="session")
def default_host(request: pytest.FixtureRequest) -> HostName:
    host: HostName = request.param
    return host


@pytest.fixture
def url(servers: Servers, default_host: HostName) -> str:
    """Return the address of a server that tests share: use names of your own, and expect other connections."""
    return servers(default_host).url


@pytest.fixture(scope="module")
async def drivers() -> AsyncIterator[Drivers]:
    """Start each client that is asked for once; a test ends its connections with `stop_all`."""
    running: dict[DriverName, ClientDriver] = {}
    async with contextlib.AsyncExitStack() as stack:

        async def driver(name: DriverName) -> ClientDriver:
            if name not in running:
                running[name] = await stack.enter_async_context(make_driver(name, timeout=20))
            return running[name]

        yield driver
