"""Stateful reconnect in a real browser, with everything in use at once, behind a proxy that cuts its connections."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.interop.peers import PATHS, interop_server, make_driver
from tests.support.cutting_proxy import CuttingProxy, cutting_proxy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from tests.clients.base import ProtocolName
    from tests.clients.driver import ClientDriver, DriverConnection
    from tests.support.processes import ServerProcess

pytestmark = pytest.mark.timeout(120)

CUTS = 5
PIECES = 10
"""How many pieces of what is on its way pass before the next cut."""


@pytest.fixture(scope="module", params=PATHS)
def server(request: pytest.FixtureRequest) -> Iterator[ServerProcess]:
    with interop_server(request.param) as server:
        yield server


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[ClientDriver]:
    async with make_driver("chromium", timeout=30) as browser:
        yield browser


@pytest.fixture
async def proxy(server: ServerProcess) -> AsyncIterator[CuttingProxy]:
    async with cutting_proxy(server.url) as proxy:
        yield proxy


async def open_connection(browser: ClientDriver, proxy: CuttingProxy, protocol: ProtocolName) -> DriverConnection:
    connection = await browser.connect(proxy.url + "/interop", protocol=protocol, stateful=True)
    await connection.on("Receive")
    await connection.answer("Answer", "an answer", delay_ms=50)
    return connection


@pytest.mark.parametrize("protocol", ["json", "messagepack"])
async def test_nothing_is_lost_and_nothing_comes_twice(
    browser: ClientDriver, proxy: CuttingProxy, protocol: ProtocolName
) -> None:
    connection = await open_connection(browser, proxy, protocol)
    items = [f"{number}" for number in range(100)]
    streaming = asyncio.create_task(connection.stream("Counter", 100, 10))
    uploading = asyncio.create_task(connection.upload("Sum", streams=[list(range(100))], delay_ms=10))
    both_ways = asyncio.create_task(connection.upload_stream("EchoStream", streams=[items], delay_ms=10))
    sent = []
    for number in range(CUTS):
        links = proxy.answered
        asking = asyncio.create_task(connection.invoke("Ask", "a question"))
        await connection.send("ToCaller", f"before {number}")
        await proxy.carries(PIECES, of=streaming)
        if number % 2:
            proxy.strand()
        else:
            proxy.cut()
        await connection.send("ToCaller", f"behind {number}")
        sent += [f"before {number}", f"behind {number}"]
        await proxy.answers(links + 1)
        assert await asking == "an answer"
    assert await streaming == (list(range(100)), None)
    assert await uploading == sum(range(100))
    assert await both_ways == (items, None)
    assert await connection.invoke("ConnectionId") == connection.connection_id
    assert [event.arguments[0] for event in connection.pending("Receive")] == sent
    assert not connection.pending("$closed")
    await connection.stop()
