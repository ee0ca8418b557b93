from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, cast, runtime_checkable

import pytest

from signalr_py import (
    ClientProxy,
    Hub,
    HubDefinitionError,
    LocalProtocolError,
    SerializationError,
    WrongThreadError,
    call_from_thread,
)
from signalr_py.hub.clients import HubCallerClients, HubClients
from signalr_py.hub.lifetime import LocalLifetimeManager
from signalr_py.hub.threads import HomeLoop
from signalr_py.hub.typed_clients import TypedClients, typed_clients_of
from tests.support.receivers import JSON, MESSAGEPACK, AnsweringClient, InMemoryReceiver

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


@dataclass
class User:
    name: str


@runtime_checkable
class ChatClient(Protocol):
    async def receive_message(self, user: str, text: str = "hello") -> None:
        """Show a message."""

    async def ask(self, question: str = "who?") -> User: ...


class Place:
    """The clients `a` and `b`, seen by `a`."""

    def __init__(self) -> None:
        self.home = HomeLoop()
        self.home.bind()
        self.lifetime = LocalLifetimeManager()
        typed: TypedClients[ChatClient] = TypedClients(ChatClient)
        self.clients = HubCallerClients(self.lifetime, self.home, "a", typed)
        self.outside = HubClients(self.lifetime, self.home, typed)
        self.a, self.b = self.connect("a"), self.connect("b")

    def connect(self, name: str) -> AnsweringClient:
        receiver = InMemoryReceiver(name, JSON, f"user of {name}")
        self.lifetime.connected(receiver)
        return AnsweringClient(receiver, self.lifetime.results)

    def received(self, target: str = "ReceiveMessage") -> dict[str, list[Any]]:
        return {
            name: [message["arguments"] for message in client.receiver.messages if message["target"] == target]
            for name, client in (("a", self.a), ("b", self.b))
        }


@pytest.fixture
async def place(anyio_backend: str) -> Place:
    place = Place()
    await place.lifetime.join("b", "g")
    return place


MANY: list[tuple[Callable[[Place], ChatClient], str]] = [
    (lambda place: place.clients.all, "ab"),
    (lambda place: place.clients.others, "b"),
    (lambda place: place.clients.others_in_group("g"), "b"),
    (lambda place: place.outside.all, "ab"),
    (lambda place: place.outside.all_except(["a"]), "b"),
    (lambda place: place.outside.clients(["a", "b"]), "ab"),
    (lambda place: place.outside.group("g"), "b"),
    (lambda place: place.outside.group_except("g", ["b"]), ""),
    (lambda place: place.outside.groups(["g"]), "b"),
    (lambda place: place.outside.user("user of a"), "a"),
    (lambda place: place.outside.users(["user of b"]), "b"),
]
SINGLE: list[tuple[Callable[[Place], ChatClient], str]] = [
    (lambda place: place.clients.caller, "a"),
    (lambda place: place.clients.client("a"), "a"),
    (lambda place: place.outside.client("b"), "b"),
]


@pytest.mark.parametrize(("select", "expected"), [*MANY, *SINGLE])
async def test_every_selector_is_typed(place: Place, select: Callable[[Place], ChatClient], expected: str) -> None:
    await select(place).receive_message("ann", text="hi")
    assert place.received() == {name: [["ann", "hi"]] if name in expected else [] for name in "ab"}
    assert all("invocationId" not in message for message in place.a.receiver.messages)


async def test_defaults_are_sent(place: Place) -> None:
    await place.clients.caller.receive_message("ann")
    await place.clients.caller.receive_message(text="hi", user="bob")
    assert place.received()["a"] == [["ann", "hello"], ["bob", "hi"]]


@pytest.mark.parametrize(("select", "name"), SINGLE)
async def test_one_client_answers(place: Place, select: Callable[[Place], ChatClient], name: str) -> None:
    client = {"a": place.a, "b": place.b}[name]
    client.receiver.on_write = lambda: client.answer("s1", result={"name": "ann"})
    assert await select(place).ask() == User("ann")
    assert client.receiver.messages == [{"type": 1, "invocationId": "s1", "target": "Ask", "arguments": ["who?"]}]


@pytest.mark.parametrize("select", [select for select, _ in MANY])
async def test_several_clients_cannot_answer(place: Place, select: Callable[[Place], ChatClient]) -> None:
    with pytest.raises(LocalProtocolError, match=r"^ChatClient\.ask wants an answer, and only one client can give it"):
        await select(place).ask()
    assert place.received("Ask") == {"a": [], "b": []}


async def test_typed_clients_satisfy_their_protocol(place: Place) -> None:
    for client in (place.clients.all, place.clients.caller):
        assert isinstance(client, ChatClient)
        assert not isinstance(client, ClientProxy)
        assert client.receive_message.__doc__ == "Show a message."
        with pytest.raises(AttributeError):
            client.anything_else = 1  # type: ignore[attr-defined]


async def test_calls_that_do_not_fit_send_nothing(place: Place) -> None:
    with pytest.raises(TypeError, match=r"^ChatClient\.receive_message\(\): missing a required argument: 'user'$"):
        await place.clients.all.receive_message()  # type: ignore[call-arg]
    with pytest.raises(SerializationError, match="Argument 2 of 'ReceiveMessage'"):
        await place.clients.all.receive_message("ann", object())  # type: ignore[arg-type]
    assert place.received() == {"a": [], "b": []}


async def test_threads_call_typed_clients(place: Place) -> None:
    def work() -> User:
        call_from_thread(place.clients.all.receive_message, "ann", text="hi")
        return call_from_thread(place.clients.caller.ask, question="you?")

    def answer() -> None:
        if place.received("Ask")["a"]:
            place.a.answer("s1", result={"name": "ann"})

    place.a.receiver.on_write = answer
    assert await asyncio.to_thread(work) == User("ann")
    assert place.received() == {"a": [["ann", "hi"]], "b": [["ann", "hi"]]}
    assert place.received("Ask")["a"] == [["you?"]]


async def test_from_the_wrong_thread_the_error_names_the_other_form(place: Place) -> None:
    everybody = place.clients.all
    with pytest.raises(WrongThreadError, match=r"use `await receive_message\(\.\.\.\)` instead"):
        call_from_thread(everybody.receive_message, "ann")

    def on_another_loop() -> None:
        asyncio.run(everybody.receive_message("ann"))

    with pytest.raises(WrongThreadError, match=r"call `call_from_thread\(client\.method, \.\.\.\)`"):
        await asyncio.to_thread(on_another_loop)


async def test_only_methods_of_typed_clients_are_called_from_threads(place: Place) -> None:
    proxy = HubClients(place.lifetime, place.home).all
    for method in (proxy.send, asyncio.sleep):
        with pytest.raises(LocalProtocolError, match="only a method of a typed client"):
            call_from_thread(cast("Any", method), "x")


T_co = TypeVar("T_co", covariant=True)


class GenericClient(Protocol[T_co]):
    async def value(self) -> T_co: ...


class TypedHub(Hub[ChatClient]):
    pass


class DerivedHub(TypedHub):
    pass


class GenericHub(Hub[T]):
    pass


class HubOfGeneric(GenericHub[GenericClient[int]]):
    pass


class PlainHub(Hub):
    pass


class ExplicitlyPlainHub(Hub[ClientProxy]):
    pass


class PlainGenericHub(Hub, Generic[T]):
    pass


@pytest.mark.parametrize("hub_type", [Hub, PlainHub, ExplicitlyPlainHub, GenericHub, PlainGenericHub])
def test_hubs_with_plain_clients(hub_type: type[Hub[Any]]) -> None:
    assert typed_clients_of(hub_type) is None


def test_classes_are_made_once_for_a_protocol() -> None:
    assert typed_clients_of(TypedHub) is typed_clients_of(DerivedHub)


class OtherClient(Protocol):
    async def hello(self) -> None: ...


class OtherHub(Hub[OtherClient]):
    pass


class BothHub(TypedHub, OtherHub):
    pass


class PlainAndTypedHub(PlainHub, Hub[ChatClient]):
    pass


class GenericAndTypedHub(GenericHub, Hub[ChatClient]):  # type: ignore[type-arg]
    pass


@pytest.mark.parametrize("hub_type", [TypedHub, DerivedHub, HubOfGeneric, GenericAndTypedHub])
def test_hubs_with_typed_clients(hub_type: type[Hub[Any]]) -> None:
    assert isinstance(typed_clients_of(hub_type), TypedClients)


@pytest.mark.parametrize(
    ("hub_type", "names"),
    [(BothHub, "`Hub[ChatClient]` and `Hub[OtherClient]`"), (PlainAndTypedHub, "`Hub[ChatClient]` and `Hub`")],
)
def test_bases_that_do_not_agree_are_an_error(hub_type: type[Hub[Any]], names: str) -> None:
    with pytest.raises(HubDefinitionError) as caught:
        typed_clients_of(hub_type)
    assert str(caught.value).startswith(f"{hub_type.__name__} has bases that extend {names}, which have different")


class NotAsync(Protocol):
    def hello(self) -> None: ...


def test_a_wrong_protocol_is_an_error_that_names_the_hub() -> None:
    class WrongHub(Hub[NotAsync]):
        pass

    with pytest.raises(HubDefinitionError, match=r"^WrongHub: NotAsync\.hello must be an `async def`"):
        typed_clients_of(WrongHub)


def test_a_name_instead_of_a_protocol_is_an_error() -> None:
    class LateHub(Hub["LateClient"]):
        pass

    class LateClient(Protocol):
        async def hello(self) -> None: ...

    with pytest.raises(HubDefinitionError, match=r"^LateHub: .*ForwardRef\('LateClient'\S* is none"):
        typed_clients_of(LateHub)


def test_answers_that_cannot_be_read_are_an_error_at_start_up() -> None:
    class Unreadable(Protocol):
        async def ask(self) -> complex: ...

    results = LocalLifetimeManager().results
    TypedClients(ChatClient).make_decoders(results, (JSON, MESSAGEPACK))
    with pytest.raises(HubDefinitionError, match=r"^Unreadable\.ask: The type 'complex' cannot be read"):
        TypedClients(Unreadable).make_decoders(results, (JSON, MESSAGEPACK))
