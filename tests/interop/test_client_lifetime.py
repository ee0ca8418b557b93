"""How connections live on and how they end, as the official clients see it."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

import pytest
from anyio import to_thread

from tests.interop.peers import DRIVERS, DriverName, HostName, clean_ends, interop_server, over_each_transport

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from tests.clients.base import TransportName
    from tests.clients.driver import ClientDriver
    from tests.interop.conftest import Drivers, Servers
    from tests.support.processes import ServerProcess

pytestmark = [pytest.mark.both_paths, pytest.mark.long]

RECONNECTING: tuple[DriverName, ...] = ("typescript", "dotnet")
"""Clients that can come back by themselves."""

OVER_EACH_TRANSPORT = pytest.mark.parametrize(("name", "transport"), over_each_transport(), indirect=["name"])
AND_BACK_OVER_EACH_TRANSPORT = pytest.mark.parametrize(
    ("name", "transport"), over_each_transport(RECONNECTING), indirect=["name"]
)
CLIENT_TIMEOUT = 4
"""Seconds of silence, on either side, that end a connection to the impatient server; it pings every one or two."""

SOON = [0, *[200] * 100]
"""Delays between the TypeScript client's attempts to come back; the .NET client has its own: 0, 2 and 10 seconds."""


@pytest.fixture(params=DRIVERS)
def name(request: pytest.FixtureRequest) -> DriverName:
    driver: DriverName = request.param
    return driver


@pytest.fixture
async def client(name: DriverName, drivers: Drivers) -> AsyncIterator[ClientDriver]:
    driver = await drivers(name)
    yield driver
    await driver.stop_all()


@pytest.fixture
def reconnect(name: DriverName) -> bool | list[int]:
    return SOON if name == "typescript" else name in RECONNECTING


@pytest.fixture
def own_server(default_host: HostName) -> Iterator[ServerProcess]:
    """Yield a server that the test may end and start again."""
    with interop_server(default_host) as server:
        yield server
        server.kill()


@pytest.fixture
def impatient_url(servers: Servers, default_host: HostName) -> str:
    """Return the address of a server that pings often and soon gives a silent client up."""
    return servers(default_host, "--keepalive", "1", "--client-timeout", str(CLIENT_TIMEOUT)).url


@AND_BACK_OVER_EACH_TRANSPORT
async def test_a_client_comes_back_when_the_server_does(
    client: ClientDriver, own_server: ServerProcess, reconnect: bool | list[int], transport: TransportName
) -> None:
    connection = await client.connect(own_server.url + "/interop", transport=transport, reconnect=reconnect)
    await connection.on("Receive")
    await connection.invoke("Join", "group")
    await to_thread.run_sync(own_server.kill)
    await connection.wait_event("$reconnecting")
    await to_thread.run_sync(own_server.start)
    back = await connection.wait_event("$reconnected")
    assert back.connection_id not in (None, connection.connection_id)
    assert await connection.invoke("ConnectionId") == back.connection_id
    await connection.invoke("ToGroup", "group", "before the client has joined again")
    await connection.invoke("Join", "group")
    await connection.invoke("ToGroup", "group", "after")
    assert (await connection.wait_event("Receive")).arguments == ("after",)


@AND_BACK_OVER_EACH_TRANSPORT
async def test_a_shutdown_sends_clients_to_reconnect_and_ends_the_process(
    client: ClientDriver,
    own_server: ServerProcess,
    reconnect: bool | list[int],
    transport: TransportName,
    *,
    against_reference: bool,
) -> None:
    url = own_server.url + "/interop"
    returning = await client.connect(url, transport=transport, reconnect=reconnect)
    leaving = await client.connect(url, transport=transport)
    assert await to_thread.run_sync(own_server.stop) in (0, -signal.SIGTERM)
    reconnecting = await returning.wait_event("$reconnecting")
    closed = await leaving.wait_event("$closed")
    if not against_reference:
        assert (reconnecting.error, closed.error) == (None, None)
    await to_thread.run_sync(own_server.start)
    await returning.wait_event("$reconnected")
    assert await returning.invoke("Echo", "back") == "back"


@OVER_EACH_TRANSPORT
async def test_an_abort_is_final(
    client: ClientDriver, name: DriverName, url: str, reconnect: bool | list[int], transport: TransportName
) -> None:
    connection = await client.connect(url + "/interop", transport=transport, reconnect=reconnect)
    await connection.send("Abort")
    assert (await connection.wait_event("$closed")).error in clean_ends(name, transport)
    assert not connection.pending("$reconnecting")
    assert await connection.state() == "Disconnected"


@OVER_EACH_TRANSPORT
async def test_a_client_that_stops_is_gone_for_the_others(
    client: ClientDriver, url: str, transport: TransportName
) -> None:
    first = await client.connect(url + "/interop", transport=transport)
    second = await client.connect(url + "/interop", transport=transport)
    await second.on("Receive")
    await first.invoke("Join", f"stopped-{first.connection_id}")
    await first.stop()
    assert (await first.wait_event("$closed")).error is None
    await second.invoke("ToGroup", f"stopped-{first.connection_id}", "nobody")
    assert await second.invoke("Echo", "still here") == "still here"


async def test_idle_connections_are_kept_alive_from_both_sides(client: ClientDriver, impatient_url: str) -> None:
    connections = [
        await client.connect(
            impatient_url + "/interop", transport=transport, server_timeout=CLIENT_TIMEOUT, keep_alive=0.5
        )
        for transport in client.abilities.transports
    ]
    closes = [asyncio.create_task(connection.wait_event("$closed")) for connection in connections]
    closed, open_ones = await asyncio.wait(closes, timeout=CLIENT_TIMEOUT * 1.5)
    for task in open_ones:
        task.cancel()
    assert [task.result() for task in closed] == []
    for connection in connections:
        assert await connection.invoke("Echo", "still here") == "still here"


@pytest.mark.parametrize(
    ("name", "transport"), over_each_transport(RECONNECTING, besides=["longpolling"]), indirect=["name"]
)
async def test_a_client_that_falls_silent_is_told_to_come_back(
    client: ClientDriver, impatient_url: str, reconnect: bool | list[int], transport: TransportName
) -> None:
    connection = await client.connect(
        impatient_url + "/interop", transport=transport, keep_alive=60, reconnect=reconnect
    )
    error = (await connection.wait_event("$reconnecting")).error
    assert error is not None
    assert error.endswith("Connection closed with an error.")
    await connection.wait_event("$reconnected")
