"""Typed clients through whole hubs and applications."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import pytest

from signalr_py import Hub, HubDefinitionError, LocalProtocolError, SignalR, call_from_thread
from tests.support.hub_server import serve

if TYPE_CHECKING:
    from tests.support.hub_client import ProtocolName


class ChatClient(Protocol):
    async def receive_message(self, user: str, text: str = "hello") -> None: ...

    async def ask(self) -> list[int]: ...


class ChatHub(Hub[ChatClient]):
    async def greet(self, user: str) -> None:
        await self.clients.all.receive_message(user)

    async def ask_me(self) -> list[int]:
        return await self.clients.caller.ask()

    async def ask_everybody(self) -> str:
        try:
            await self.clients.all.ask()
        except LocalProtocolError as error:
            return str(error)
        return "asked"

    def greet_from_a_thread(self, user: str) -> list[int]:
        call_from_thread(self.clients.others.receive_message, user, "hi")
        return call_from_thread(self.clients.caller.ask)


@pytest.mark.parametrize("protocol", ["json", "messagepack"])
async def test_a_hub_sends_and_asks(protocol: ProtocolName) -> None:
    async with serve(ChatHub) as server:
        speaker, listener = server.connect(protocol), server.connect()
        await speaker.invoke("Greet", "ann")
        assert speaker.calls("ReceiveMessage") == listener.calls("ReceiveMessage") == [["ann", "hello"]]
        for target, arguments in (("AskMe", []), ("GreetFromAThread", ["bob"])):
            call = speaker.start(target, *arguments)
            question = await speaker.take(lambda m: m["type"] == 1 and m["target"] == "Ask")
            speaker.send({"type": 3, "invocationId": question["invocationId"], "result": [1, 2]})
            assert (await speaker.answer(call))["result"] == [1, 2]
        assert listener.calls("ReceiveMessage")[1:] == [["bob", "hi"]]
        assert (await speaker.invoke("AskEverybody")).startswith("ChatClient.ask wants an answer")


async def test_a_hub_context_sends() -> None:
    async with serve(ChatHub) as server:
        client = server.connect()
        clients: Any = server.context.clients
        await clients.client(client.connection_id).receive_message("ann")
        assert await client.expect("ReceiveMessage") == ["ann", "hello"]


async def test_all_calls_of_a_connection_share_its_clients() -> None:
    seen: list[object] = []

    class H(Hub[ChatClient]):
        async def look(self) -> None:
            seen.extend([self.clients, self.clients.caller, self.clients.all])

    async with serve(H) as server:
        client = server.connect()
        await client.invoke("Look")
        await client.invoke("Look")
    assert all(first is second for first, second in zip(seen[:3], seen[3:], strict=True))


class NotAsync(Protocol):
    def hello(self) -> None: ...


class Unreadable(Protocol):
    async def ask(self) -> complex: ...


def test_mistakes_are_found_when_a_hub_is_mapped() -> None:
    class WrongHub(Hub[NotAsync]):
        pass

    class UnreadableHub(Hub[Unreadable]):
        pass

    with pytest.raises(HubDefinitionError, match=r"^WrongHub: NotAsync\.hello must be an `async def`"):
        SignalR().map_hub("/wrong", WrongHub)
    with pytest.raises(HubDefinitionError, match=r"^WrongHub: NotAsync\.hello must be an `async def`"):
        SignalR().hub_context(WrongHub)
    with pytest.raises(HubDefinitionError, match=r"^Unreadable\.ask: The type 'complex' cannot be read"):
        SignalR().map_hub("/unreadable", UnreadableHub)


def test_a_hub_context_made_twice_uses_the_same_classes() -> None:
    signalr = SignalR()
    first, second = signalr.hub_context(ChatHub), signalr.hub_context(ChatHub)
    assert type(first.clients.all) is type(second.clients.all)
