"""Methods of typed clients that say what happens to slow clients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import pytest

from signalr_py import Hub, HubDefinitionError, HubOptions, LocalProtocolError, call_from_thread, client_method
from signalr_py.hub.client_methods import client_methods_of
from signalr_py.types import MUST_ARRIVE, Delivery
from tests.support.hub_server import serve

if TYPE_CHECKING:
    from signalr_py import HubClients
    from tests.support.hub_client import HubClient


class MarketClient(Protocol):
    @client_method(key="price:{symbol}")
    async def price(self, symbol: str, value: float = 0.0) -> None: ...

    @client_method("news", policy="drop_oldest")
    async def headline(self, text: str) -> None: ...

    @client_method(policy="disconnect")
    async def order(self, number: int) -> None: ...

    @client_method(policy="wait")
    async def page(self, number: int) -> None: ...

    async def rumour(self, text: str) -> None: ...


class QuietClient(MarketClient, Protocol):
    async def headline(self, text: str) -> None: ...

    @client_method(policy="drop_new")
    async def order(self, number: int) -> None: ...


class MarketHub(Hub[MarketClient]):
    def publish(self, symbol: str) -> None:
        call_from_thread(self.clients.all.price, symbol, value=1.5)


def deliveries(client: HubClient) -> list[Delivery]:
    return client.duplex.deliveries[-len(client.received) :]


async def test_calls_are_sent_as_the_protocol_says() -> None:
    async with serve(MarketHub, HubOptions(slow_client_policy="drop_new")) as server:
        client = server.connect()
        everybody = server.context.clients.all
        await everybody.price("SAP", 1.5)
        await everybody.price(value=2.5, symbol="BMW")
        await everybody.price("VOW")
        await everybody.headline("up")
        await everybody.order(7)
        await everybody.rumour("down")
        clients: HubClients[MarketClient] = server.context.clients
        await clients.client(client.connection_id).page(1)
        assert client.calls("Price") == [["SAP", 1.5], ["BMW", 2.5], ["VOW", 0.0]]
        assert client.calls("news") == [["up"]]
        assert client.calls("Page") == [[1]]
        assert deliveries(client) == [
            Delivery("latest", "price:SAP"),
            Delivery("latest", "price:BMW"),
            Delivery("latest", "price:VOW"),
            Delivery("drop_oldest"),
            MUST_ARRIVE,
            Delivery("drop_new"),
            Delivery("wait"),
        ]


async def test_a_thread_says_the_same() -> None:
    async with serve(MarketHub) as server:
        client = server.connect()
        await client.invoke("Publish", "SAP")
        assert deliveries(client)[0] == Delivery("latest", "price:SAP")


async def test_nobody_waits_for_several_clients() -> None:
    async with serve(MarketHub) as server:
        with pytest.raises(LocalProtocolError, match=r"send\(policy='wait'\) is for a single client"):
            await server.context.clients.all.page(1)


async def test_a_key_that_turns_out_to_be_empty_is_refused() -> None:
    class Client(Protocol):
        @client_method(key="{name}")
        async def moved(self, name: str) -> None: ...

    class H(Hub[Client]):
        pass

    async with serve(H) as server:
        with pytest.raises(LocalProtocolError, match=r"send\(key=''\): allowed is a string of one or more characters"):
            await server.context.clients.all.moved("")


def test_overrides_keep_what_they_do_not_say() -> None:
    found = {method.attribute: (method.policy, method.key) for method in client_methods_of(QuietClient)}
    assert found == {
        "price": (None, "price:{symbol}"),
        "headline": ("drop_oldest", None),
        "order": ("drop_new", None),
        "page": ("wait", None),
        "rumour": (None, None),
    }


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"policy": "drop"}, "client_method(policy='drop'): allowed is one of 'disconnect', "),
        ({"policy": "latest"}, "client_method(policy='latest'): it needs key=..."),
        ({"policy": "wait", "key": "a"}, "client_method(policy='wait', key='a'): a key goes with"),
        ({"key": ""}, "client_method(key=''): allowed is a string"),
    ],
)
def test_what_does_not_go_together_is_found_where_it_is_written(arguments: dict[str, Any], text: str) -> None:
    with pytest.raises(HubDefinitionError) as caught:
        client_method(**arguments)
    assert str(caught.value).startswith(text)


def test_questions_are_never_dropped() -> None:
    class Client(Protocol):
        @client_method(policy="drop_new")
        async def ask(self) -> int: ...

    with pytest.raises(HubDefinitionError, match=r"Client\.ask wants an answer, so it is never dropped"):
        list(client_methods_of(Client))


def test_a_key_names_parameters() -> None:
    class Client(Protocol):
        @client_method(key="price:{sybmol}")
        async def price(self, symbol: str) -> None: ...

    with pytest.raises(HubDefinitionError, match=r"Client\.price: braces in the key 'price:\{sybmol\}' may hold"):
        list(client_methods_of(Client))
