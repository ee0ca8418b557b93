"""How connections live and end, for every client over every transport and protocol that it offers.

What takes seconds or ends a server is done once for a client, with a connection of each kind at the same time.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from anyio import to_thread

from tests.interop.features.matrix import FEATURES, Way, connections
from tests.interop.peers import HostName, clean_ends, interop_server
from tests.support.cutting_proxy import cutting_proxy

if TYPE_CHECKING:
    from tests.clients.base import Connection
    from tests.clients.driver import DriverConnection
    from tests.interop.conftest import Servers
    from tests.interop.features.conftest import Once
    from tests.interop.features.peer import Peer
    from tests.support.processes import ServerProcess

pytestmark = pytest.mark.long

Outcomes: TypeAlias = dict[Way, BaseException | None]
Silences: TypeAlias = dict[str, Outcomes]
Check: TypeAlias = Callable[[Any], Coroutine[Any, Any, None]]

SOON = [0, *[200] * 100]
"""Delays between the TypeScript client's attempts to come back; the .NET client has its own: 0, 2 and 10 seconds."""

POLLING_ON = ("java", "longpolling")
"""The client that polls while it closes, and reports an error when the server is gone by then."""

SILENCE = 3
"""Seconds without a word after which one side gives the other up."""


def ways(peer: Peer, feature: str) -> list[Way]:
    """Return the kinds of connection on which the client has a feature."""
    return [(transport, protocol) for name, transport, protocol in connections(FEATURES[feature]) if name == peer.name]


async def connect_all(peer: Peer, feature: str, url: str, **options: Any) -> dict[Way, Connection]:
    """Open a connection of every kind on which the client has a feature."""
    return {
        (transport, protocol): await peer.client.connect(
            url + "/interop", transport=transport, protocol=protocol, **options
        )
        for transport, protocol in ways(peer, feature)
    }


async def outcomes(opened: dict[Way, Connection], check: Check) -> Outcomes:
    """Return what a check of each connection raised, and end them."""
    results = await asyncio.gather(*map(check, opened.values()), return_exceptions=True)
    await asyncio.gather(*(connection.stop() for connection in opened.values()), return_exceptions=True)
    return dict(zip(opened, results, strict=True))


def judge(results: Outcomes, peer: Peer) -> None:
    """Fail when the check of the connection under test failed."""
    if (error := results[peer.transport, peer.protocol]) is not None:
        raise error


@contextlib.asynccontextmanager
async def own_server(host: HostName) -> AsyncIterator[ServerProcess]:
    """Run a server that the test may end and start again."""
    with interop_server(host) as server:
        yield server
        await to_thread.run_sync(server.kill)


async def test_keep_alive(silences: Silences, peer: Peer) -> None:
    judge(silences["keep_alive"], peer)


async def test_silent_client(silences: Silences, peer: Peer) -> None:
    judge(silences["silent_client"], peer)


async def test_silent_server(silences: Silences, peer: Peer) -> None:
    judge(silences["silent_server"], peer)


@pytest.fixture
async def silences(peer: Peer, once: Once, servers: Servers, default_host: HostName) -> Silences:
    """Return what came of all three kinds of silence, which the client lives through at once."""
    watchful = servers(default_host, "--keepalive", "1", "--client-timeout", str(SILENCE)).url
    silent = servers(default_host, "--keepalive", "60").url

    async def live_through() -> Silences:
        results = await asyncio.gather(
            keep_idle(peer, watchful),
            expect_the_end(peer, "silent_client", watchful, keep_alive=60),
            expect_the_end(peer, "silent_server", silent, server_timeout=1),
        )
        return dict(zip(("keep_alive", "silent_client", "silent_server"), results, strict=True))

    silences: Silences = await once(("silences", peer.name), live_through)
    return silences


async def keep_idle(peer: Peer, url: str) -> Outcomes:
    options = {"keep_alive": 1} if peer.name == "pysignalr" else {"keep_alive": 1, "server_timeout": SILENCE}
    opened = await connect_all(peer, "keep_alive", url, **options)
    closes = [asyncio.create_task(connection.wait_event("$closed")) for connection in opened.values()]
    await asyncio.wait(closes, timeout=SILENCE * 1.5, return_when=asyncio.FIRST_COMPLETED)
    for task in closes:
        task.cancel()
    return await outcomes(opened, still_works)


async def still_works(connection: Connection) -> None:
    assert not connection.pending("$closed")
    assert await connection.invoke("Echo", "still here") == "still here"


async def expect_the_end(peer: Peer, feature: str, url: str, **options: float) -> Outcomes:
    return await outcomes(await connect_all(peer, feature, url, **options), is_closed_with_an_error)


async def is_closed_with_an_error(connection: Connection) -> None:
    assert (await connection.wait_event("$closed")).error is not None


async def test_client_stop(peer: Peer) -> None:
    leaving, staying = await peer.connect(), await peer.connect()
    group = await leaving.invoke("ConnectionId")
    await staying.on("Receive")
    for connection in (leaving, staying):
        await connection.invoke("Join", group)
    await leaving.stop()
    if peer.name != "pysignalr":
        assert (await leaving.wait_event("$closed")).error is None
    await staying.invoke("ToGroup", group, "anyone?")
    assert (await staying.wait_event("Receive")).arguments == ("anyone?",)


async def test_abort(peer: Peer) -> None:
    connection = await peer.connect_official(reconnect=peer.name != "java")
    await connection.send("Abort")
    assert (await connection.wait_event("$closed")).error in clean_ends(peer.name, peer.transport)
    assert not connection.pending("$reconnecting")
    assert await connection.state() == "Disconnected"


async def test_server_stop(peer: Peer, once: Once, default_host: HostName, *, against_reference: bool) -> None:
    async def stop() -> dict[Way, str | None]:
        async with own_server(default_host) as server:
            opened = await connect_all(peer, "server_stop", server.url)
            await to_thread.run_sync(server.stop)
            ends = await asyncio.gather(*(connection.wait_event("$closed") for connection in opened.values()))
            return dict(zip(opened, (end.error for end in ends), strict=True))

    ends: dict[Way, str | None] = await once(("server stop", peer.name), stop)
    error = ends[peer.transport, peer.protocol]
    assert error is None or against_reference or (peer.name, peer.transport) == POLLING_ON


async def test_automatic_reconnect(peer: Peer, once: Once, default_host: HostName) -> None:
    async def restart() -> Outcomes:
        async with own_server(default_host) as server:
            delays = True if peer.name == "dotnet" else SOON
            opened = await connect_all(peer, "automatic_reconnect", server.url, reconnect=delays)
            await to_thread.run_sync(server.kill)
            await to_thread.run_sync(server.start)
            return await outcomes(opened, comes_back)

    judge(await once(("restart", peer.name), restart), peer)


async def comes_back(connection: DriverConnection) -> None:
    await connection.wait_event("$reconnecting")
    back = await connection.wait_event("$reconnected")
    assert back.connection_id not in (None, connection.connection_id)
    assert await connection.invoke("ConnectionId") == back.connection_id


async def test_stateful_reconnect(peer: Peer) -> None:
    async with cutting_proxy(peer.url) as proxy:
        connection = await peer.connect_official(proxy.url, stateful=True)
        await connection.on("Receive")
        await connection.invoke("Join", connection.connection_id)
        other = await peer.connect()
        proxy.cut()
        for number in range(5):
            await other.invoke("ToGroup", connection.connection_id, str(number))
        received = [(await connection.wait_event("Receive")).arguments[0] for _ in range(5)]
        assert received == ["0", "1", "2", "3", "4"]
        assert await connection.invoke("ConnectionId") == connection.connection_id
        await connection.stop()
        assert not connection.pending("$reconnecting")
