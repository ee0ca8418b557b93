"""One conversation, held by every client over every transport and protocol on every host."""

from __future__ import annotations

import base64
import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.clients.base import Client, ClientError, Connection, ProtocolName, TransportName
from tests.clients.pysignalr_client import PysignalrClient
from tests.interop.peers import (
    ABILITIES,
    CLIENTS,
    HOSTS,
    PATHS,
    REFERENCE,
    ClientName,
    HostName,
    clean_ends,
)
from tests.support import components

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.interop.conftest import Drivers, Servers

pytestmark = pytest.mark.long

Meeting = tuple[HostName, ClientName, TransportName, ProtocolName]

TEXT = 'héllo 💚 עברית \u2028 "quoted" \\ <&\'+> \x01'
VALUE = {"list": [1, -2.5, None, "x", True], "map": {"Key": {"deep": []}}}
DATA = bytes(range(256))
ORDER: dict[str, Any] = {
    "id": "0b0c0f8e-6f5a-4c0a-9d57-0f1d3b7a9c11",
    "customer": "Zoë",
    "total": 12.5,
    "placedAt": "2026-01-02T03:04:05.678Z",
    "severity": 2,
    "items": [{"name": "first", "quantity": 2}, {"name": "second", "quantity": 0}],
    "tags": {"Some Key": 1},
    "note": None,
}


# Every host meets each client, each transport and each protocol; neighbours meet them in other combinations.
_REDUCED: tuple[tuple[tuple[ClientName, TransportName, ProtocolName], ...], ...] = (
    (
        ("typescript", "websockets", "json"),
        ("typescript", "longpolling", "messagepack"),
        ("dotnet", "websockets", "messagepack"),
        ("dotnet", "sse", "json"),
        ("java", "websockets", "json"),
        ("pysignalr", "websockets", "json"),
    ),
    (
        ("typescript", "websockets", "messagepack"),
        ("typescript", "sse", "json"),
        ("dotnet", "websockets", "json"),
        ("dotnet", "longpolling", "messagepack"),
        ("java", "longpolling", "json"),
        ("pysignalr", "websockets", "messagepack"),
    ),
)


def _meetings(*, everything: bool, against_reference: bool) -> list[Meeting]:
    possible = [(client, *combination) for client in CLIENTS for combination in ABILITIES[client].combinations()]
    if against_reference:
        return [(REFERENCE, *combination) for combination in possible]
    others = [host for host in HOSTS if host not in PATHS]
    return [(host, *combination) for host in PATHS for combination in possible] + [
        (host, *combination)
        for number, host in enumerate(others)
        for combination in (possible if everything else _REDUCED[number % 2])
    ]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    meetings = _meetings(
        everything=components.full_product(),
        against_reference=bool(metafunc.config.getoption("--against-reference", default=False)),
    )
    metafunc.parametrize(("host", "client", "transport", "protocol"), meetings, ids=map("-".join, meetings))


@pytest.fixture
async def peer(client: ClientName, drivers: Drivers) -> AsyncIterator[Client]:
    """Yield the client, whose program goes on to its next conversation, and end the connections that it opened."""
    if client == "pysignalr":
        async with PysignalrClient() as pysignalr:
            yield pysignalr
    else:
        driver = await drivers(client)
        yield driver
        await driver.stop_all()


async def test_smoke(
    servers: Servers, peer: Client, host: HostName, client: ClientName, transport: TransportName, protocol: ProtocolName
) -> None:
    url = servers(host).url + "/interop"
    await hold_conversation(peer, url, transport, protocol, clean_ends(client, transport))


async def hold_conversation(
    client: Client, url: str, transport: TransportName, protocol: ProtocolName, ends: tuple[str | None, ...]
) -> None:
    mark = uuid.uuid4().hex
    alice = await client.connect(f"{url}?user=alice-{mark}", transport=transport, protocol=protocol)
    bob = await client.connect(f"{url}?user=bob-{mark}", transport=transport, protocol=protocol)
    for connection in (alice, bob):
        await connection.on("Receive")
    await check_values(alice, protocol)
    await check_errors(alice)
    await check_targets(alice, bob, mark)
    await alice.send("Abort")
    assert (await alice.wait_event("$closed")).error in ends
    assert await bob.invoke("Echo", "still here") == "still here"
    await bob.stop()


async def check_values(connection: Connection, protocol: ProtocolName) -> None:
    assert await connection.invoke("Echo", TEXT) == TEXT
    assert await connection.invoke("Echo", "") == ""
    assert await connection.invoke("Add", 40, 2) == 42
    assert await connection.invoke("Nothing") is None
    assert await connection.invoke("ReturnNull") is None
    data = DATA if protocol == "messagepack" else base64.b64encode(DATA).decode()
    assert await connection.invoke("EchoBytes", data) == data
    assert await connection.invoke("EchoAny", VALUE) == VALUE
    assert with_instant(await connection.order("EchoOrder", ORDER)) == with_instant(ORDER)
    assert await connection.invoke("Large", 1024) == "x" * 1024 * 1024


def with_instant(order: dict[str, Any]) -> dict[str, Any]:
    """Return the order with its date read: servers differ in how many zeros they write."""
    return order | {"placedAt": datetime.fromisoformat(order["placedAt"])}


async def check_errors(connection: Connection) -> None:
    with pytest.raises(ClientError) as told:
        await connection.invoke("ThrowHub", "nope")
    assert told.value.message == "An unexpected error occurred invoking 'ThrowHub' on the server. HubException: nope"
    with pytest.raises(ClientError) as untold:
        await connection.invoke("Throw", "secret")
    assert untold.value.message == "An unexpected error occurred invoking 'Throw' on the server."


async def check_targets(alice: Connection, bob: Connection, mark: str) -> None:
    await bob.invoke("Join", f"group-{mark}")
    await alice.invoke("ToGroup", f"group-{mark}", "to the group")
    await alice.invoke("ToUser", f"bob-{mark}", "to bob")
    await alice.invoke("ToOthers", f"to others {mark}")
    await alice.invoke("Broadcast", f"to all {mark}")
    for text in ("to the group", "to bob", f"to others {mark}", f"to all {mark}"):
        assert (await bob.wait_event("Receive")).arguments == (text,)
    assert (await alice.wait_event("Receive")).arguments == (f"to all {mark}",)
