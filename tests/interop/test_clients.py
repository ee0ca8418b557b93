"""What front ends do with their connections, done by the official TypeScript, .NET and Java clients."""

from __future__ import annotations

import contextlib
import itertools
import uuid
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.clients.base import ClientError
from tests.interop.peers import (
    ABILITIES,
    CLIENTS,
    DRIVERS,
    make_client,
    over_each_protocol,
    over_each_transport,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from tests.clients.base import Connection, ProtocolName, TransportName
    from tests.clients.driver import ClientDriver, DriverConnection
    from tests.interop.conftest import Drivers

OVER_EACH_TRANSPORT = pytest.mark.parametrize(("client", "transport"), over_each_transport(), indirect=["client"])
OVER_EACH_PROTOCOL = pytest.mark.parametrize(("client", "protocol"), over_each_protocol(), indirect=["client"])
UNORDERED = {("java", "longpolling")}
"""Clients that post a message without waiting for the one before it."""

TEXTS = {
    "empty": "",
    "accents": "naïve façade Łódź",
    "outside the basic plane": "💚 \U0001f469\u200d\U0001f467 \U0001d518",
    "right to left": "עברית العربية",
    "line ends": "a\nb\r\nc\rd\u2028e\u2029f\u0085g",
    "control characters": "".join(map(chr, range(32))) + "\x7f",
    "escapes": "\"\\/\\u0041 <script>&amp;'+`",
    "not characters": "\ufeff\ufffd\uffff",
}
FAILURES: dict[tuple[str, tuple[object, ...]], str] = {
    ("ThrowHub", ("nope",)): "An unexpected error occurred invoking 'ThrowHub' on the server. HubException: nope",
    ("throwhub", ("",)): "An unexpected error occurred invoking 'ThrowHub' on the server. HubException: ",
    ("Throw", ("secret",)): "An unexpected error occurred invoking 'Throw' on the server.",
    ("Missing", ()): "Failed to invoke 'Missing' due to an error on the server. HubException: Method does not exist.",
    ("Dispose", ()): "Failed to invoke 'Dispose' due to an error on the server. HubException: Method does not exist.",
    ("Add", (1,)): "Failed to invoke 'Add' due to an error on the server.",
    ("Add", ("x", 1)): "Failed to invoke 'Add' due to an error on the server.",
}


@pytest.fixture(params=DRIVERS)
async def client(request: pytest.FixtureRequest, drivers: Drivers) -> AsyncIterator[ClientDriver]:
    driver = await drivers(request.param)
    yield driver
    await driver.stop_all()


@pytest.fixture
def mark() -> str:
    """Return a text that no other test uses in the name of a group or a user."""
    return uuid.uuid4().hex


async def listen(client: ClientDriver, url: str, count: int) -> list[DriverConnection]:
    """Return connections that report what they receive, in each protocol of the client by turns."""
    protocols = itertools.cycle(client.abilities.protocols)
    connections = [await client.connect(url, protocol=next(protocols)) for _ in range(count)]
    for connection in connections:
        await connection.on("Receive")
    return connections


async def received(connections: Sequence[Connection]) -> list[list[str]]:
    """Return the texts that each connection received; a message of its own marks the end of them."""
    texts: list[list[str]] = []
    for connection in connections:
        end = uuid.uuid4().hex
        await connection.send("ToCaller", end)
        texts.append([])
        while (text := (await connection.wait_event("Receive")).arguments[0]) != end:
            texts[-1].append(text)
    return texts


async def test_groups_take_in_and_let_go(client: ClientDriver, url: str, mark: str) -> None:
    first, second, third = connections = await listen(client, url + "/interop", 3)
    await first.invoke("Join", mark)
    await first.invoke("AddConnectionToGroup", second.connection_id, mark)
    await first.invoke("ToGroup", mark, "both")
    await third.invoke("ToOthersInGroup", mark, "both, from outside")
    await first.invoke("ToOthersInGroup", mark, "second")
    await first.invoke("ToGroupExcept", mark, [second.connection_id], "first")
    await first.invoke("RemoveConnectionFromGroup", second.connection_id, mark)
    await first.invoke("ToGroup", mark, "first again")
    await first.invoke("Leave", mark)
    await first.invoke("ToGroup", mark, "nobody")
    assert await received(connections) == [
        ["both", "both, from outside", "first", "first again"],
        ["both", "both, from outside", "second"],
        [],
    ]


async def test_a_member_of_two_groups_hears_both(client: ClientDriver, url: str, mark: str) -> None:
    first, second = connections = await listen(client, url + "/interop", 2)
    await first.invoke("Join", f"a-{mark}")
    await first.invoke("Join", f"b-{mark}")
    await second.invoke("Join", f"b-{mark}")
    await second.invoke("ToGroups", [f"a-{mark}", f"b-{mark}"], "hi")
    assert await received(connections) == [["hi", "hi"], ["hi"]]


async def test_connections_are_targets(client: ClientDriver, url: str) -> None:
    first, second, third = connections = await listen(client, url + "/interop", 3)
    assert first.connection_id == await first.invoke("ConnectionId")
    await first.invoke("ToConnection", second.connection_id, "one")
    await first.invoke("ToConnections", [second.connection_id, third.connection_id], "two")
    await first.invoke("ToAllExcept", [first.connection_id, third.connection_id], "except")
    await first.invoke("ToConnection", "nobody", "lost")
    assert await received(connections) == [[], ["one", "two", "except"], ["two"]]


async def test_users_are_reached_on_all_their_connections(client: ClientDriver, url: str, mark: str) -> None:
    alice, bob, bob_again = connections = [
        await client.connect(f"{url}/interop?user={name}-{mark}", protocol=protocol)
        for name, protocol in zip(("alice", "bob", "bob"), itertools.cycle(client.abilities.protocols))
    ]
    for connection in connections:
        await connection.on("Receive")
    assert await bob_again.invoke("UserId") == f"bob-{mark}"
    await alice.invoke("ToUser", f"bob-{mark}", "bob")
    await alice.invoke("ToUser", f"BOB-{mark}", "another case is another user")
    await bob.invoke("ToUsers", [f"alice-{mark}", f"bob-{mark}"], "both")
    assert await received(connections) == [["both"], ["bob", "both"], ["bob", "both"]]


async def test_the_server_sends_from_outside_a_hub(client: ClientDriver, url: str, mark: str) -> None:
    first, second = connections = await listen(client, f"{url}/interop?user={mark}", 2)
    await first.invoke("Join", mark)
    async with httpx.AsyncClient(base_url=url) as http:
        for query in (
            {"text": "group", "group": mark},
            {"text": "user", "user": mark},
            {"text": "connection", "connection": second.connection_id},
            {"text": "all"},
            {"text": "another method", "user": mark, "method": "Unheard"},
        ):
            assert (await http.post("/publish", params=query)).status_code == 200
    assert await received(connections) == [["group", "user", "all"], ["user", "connection", "all"]]


async def test_clients_of_every_kind_meet_in_a_group(url: str, mark: str) -> None:
    async with contextlib.AsyncExitStack() as stack:
        connections: list[Connection] = []
        for name in CLIENTS:
            client = await stack.enter_async_context(make_client(name))
            connections += [
                await client.connect(url + "/interop", protocol=protocol) for protocol in ABILITIES[name].protocols
            ]
        for connection in connections:
            await connection.on("Receive")
            await connection.invoke("Join", mark)
        for number, connection in enumerate(connections):
            await connection.invoke("ToOthersInGroup", mark, f"from {number}")
        assert await received(connections) == [
            [f"from {sender}" for sender in range(len(connections)) if sender != receiver]
            for receiver in range(len(connections))
        ]


@OVER_EACH_PROTOCOL
async def test_failed_calls_name_the_reason_and_harm_nothing(
    client: ClientDriver, url: str, protocol: ProtocolName
) -> None:
    connection = await client.connect(url + "/interop", protocol=protocol)
    for (method, arguments), message in FAILURES.items():
        with pytest.raises(ClientError) as failure:
            await connection.invoke(method, *arguments)
        assert failure.value.message == message
    await connection.send("Throw", "into the void")
    assert await connection.invoke("Add", 1, 2) == 3


@OVER_EACH_PROTOCOL
async def test_text_arrives_as_it_was(client: ClientDriver, url: str, protocol: ProtocolName) -> None:
    connection = await client.connect(url + "/interop", protocol=protocol)
    await connection.on("Receive")
    for name, text in TEXTS.items():
        assert await connection.invoke("Echo", text) == text, name
        await connection.send("ToCaller", text)
        assert (await connection.wait_event("Receive")).arguments == (text,), name


@OVER_EACH_TRANSPORT
async def test_answers_of_a_megabyte_come_whole_and_in_order(
    client: ClientDriver, url: str, transport: TransportName
) -> None:
    connection = await client.connect(url + "/interop", transport=transport)
    await connection.on("Receive")
    for number in range(4):
        assert await connection.invoke("Large", 1024) == "x" * 1024 * 1024
        await connection.invoke("ToCaller", str(number))
    assert [(await connection.wait_event("Receive")).arguments for _ in range(4)] == [("0",), ("1",), ("2",), ("3",)]


@pytest.mark.parametrize(
    ("client", "transport"), [pair for pair in over_each_transport() if pair not in UNORDERED], indirect=["client"]
)
async def test_calls_are_run_in_the_order_in_which_they_were_sent(
    client: ClientDriver, url: str, transport: TransportName
) -> None:
    connection = await client.connect(url + "/interop", transport=transport)
    await connection.on("Receive")
    numbers = [str(number) for number in range(50)]
    for number in numbers:
        await connection.send("ToCaller", number)
    assert [(await connection.wait_event("Receive")).arguments[0] for _ in numbers] == numbers


async def test_negotiation_can_be_skipped(client: ClientDriver, url: str) -> None:
    connection = await client.connect(url + "/interop", skip_negotiation=True)
    assert connection.connection_id is None
    assert await connection.invoke("ConnectionId")


async def test_any_transport_means_the_first_that_works(client: ClientDriver, url: str) -> None:
    connection = await client.connect(url + "/interop", transport="any", protocol=client.abilities.protocols[-1])
    assert await connection.invoke("Echo", "hi") == "hi"


async def test_binary_on_server_sent_events_is_refused_by_the_client(client: ClientDriver, url: str) -> None:
    with pytest.raises(ClientError):
        await client.connect(url + "/interop", transport="sse", protocol="messagepack")
