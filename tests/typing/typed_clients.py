"""What type checkers make of clients with a protocol: its methods, with their arguments and results."""

from __future__ import annotations

from typing import Protocol, TypeVar, assert_type

from signalr_py import Hub, HubCallerClients, HubClients, HubContext, SignalR, call_from_thread, client_method
from tests.typing.models import User

T = TypeVar("T")
C = TypeVar("C")


class ChatClient(Protocol):
    async def receive_message(self, user: str, text: str = "hello") -> None: ...

    @client_method("status")
    async def show_status(self, *, online: bool) -> None: ...

    @client_method(key="position:{user}")
    async def move(self, user: str, *, x: int, y: int) -> None: ...

    @client_method("noise", policy="drop_oldest")
    async def hear(self, text: str) -> None: ...

    async def ask(self, question: str) -> int: ...

    async def find(self, name: str) -> User | None: ...


class RoomClient(ChatClient, Protocol):
    async def join(self, room: str) -> None: ...


class ValueClient(Protocol[T]):
    async def value(self) -> list[T]: ...


class ChatHub(Hub[ChatClient]):
    async def selectors(self) -> None:
        clients = assert_type(self.clients, HubCallerClients[ChatClient])
        assert_type(clients.all, ChatClient)
        assert_type(clients.others, ChatClient)
        assert_type(clients.caller, ChatClient)
        assert_type(clients.all_except(["a"]), ChatClient)
        assert_type(clients.client("a"), ChatClient)
        assert_type(clients.clients(["a"]), ChatClient)
        assert_type(clients.group("g"), ChatClient)
        assert_type(clients.group_except("g", ["a"]), ChatClient)
        assert_type(clients.groups(["g"]), ChatClient)
        assert_type(clients.others_in_group("g"), ChatClient)
        assert_type(clients.user("u"), ChatClient)
        assert_type(clients.users(["u"]), ChatClient)

    async def calls(self) -> None:
        await self.clients.all.receive_message("ann")
        await self.clients.group("g").receive_message("ann", "hi")
        await self.clients.others.receive_message(text="hi", user="ann")
        await self.clients.caller.show_status(online=True)
        await self.clients.all.move("ann", x=1, y=2)
        await self.clients.all.hear("hum")
        assert_type(await self.clients.caller.ask("how many?"), int)
        assert_type(await self.clients.client("a").find(name="ann"), User | None)

    def in_a_thread(self) -> None:
        assert_type(call_from_thread(self.clients.all.receive_message, "ann", text="hi"), None)
        assert_type(call_from_thread(self.clients.caller.ask, "how many?"), int)

    async def mistakes(self) -> None:
        await self.clients.all.receive_mesage("ann")  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
        await self.clients.all.receive_message()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
        await self.clients.all.receive_message(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        await self.clients.all.receive_message("ann", "hi", "there")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
        await self.clients.all.receive_message("ann", texts="hi")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
        await self.clients.caller.show_status(True)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
        await self.clients.all.send("ReceiveMessage", "ann")  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
        await self.clients.caller.invoke("Ask")  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
        text: str = await self.clients.caller.ask("how many?")  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
        del text

    def mistakes_in_a_thread(self) -> None:
        call_from_thread(self.clients.all.receive_message)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
        call_from_thread(self.clients.all.receive_message, 5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        call_from_thread(self.clients.caller.ask("how many?"))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType, reportCallIssue]


class RoomHub(Hub[RoomClient]):
    async def inherited(self) -> None:
        await self.clients.all.receive_message("ann")
        await self.clients.all.join("lobby")


class ValueHub(Hub[ValueClient[User]]):
    async def generic(self) -> None:
        assert_type(await self.clients.caller.value(), list[User])


class BaseHub(Hub[C]):
    async def generic(self) -> None:
        assert_type(self.clients.all, C)
        assert_type(self.clients.caller, C)
        assert_type(self.clients.client("a"), C)


class ConcreteHub(BaseHub[ChatClient]):
    async def concrete(self) -> None:
        assert_type(self.clients.caller, ChatClient)


def outside(signalr: SignalR) -> None:
    signalr.map_hub("/chat", ChatHub)
    signalr.map_hub("/room", RoomHub)
    signalr.map_hub("/concrete", ConcreteHub)
    context = assert_type(signalr.hub_context(ChatHub), HubContext[ChatClient])
    clients = assert_type(context.clients, HubClients[ChatClient])
    assert_type(clients.all, ChatClient)
    assert_type(clients.client("a"), ChatClient)
    assert_type(signalr.hub_context(RoomHub).clients.group("g"), RoomClient)
    assert_type(signalr.hub_context(ConcreteHub).clients.user("u"), ChatClient)


async def elsewhere(context: HubContext[ChatClient], everybody: ChatClient) -> None:
    await context.clients.all.receive_message("ann")
    await everybody.receive_message("ann")
    wrong: HubContext[RoomClient] = context  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    del wrong


@client_method(policy="drop")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
async def not_a_policy() -> None: ...


@client_method(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
async def not_a_name() -> None: ...
