from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from signalr_py import Hub, HubClients, LocalProtocolError, WrongThreadError
from signalr_py.hub.targets import All, Connections, Groups, Target, Users
from tests.support.hub_server import serve
from tests.support.tasks import settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from signalr_py import ClientProxy
    from tests.support.hub_client import HubClient, ProtocolName
    from tests.support.hub_server import HubServer


class SelectorsHub(Hub):
    async def on_connected(self) -> None:
        name = self.context.connection_id
        for group in {"a": "g", "b": "gh", "c": "h"}.get(name, ""):
            await self.groups.add(name, group)

    async def to_all(self) -> None:
        await self.clients.all.send("Hello")

    async def to_all_except(self, ids: list[str]) -> None:
        await self.clients.all_except(ids).send("Hello")

    async def to_client(self, connection_id: str) -> None:
        await self.clients.client(connection_id).send("Hello")

    async def to_clients(self, ids: list[str]) -> None:
        await self.clients.clients(ids).send("Hello")

    async def to_group(self, name: str) -> None:
        await self.clients.group(name).send("Hello")

    async def to_group_except(self, name: str, ids: list[str]) -> None:
        await self.clients.group_except(name, ids).send("Hello")

    async def to_groups(self, names: list[str]) -> None:
        await self.clients.groups(names).send("Hello")

    async def to_user(self, user_id: str) -> None:
        await self.clients.user(user_id).send("Hello")

    async def to_users(self, ids: list[str]) -> None:
        await self.clients.users(ids).send("Hello")

    async def to_caller(self) -> None:
        await self.clients.caller.send("Hello")

    async def to_others(self) -> None:
        await self.clients.others.send("Hello")

    async def to_others_in_group(self, name: str) -> None:
        await self.clients.others_in_group(name).send("Hello")


SELECTIONS: list[tuple[str, list[object], str]] = [
    ("ToAll", [], "abcd"),
    ("ToAllExcept", [["a", "d", "x"]], "bc"),
    ("ToAllExcept", [[]], "abcd"),
    ("ToClient", ["c"], "c"),
    ("ToClient", ["x"], ""),
    ("ToClients", [["c", "b", "c"]], "bc"),
    ("ToGroup", ["g"], "ab"),
    ("ToGroup", ["G"], ""),
    ("ToGroupExcept", ["g", ["a"]], "b"),
    ("ToGroups", [["g", "h"]], "abbc"),
    ("ToGroups", [["g", "g"]], "aabb"),
    ("ToUser", ["user of a"], "a"),
    ("ToUser", ["User of a"], ""),
    ("ToUsers", [["user of a", "user of d", "nobody"]], "ad"),
    ("ToCaller", [], "a"),
    ("ToOthers", [], "bcd"),
    ("ToOthersInGroup", ["g"], "b"),
    ("ToOthersInGroup", ["h"], "bc"),
]


def connect_four(server: HubServer) -> dict[str, HubClient]:
    protocols: dict[str, ProtocolName] = {"a": "json", "b": "messagepack", "c": "json", "d": "messagepack"}
    clients = {}
    for name, protocol in protocols.items():
        clients[name] = server.connect(protocol, name)
    return clients


def receivers(clients: dict[str, HubClient]) -> str:
    return "".join(name * len(client.calls("Hello")) for name, client in clients.items())


@pytest.mark.parametrize(("target", "arguments", "expected"), SELECTIONS)
async def test_every_selector_inside_a_hub(target: str, arguments: list[object], expected: str) -> None:
    names = iter("abcd")
    async with serve(SelectorsHub, user_id=lambda _: f"user of {next(names)}") as server:
        clients = connect_four(server)
        await settle()
        await clients["a"].invoke(target, *arguments)
        assert receivers(clients) == expected


OUTSIDE: list[tuple[Callable[[HubClients], ClientProxy], str]] = [
    (lambda c: c.all, "abcd"),
    (lambda c: c.all_except(n for n in "ab"), "cd"),
    (lambda c: c.client("b"), "b"),
    (lambda c: c.clients({"b", "c"}), "bc"),
    (lambda c: c.group("h"), "bc"),
    (lambda c: c.group_except("h", ("c",)), "b"),
    (lambda c: c.groups(iter("gh")), "abbc"),
    (lambda c: c.user("user of d"), "d"),
    (lambda c: c.users(["user of d"]), "d"),
]


@pytest.mark.parametrize(("select", "expected"), OUTSIDE)
@pytest.mark.parametrize("in_thread", [False, True])
async def test_every_selector_outside_a_hub(
    select: Callable[[HubClients], ClientProxy], expected: str, in_thread: object
) -> None:
    names = iter("abcd")
    async with serve(SelectorsHub, user_id=lambda _: f"user of {next(names)}") as server:
        clients = connect_four(server)
        await settle()
        proxy = select(server.context.clients)
        if in_thread:
            await asyncio.to_thread(proxy.send_from_thread, "Hello")
        else:
            await proxy.send("Hello")
        assert receivers(clients) == expected


@pytest.mark.parametrize(
    "select",
    [
        lambda c: c.group(""),
        lambda c: c.group_except("", []),
        lambda c: c.groups(["g", ""]),
        lambda c: c.others_in_group(""),
    ],
)
async def test_an_empty_group_name_is_an_error(select: Callable[[HubClients], ClientProxy]) -> None:
    async with serve(SelectorsHub) as server:
        client = server.connect()
        with pytest.raises(LocalProtocolError, match=r"^Cannot send to an empty group name\.$"):
            select(client.connection.clients)


@pytest.mark.parametrize(
    "select",
    [
        lambda c: c.all_except("abc"),
        lambda c: c.clients("abc"),
        lambda c: c.groups("abc"),
        lambda c: c.group_except("g", "abc"),
        lambda c: c.users("abc"),
    ],
)
async def test_one_string_is_not_several_names(select: Callable[[HubClients], ClientProxy]) -> None:
    async with serve(SelectorsHub) as server:
        with pytest.raises(LocalProtocolError, match=r"takes several names.*not the string 'abc'"):
            select(server.context.clients)


async def test_a_proxy_can_be_kept_and_sees_later_connections() -> None:
    async with serve(SelectorsHub) as server:
        everybody = server.context.clients.all
        first = server.connect()
        await everybody.send("Hello", 1)
        second = server.connect("messagepack")
        await everybody.send("Hello", 2)
        assert first.calls("Hello") == [[1], [2]]
        assert second.calls("Hello") == [[2]]


async def test_arguments_go_out_as_they_are() -> None:
    async with serve(SelectorsHub) as server:
        client = server.connect()
        await server.context.clients.all.send("Hello")
        await server.context.clients.all.send("Hello", None, [1, {"a": "☃"}])
        assert client.calls("Hello") == [[], [None, [1, {"a": "☃"}]]]
        assert all("invocationId" not in message for message in client.received)


async def test_a_single_send_waits_for_a_slow_client_and_a_broadcast_does_not() -> None:
    async with serve(SelectorsHub) as server:
        slow, other = server.connect(), server.connect()
        await settle()
        slow.duplex.is_slow = True
        clients = server.context.clients
        await clients.all.send("Hello")
        await clients.clients(["c1", "c2"]).send("Hello")
        assert slow.duplex.drains == 0
        sending = asyncio.ensure_future(clients.client("c1").send("Hello"))
        await other.invoke("ToOthers")
        await settle()
        assert slow.duplex.drains == 1
        assert not sending.done()
        slow.duplex.catch_up()
        await sending
        assert len(slow.calls("Hello")) == 4


async def test_from_the_wrong_thread_the_error_names_the_other_form() -> None:
    async with serve(SelectorsHub) as server:
        proxy = server.context.clients.all

        def send_without_a_server_loop() -> None:
            asyncio.run(proxy.send("Hello"))

        with pytest.raises(WrongThreadError, match=r"call `send_from_thread\(\.\.\.\)`"):
            await asyncio.to_thread(send_without_a_server_loop)
        with pytest.raises(WrongThreadError, match=r"use `await send\(\.\.\.\)` instead"):
            proxy.send_from_thread("Hello")


@pytest.mark.parametrize(
    ("select", "target"),
    [
        (lambda c: c.caller, Connections(("c1",))),
        (lambda c: c.others, All(("c1",))),
        (lambda c: c.others_in_group("g"), Groups(("g",), ("c1",))),
        (lambda c: c.users(["u", "v"]), Users(("u", "v"))),
    ],
)
async def test_proxies_only_build_targets(select: Callable[[HubClients], ClientProxy], target: Target) -> None:
    async with serve(SelectorsHub) as server:
        client = server.connect()
        sent: list[Target] = []

        class Recorder:
            async def send(self, target: Target, message: object) -> None:
                sent.append(target)

        clients = type(client.connection.clients)(Recorder(), server.home, "c1")  # type: ignore[arg-type]
        await select(clients).send("Hello")
        assert sent == [target]
