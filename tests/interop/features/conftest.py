"""The kinds of connection that a test meets, and the client at the other end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from tests.clients.pysignalr_client import PysignalrClient
from tests.interop.features.matrix import FEATURES, connections
from tests.interop.features.peer import Peer
from tests.interop.features.results import CELL, Recorder

if TYPE_CHECKING:
    from tests.clients.base import ProtocolName, TransportName
    from tests.interop.conftest import Drivers
    from tests.interop.peers import ClientName

Once: TypeAlias = Callable[[object, Callable[[], Coroutine[Any, Any, Any]]], Awaitable[Any]]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("signalr-py").addoption(
        "--feature-results", type=Path, metavar="FILE", help="write the outcome of each feature test to a file"
    )


def pytest_configure(config: pytest.Config) -> None:
    path: Path | None = config.getoption("--feature-results", default=None)
    if path is not None:
        config.pluginmanager.register(Recorder(path))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give every test the kinds of connection of the feature that it is named after."""
    offered = connections(FEATURES[metafunc.function.__name__.removeprefix("test_")])
    metafunc.parametrize(("client_name", "transport", "protocol"), offered, ids=map("-".join, offered))


@pytest.fixture(autouse=True)
def report_cell(
    request: pytest.FixtureRequest,
    record_property: Callable[[str, object], None],
    client_name: ClientName,
    transport: TransportName,
    protocol: ProtocolName,
) -> None:
    """Tell the recorder which cell of the table the test is about."""
    feature = request.function.__name__.removeprefix("test_")
    record_property(CELL, [feature, client_name, transport, protocol])


@pytest.fixture
async def peer(
    drivers: Drivers, url: str, client_name: ClientName, transport: TransportName, protocol: ProtocolName
) -> AsyncIterator[Peer]:
    """Yield the client under test, and end the connections that it opened."""
    if client_name == "pysignalr":
        async with PysignalrClient() as client:
            yield Peer(client_name, client, url, transport, protocol)
    else:
        driver = await drivers(client_name)
        yield Peer(client_name, driver, url, transport, protocol)
        await driver.stop_all()


@pytest.fixture(scope="module")
async def once() -> AsyncIterator[Once]:
    """Run something that several tests look at only once: the first that asks starts it, and all get its result."""
    tasks: dict[object, asyncio.Task[Any]] = {}

    async def result(key: object, start: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        if key not in tasks:
            tasks[key] = asyncio.create_task(start())
        return await asyncio.shield(tasks[key])

    yield result
    for task in tasks.values():
        task.cancel()
    await asyncio.gather(*tasks.values(), return_exceptions=True)
