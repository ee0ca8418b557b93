"""Stateful reconnect with the official clients that have it, behind a proxy that cuts their connections."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx
import pytest
from anyio import to_thread

from tests.interop.peers import DriverName, HostName, interop_server, over_each_protocol
from tests.support.cutting_proxy import CuttingProxy, cutting_proxy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from tests.clients.base import ProtocolName
    from tests.clients.driver import ClientDriver, DriverConnection
    from tests.interop.conftest import Drivers
    from tests.support.processes import ServerProcess

RESUMING: tuple[DriverName, ...] = ("typescript", "dotnet")
"""The official clients with stateful reconnect; the Java client has none."""

PIECES = 10
"""How many pieces of what is on its way pass before the next cut."""

pytestmark = [
    pytest.mark.both_paths,
    pytest.mark.long,
    pytest.mark.parametrize(("name", "protocol"), over_each_protocol(RESUMING), indirect=["name"]),
]


@pytest.fixture
def name(request: pytest.FixtureRequest) -> DriverName:
    driver: DriverName = request.param
    return driver


@pytest.fixture
async def client(name: DriverName, drivers: Drivers) -> AsyncIterator[ClientDriver]:
    driver = await drivers(name)
    yield driver
    await driver.stop_all()


@pytest.fixture
async def proxy(url: str) -> AsyncIterator[CuttingProxy]:
    async with cutting_proxy(url) as proxy:
        yield proxy


@pytest.fixture
async def connection(client: ClientDriver, proxy: CuttingProxy, protocol: ProtocolName) -> DriverConnection:
    connection = await client.connect(proxy.url + "/interop", protocol=protocol, stateful=True)
    await connection.on("Receive")
    return connection


@pytest.fixture
def own_server(default_host: HostName) -> Iterator[ServerProcess]:
    """Yield a server that the test may end and start again."""
    with interop_server(default_host) as server:
        yield server
        server.kill()


async def publish(url: str, group: str, text: str, **more: str) -> None:
    """Send to a group from outside of every connection."""
    async with httpx.AsyncClient(trust_env=False) as http:
        response = await http.post(f"{url}/publish", params={"group": group, "text": text, **more})
        response.raise_for_status()


def assert_nobody_noticed(connection: DriverConnection) -> None:
    for event in ("$closed", "$reconnecting", "$reconnected"):
        assert not connection.pending(event), event


async def test_calls_are_answered_once_and_in_order_however_often_the_network_breaks(
    connection: DriverConnection, proxy: CuttingProxy
) -> None:
    sent = [f"{number}" for number in range(60)]

    async def call() -> None:
        for text in sent:
            await connection.send("ToCaller", text)
            await asyncio.sleep(0.005)

    calling = asyncio.create_task(call())
    for number in range(4):
        await connection.invoke("Echo", f"between {number}")
        await proxy.interrupt()
    await calling
    assert [(await connection.wait_event("Receive")).arguments[0] for _ in sent] == sent
    assert await connection.invoke("ConnectionId") == connection.connection_id
    assert not connection.pending("Receive")
    assert_nobody_noticed(connection)


async def test_what_a_group_is_sent_while_the_client_is_away_arrives(
    connection: DriverConnection, proxy: CuttingProxy, url: str
) -> None:
    group = f"away-{connection.connection_id}"
    await connection.invoke("Join", group)
    for number in range(30):
        if number % 10 == 5:
            assert await connection.invoke("Echo", "here") == "here"
            proxy.cut()
        await publish(url, group, f"{number}")
    received = [(await connection.wait_event("Receive")).arguments[0] for _ in range(30)]
    assert received == [f"{number}" for number in range(30)]
    assert await connection.invoke("Echo", "behind all") == "behind all"
    assert not connection.pending("Receive")
    assert_nobody_noticed(connection)


async def test_what_is_replaced_while_the_client_is_away_is_not_counted(
    connection: DriverConnection, proxy: CuttingProxy, url: str, *, against_reference: bool
) -> None:
    if against_reference:  # It has no policies.
        return
    group = f"values-{connection.connection_id}"
    await connection.invoke("Join", group)
    for number in range(30):
        if number % 10 == 5:
            assert await connection.invoke("Echo", "here") == "here"
            proxy.cut()
        await publish(url, group, f"{number}", key="the value")
        if number % 6 == 0:
            await publish(url, group, f"without a key {number}")
    await publish(url, group, "the end")
    received: list[str] = []
    while "the end" not in received:
        received.append((await connection.wait_event("Receive")).arguments[0])
    values = [int(text) for text in received if text.isdecimal()]
    assert values == sorted(set(values))
    assert values[-1] == 29
    rest = [text for text in received if not text.isdecimal()]
    assert rest == [*(f"without a key {number}" for number in range(0, 30, 6)), "the end"]
    await proxy.interrupt()
    assert await connection.invoke("Echo", "behind all") == "behind all"
    assert not connection.pending("Receive")
    assert_nobody_noticed(connection)


async def test_a_call_that_runs_while_the_network_breaks_is_answered(
    connection: DriverConnection, proxy: CuttingProxy
) -> None:
    await connection.answer("Answer", "an answer", delay_ms=500)
    asking = asyncio.create_task(connection.invoke("Ask", "a question"))
    await proxy.carries(2, of=asking)
    await proxy.interrupt()
    assert await asking == "an answer"
    assert_nobody_noticed(connection)


async def test_a_stream_to_the_client_goes_on(connection: DriverConnection, proxy: CuttingProxy) -> None:
    streaming = asyncio.create_task(connection.stream("Counter", 100, 10))
    for _ in range(3):
        await connection.invoke("Echo", "the stream has begun")
        await proxy.carries(PIECES, of=streaming)
        await proxy.interrupt()
    assert await streaming == (list(range(100)), None)
    assert_nobody_noticed(connection)


async def test_an_upload_goes_on(connection: DriverConnection, proxy: CuttingProxy) -> None:
    uploading = asyncio.create_task(connection.upload("Sum", streams=[list(range(60))], delay_ms=10))
    for _ in range(3):
        await proxy.carries(PIECES, of=uploading)
        await proxy.interrupt()
    assert await uploading == sum(range(60))
    assert_nobody_noticed(connection)


async def test_large_messages_may_be_cut_anywhere(
    connection: DriverConnection, proxy: CuttingProxy, name: DriverName, *, against_reference: bool
) -> None:
    """Nothing large goes to .NET, client or server: it keeps what it has of a message that was cut, and fails over it.

    Nor does anything large come from its server, which stops sending while its buffer is full.
    """
    sizes = [1] * 8 if against_reference else [50, 200, 1, 100, 300, 20, 150, 5]
    sent = ["u" * size * 100 for size in sizes]
    calls = [asyncio.create_task(connection.send("ToConnection", "nobody", text)) for text in sent]
    answers = [asyncio.create_task(connection.invoke("ConnectionId")) for _ in sent]
    downloads = [] if name == "dotnet" else [asyncio.create_task(connection.invoke("Large", size)) for size in sizes]
    for _ in range(4):
        await asyncio.sleep(0.02)
        await proxy.interrupt()
    await asyncio.gather(*calls)
    assert await asyncio.gather(*answers) == [connection.connection_id] * len(sent)
    assert await asyncio.gather(*downloads) == ["x" * size * 1024 for size in sizes][: len(downloads)]
    assert_nobody_noticed(connection)


async def test_a_stream_in_both_directions_goes_on(connection: DriverConnection, proxy: CuttingProxy) -> None:
    items = [f"{number}" for number in range(60)]
    both = asyncio.create_task(connection.upload_stream("EchoStream", streams=[items], delay_ms=10))
    for _ in range(3):
        await proxy.carries(PIECES, of=both)
        await proxy.interrupt()
    assert await both == (items, None)
    assert_nobody_noticed(connection)


async def test_a_client_comes_back_while_the_server_still_has_its_old_socket(
    connection: DriverConnection, proxy: CuttingProxy, url: str, name: DriverName, *, against_reference: bool
) -> None:
    group = f"stranded-{connection.connection_id}"
    await connection.invoke("Join", group)
    links = proxy.answered
    proxy.strand()
    await publish(url, group, "into the old socket")
    await proxy.answers(links + 1)
    if against_reference and name == "dotnet":
        # ASP.NET Core waits for the end of the old socket before it takes the new one; its own client gives up sooner.
        await connection.wait_event("$closed")
        return
    await publish(url, group, "after it")
    assert await connection.invoke("ConnectionId") == connection.connection_id
    received = [(await connection.wait_event("Receive")).arguments[0] for _ in range(2)]
    assert received == ["into the old socket", "after it"]
    assert_nobody_noticed(connection)


async def test_a_client_that_stops_is_gone_at_once(
    connection: DriverConnection, client: ClientDriver, proxy: CuttingProxy, protocol: ProtocolName
) -> None:
    other = await client.connect(proxy.url + "/interop", protocol=protocol, stateful=True)
    await other.on("Receive")
    await connection.stop()
    assert (await connection.wait_event("$closed")).error is None
    await other.invoke("ToConnection", connection.connection_id, "nobody is there")
    assert await other.invoke("Echo", "still here") == "still here"


async def test_after_an_abort_there_is_no_way_back(connection: DriverConnection) -> None:
    await connection.send("Abort")
    assert (await connection.wait_event("$closed")).error is None
    assert await connection.state() == "Disconnected"


async def test_a_restarted_server_does_not_know_the_client_any_more(
    client: ClientDriver, own_server: ServerProcess, name: DriverName, protocol: ProtocolName
) -> None:
    url = own_server.url + "/interop"
    reconnect = [0, *[200] * 100] if name == "typescript" else True
    connection = await client.connect(url, protocol=protocol, stateful=True)
    returning = await client.connect(url, protocol=protocol, stateful=True, reconnect=reconnect)
    await to_thread.run_sync(own_server.kill)
    await connection.wait_event("$closed")
    await returning.wait_event("$reconnecting")
    await to_thread.run_sync(own_server.start)
    back = await returning.wait_event("$reconnected")
    assert back.connection_id not in (None, returning.connection_id)
    assert await returning.invoke("ConnectionId") == back.connection_id
