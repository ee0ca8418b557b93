"""What type checkers make of clients without a protocol: proxies, of which those for one client can be asked."""

from __future__ import annotations

from typing import Annotated, Any, assert_type

from signalr_py import ClientProxy, Hub, HubCallerClients, HubClients, HubContext, SignalR, SingleClientProxy
from tests.typing.models import User


class ChatHub(Hub):
    async def selectors(self) -> None:
        clients = assert_type(self.clients, HubCallerClients)
        assert_type(clients.all, ClientProxy)
        assert_type(clients.others, ClientProxy)
        assert_type(clients.all_except(["a"]), ClientProxy)
        assert_type(clients.clients(["a"]), ClientProxy)
        assert_type(clients.group("g"), ClientProxy)
        assert_type(clients.group_except("g", ["a"]), ClientProxy)
        assert_type(clients.groups(["g"]), ClientProxy)
        assert_type(clients.others_in_group("g"), ClientProxy)
        assert_type(clients.user("u"), ClientProxy)
        assert_type(clients.users(["u"]), ClientProxy)
        assert_type(clients.caller, SingleClientProxy)
        assert_type(clients.client("a"), SingleClientProxy)
        everybody: list[ClientProxy] = [clients.all, clients.caller]
        for proxy in everybody:
            assert_type(await proxy.send("Hello", 1, [2]), None)
            assert_type(await proxy.send("Hello", 1, policy="drop_oldest"), None)
            assert_type(await proxy.send("Price", 7, policy="latest", key="price:7"), None)
            assert_type(await proxy.send("Price", 7, key="price:7"), None)

    async def answers(self) -> None:
        caller = self.clients.caller
        assert_type(await caller.invoke("Ask", 1, "x", result_type=int), int)
        assert_type(await caller.invoke("Ask", result_type=list[str]), list[str])
        assert_type(await caller.invoke("Ask", result_type=User, timeout=5), User)
        assert_type(await self.clients.client("a").invoke("Ask", result_type=dict[str, User]), dict[str, User])
        assert_type(await caller.invoke("Ask"), Any)
        assert_type(await caller.invoke("Ask", timeout=float("inf")), Any)
        assert_type(await caller.invoke("Ask", result_type=int | None), Any)
        assert_type(await caller.invoke("Ask", result_type=Annotated[int, "meta"]), Any)
        assert_type(await caller.invoke("Ask", result_type=None), Any)

    def in_a_thread(self) -> None:
        assert_type(self.clients.caller.invoke_from_thread("Ask", 1, result_type=int), int)
        assert_type(self.clients.caller.invoke_from_thread("Ask"), Any)
        assert_type(self.clients.all.send_from_thread("Hello"), None)
        assert_type(self.clients.caller.send_from_thread("Hello", policy="wait"), None)

    async def mistakes(self) -> None:
        await self.clients.all.invoke("Ask")  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
        await self.clients.user("u").invoke("Ask")  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
        await self.clients.caller.invoke()  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
        await self.clients.caller.invoke("Ask", timeout="5")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
        await self.clients.all.receive_message("x")  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
        await self.clients.all.send("Hello", policy="drop")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        await self.clients.all.send("Hello", key=7)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        number = await self.clients.caller.invoke("Ask", result_type=int)
        number.upper()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]


class DerivedHub(ChatHub):
    async def derived(self) -> None:
        assert_type(self.clients.caller, SingleClientProxy)


async def outside(signalr: SignalR) -> None:
    signalr.map_hub("/chat", ChatHub)
    signalr.map_hub("/derived", DerivedHub)
    context = assert_type(signalr.hub_context(ChatHub), HubContext)
    clients = assert_type(context.clients, HubClients)
    assert_type(clients.all, ClientProxy)
    assert_type(clients.client("a"), SingleClientProxy)
    assert_type(signalr.hub_context(DerivedHub).clients.group("g"), ClientProxy)
    await clients.caller.send("Hello")  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
