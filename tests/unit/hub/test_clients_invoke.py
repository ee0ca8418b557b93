from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from signalr_py import (
    ClientDisconnectedError,
    ClientProxy,
    ClientResultTimeoutError,
    HubException,
    LocalProtocolError,
    SingleClientProxy,
    WrongThreadError,
)
from signalr_py.hub.call_scope import ConnectingScope, current_call_scope
from signalr_py.hub.clients import HubCallerClients, HubClients
from signalr_py.hub.lifetime import LocalLifetimeManager
from signalr_py.hub.threads import HomeLoop
from tests.support.receivers import MESSAGEPACK, AnsweringClient, InMemoryReceiver
from tests.support.tasks import settle

if TYPE_CHECKING:
    from collections.abc import Callable


class Place:
    """The clients `a` and `b`, seen by `a`."""

    def __init__(self) -> None:
        self.home = HomeLoop()
        self.home.bind()
        self.lifetime = LocalLifetimeManager()
        self.clients: HubCallerClients = HubCallerClients(self.lifetime, self.home, "a")
        self.outside: HubClients = HubClients(self.lifetime, self.home)
        self.a, self.b = self.connect("a"), self.connect("b")

    def connect(self, name: str) -> AnsweringClient:
        receiver = InMemoryReceiver(name, MESSAGEPACK)
        self.lifetime.connected(receiver)
        return AnsweringClient(receiver, self.lifetime.results)


class NotingScope:
    """A call that counts how often clients are asked from it."""

    def __init__(self) -> None:
        self.entered = 0

    def enter_client_result(self) -> None:
        self.entered += 1


@pytest.fixture
async def place(anyio_backend: str) -> Place:
    return Place()


SINGLE: list[Callable[[Place], SingleClientProxy]] = [
    lambda place: place.clients.caller,
    lambda place: place.clients.client("a"),
    lambda place: place.outside.client("a"),
]


@pytest.mark.parametrize("select", SINGLE)
async def test_one_client_can_be_asked(place: Place, select: Callable[[Place], SingleClientProxy]) -> None:
    proxy = select(place)
    place.a.receiver.on_write = lambda: place.a.answer("s1", result=[1, 2])
    assert await proxy.invoke("Ask", "x", 1, result_type=list[int]) == [1, 2]
    assert place.a.receiver.messages == [{"type": 1, "invocationId": "s1", "target": "Ask", "arguments": ["x", 1]}]
    assert place.b.receiver.received == []


@pytest.mark.parametrize("select", SINGLE)
async def test_one_client_can_still_be_sent_to(place: Place, select: Callable[[Place], SingleClientProxy]) -> None:
    await select(place).send("Hello", 1)
    assert place.a.receiver.messages == [{"type": 1, "target": "Hello", "arguments": [1]}]


async def test_several_clients_cannot_be_asked(place: Place) -> None:
    clients = place.clients
    for proxy in (
        *(clients.all, clients.others, clients.all_except([]), clients.clients(["a"]), clients.others_in_group("g")),
        *(clients.group("g"), clients.groups(["g"]), clients.group_except("g", []), clients.user("u")),
        clients.users(["u"]),
    ):
        assert type(proxy) is ClientProxy
        assert not hasattr(proxy, "invoke")


async def test_without_a_type_the_answer_is_whatever_came(place: Place) -> None:
    place.b.receiver.on_write = lambda: place.b.answer("s1", result={"a": None})
    assert await place.outside.client("b").invoke("Ask") == {"a": None}


async def test_the_time_limit_of_one_call(place: Place) -> None:
    with pytest.raises(ClientResultTimeoutError, match=r"did not answer 'Ask' within 0\.001 seconds"):
        await place.clients.caller.invoke("Ask", timeout=0.001)


async def test_the_call_that_asks_is_told_first(place: Place) -> None:
    scope = NotingScope()
    current_call_scope.set(scope)
    with pytest.raises(ClientDisconnectedError):
        await place.outside.client("nobody").invoke("Ask")
    assert scope.entered == 1


async def test_on_connected_cannot_ask(place: Place) -> None:
    scope = ConnectingScope()
    current_call_scope.set(scope)
    with pytest.raises(LocalProtocolError, match=r"^Client results inside on_connected hub methods are not allowed\.$"):
        await place.clients.client("b").invoke("Ask")
    assert place.b.receiver.received == []
    scope.is_over = True
    place.b.receiver.on_write = lambda: place.b.answer("s1", result=1)
    assert await place.clients.client("b").invoke("Ask") == 1


async def test_a_thread_waits_for_the_answer_and_belongs_to_its_call(place: Place) -> None:
    scope = NotingScope()
    current_call_scope.set(scope)

    def work() -> int:
        return place.clients.caller.invoke_from_thread("Ask", 1, result_type=int) + 1

    place.a.receiver.on_write = lambda: place.a.answer("s1", result=5)
    assert await asyncio.to_thread(work) == 6
    assert place.a.receiver.messages[0]["arguments"] == [1]
    assert scope.entered == 1


ENDINGS: list[tuple[Callable[[Place], object], type[Exception]]] = [
    (lambda place: place.a.answer("s1", error="x"), HubException),
    (lambda place: place.a.answer("s1", result="x"), HubException),
    (lambda place: place.lifetime.results.connection_ended("a"), ClientDisconnectedError),
]


@pytest.mark.parametrize(("end", "error"), ENDINGS)
async def test_errors_reach_a_thread(place: Place, end: Callable[[Place], object], error: type[Exception]) -> None:
    proxy = place.clients.caller
    asking = asyncio.ensure_future(asyncio.to_thread(proxy.invoke_from_thread, "Ask", result_type=int))
    written = asyncio.Event()
    place.a.receiver.on_write = written.set
    await written.wait()
    end(place)
    with pytest.raises(error):
        await asking


async def test_the_time_limit_holds_in_a_thread(place: Place) -> None:
    proxy = place.clients.caller
    with pytest.raises(ClientResultTimeoutError):
        await asyncio.to_thread(proxy.invoke_from_thread, "Ask", timeout=0.001)


async def test_from_the_wrong_thread_the_error_names_the_other_form(place: Place) -> None:
    proxy = place.outside.client("a")

    def ask_on_another_loop() -> None:
        asyncio.run(proxy.invoke("Ask"))

    with pytest.raises(WrongThreadError, match=r"call `invoke_from_thread\(\.\.\.\)`"):
        await asyncio.to_thread(ask_on_another_loop)
    with pytest.raises(WrongThreadError, match=r"use `await invoke\(\.\.\.\)` instead"):
        proxy.invoke_from_thread("Ask")
    assert place.a.receiver.received == []


async def test_many_calls_at_once(place: Place) -> None:
    asking = [asyncio.ensure_future(place.outside.client(name).invoke("Ask", result_type=int)) for name in "ab" * 50]
    await settle()
    for client in (place.a, place.b):
        for message in reversed(client.receiver.messages):
            client.answer(message["invocationId"], result=int(message["invocationId"][1:]))
    answers: list[Any] = await asyncio.gather(*asking)
    assert answers == list(range(1, 101))
    assert len(place.lifetime.results) == 0
