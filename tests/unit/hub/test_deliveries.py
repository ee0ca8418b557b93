"""What senders and options say of slow clients, and what of it reaches the connection."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from signalr_py import Hub, HubOptions, LocalProtocolError
from signalr_py.types import MUST_ARRIVE, Delivery
from tests.support.clock import ManualClock
from tests.support.hub_server import serve
from tests.support.tasks import settle

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from signalr_py import ClientProxy, HubClients
    from tests.support.hub_client import HubClient


class NumbersHub(Hub):
    async def echo(self, value: int) -> int:
        return value

    async def count(self, last: int) -> AsyncIterator[int]:
        for number in range(last):
            yield number

    async def ask(self) -> int:
        return await self.clients.caller.invoke("Ask", result_type=int)

    def publish(self, value: int) -> None:
        self.clients.all.send_from_thread("Value", value, key="value")


def delivered(client: HubClient, *types: int) -> list[Delivery]:
    """Return how the messages of some types are to be treated."""
    duplex = client.duplex
    pairs = zip(client.received, duplex.deliveries[-len(client.received) :], strict=True)
    return [delivery for message, delivery in pairs if message["type"] in types]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, MUST_ARRIVE),
        ({"policy": "disconnect"}, MUST_ARRIVE),
        ({"policy": "drop_oldest"}, Delivery("drop_oldest")),
        ({"policy": "drop_new"}, Delivery("drop_new")),
        ({"policy": "latest", "key": "a"}, Delivery("latest", "a")),
        ({"key": "a"}, Delivery("latest", "a")),
    ],
)
async def test_the_connection_learns_what_the_sender_says(arguments: dict[str, Any], expected: Delivery) -> None:
    async with serve(NumbersHub) as server:
        client = server.connect()
        await server.context.clients.all.send("Value", 1, **arguments)
        await server.context.clients.client(client.connection_id).send("Value", 2, **arguments)
        assert client.calls("Value") == [[1], [2]]
        assert delivered(client, 1) == [expected] * 2


async def test_a_thread_says_the_same() -> None:
    async with serve(NumbersHub) as server:
        client = server.connect()
        await client.invoke("Publish", 5)
        assert delivered(client, 1) == [Delivery("latest", "value")]


async def test_the_options_of_the_hub_hold_for_those_who_say_nothing() -> None:
    async with serve(NumbersHub, HubOptions(slow_client_policy="drop_new")) as server:
        client = server.connect()
        await server.context.clients.all.send("Value", 1)
        await server.context.clients.all.send("Value", 2, policy="disconnect")
        await server.context.clients.all.send("Value", 3, policy="drop_oldest")
        assert delivered(client, 1) == [Delivery("drop_new"), MUST_ARRIVE, Delivery("drop_oldest")]


async def test_what_belongs_to_calls_or_to_the_connection_is_never_dropped() -> None:
    clock = ManualClock()
    async with serve(NumbersHub, HubOptions(slow_client_policy="drop_oldest"), clock=clock) as server:
        client = server.connect()
        assert await client.invoke("Echo", 7) == 7
        call, message = client.invocation("Count", 3)
        client.send({**message, "type": 4})
        await client.answer(call)
        asking = client.start("Ask")
        question = await client.take(lambda message: message.get("target") == "Ask")
        client.send({"type": 3, "invocationId": question["invocationId"], "result": 1})
        await client.answer(asking)
        client.connection.tick(clock.advance(20))
        client.connection.abort()
        await client.ended()
        assert set(client.duplex.deliveries) == {MUST_ARRIVE}
        assert {1, 2, 3, 6, 7} <= {message["type"] for message in client.received}


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"policy": "drop"}, "(policy='drop'): allowed is one of 'disconnect', 'drop_oldest', "),
        ({"policy": []}, "(policy=[]): allowed is one of "),
        ({"policy": "latest"}, "(policy='latest'): it needs key=..."),
        ({"policy": "drop_new", "key": "a"}, "(policy='drop_new', key='a'): a key goes with policy='latest' only"),
        ({"policy": "wait", "key": "a"}, "(policy='wait', key='a'): a key goes with"),
        ({"key": ""}, "(key=''): allowed is a string of one or more characters"),
        ({"key": 7}, "(key=7): allowed is a string"),
    ],
)
async def test_what_does_not_go_together_is_refused(arguments: dict[str, Any], text: str) -> None:
    async with serve(NumbersHub) as server:
        client = server.connect()
        for proxy in (server.context.clients.all, server.context.clients.client(client.connection_id)):
            with pytest.raises(LocalProtocolError) as caught:
                await proxy.send("Value", 1, **arguments)
            assert str(caught.value).startswith(f"send{text}")
        assert client.calls("Value") == []


@pytest.mark.parametrize(
    "select",
    [
        lambda clients: clients.all,
        lambda clients: clients.clients(["a"]),
        lambda clients: clients.group("g"),
        lambda clients: clients.user("u"),
    ],
)
async def test_nobody_waits_for_several_clients(select: Callable[[HubClients], ClientProxy]) -> None:
    async with serve(NumbersHub) as server:
        with pytest.raises(LocalProtocolError, match=r"send\(policy='wait'\) is for a single client, `clients.caller`"):
            await select(server.context.clients).send("Value", 1, policy="wait")


async def test_who_waits_sends_when_there_is_room() -> None:
    async with serve(NumbersHub) as server:
        client = server.connect()
        client.duplex.is_slow = True
        proxy = server.context.clients.client(client.connection_id)
        sending = [asyncio.create_task(proxy.send("Value", number, policy="wait")) for number in range(3)]
        await settle()
        assert client.calls("Value") == []
        client.duplex.catch_up()
        await asyncio.gather(*sending)
        assert client.calls("Value") == [[0], [1], [2]]


async def test_who_sends_what_may_be_dropped_does_not_wait() -> None:
    async with serve(NumbersHub) as server:
        client = server.connect()
        client.duplex.is_slow = True
        proxy = server.context.clients.client(client.connection_id)
        await proxy.send("Value", 1, policy="drop_oldest")
        await proxy.send("Value", 2, policy="drop_new")
        await proxy.send("Value", 3, key="a")
        assert client.duplex.drains == 0
        assert client.calls("Value") == [[1], [2], [3]]


async def test_nobody_waits_for_a_client_that_is_not_there() -> None:
    async with serve(NumbersHub) as server:
        await server.context.clients.client("nobody").send("Value", 1, policy="wait")
