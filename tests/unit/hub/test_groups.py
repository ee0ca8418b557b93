from __future__ import annotations

import asyncio

import pytest

from signalr_py import Hub, LocalProtocolError, WrongThreadError
from tests.support.hub_server import serve


class GroupHub(Hub):
    async def join(self, group: str) -> None:
        await self.groups.add(self.context.connection_id, group)

    async def leave(self, group: str) -> None:
        await self.groups.remove(self.context.connection_id, group)


async def test_joining_and_leaving() -> None:
    async with serve(GroupHub) as server:
        client, other = server.connect(), server.connect()
        await client.invoke("Join", "g")
        await client.invoke("Join", "g")
        await server.context.clients.group("g").send("Hello", 1)
        await client.invoke("Leave", "g")
        await client.invoke("Leave", "g")
        await server.context.clients.group("g").send("Hello", 2)
        assert client.calls("Hello") == [[1]]
        assert other.calls("Hello") == []


async def test_group_names_differ_by_case() -> None:
    async with serve(GroupHub) as server:
        client = server.connect()
        await client.invoke("Join", "Group")
        await server.context.clients.group("group").send("Hello")
        await client.invoke("Leave", "group")
        assert server.lifetime.registry.groups_of("c1") == {"Group"}
        assert client.calls("Hello") == []


async def test_a_connection_may_be_in_many_groups() -> None:
    async with serve(GroupHub) as server:
        client = server.connect()
        for name in "abc":
            await client.invoke("Join", name)
        assert server.lifetime.registry.groups_of("c1") == {"a", "b", "c"}


async def test_groups_are_managed_from_outside_as_well() -> None:
    async with serve(GroupHub) as server:
        server.connect()
        groups = server.context.groups
        await groups.add("c1", "g")
        await groups.add("unknown", "g")
        assert server.lifetime.registry.groups_of("c1") == {"g"}
        await groups.remove("unknown", "g")
        await groups.remove("c1", "g")
        await asyncio.to_thread(groups.add_from_thread, "c1", "h")
        assert server.lifetime.registry.groups_of("c1") == {"h"}
        await asyncio.to_thread(groups.remove_from_thread, "c1", "h")
        assert server.lifetime.registry.group_count == 0


async def test_an_empty_name_is_an_error_in_every_form() -> None:
    async with serve(GroupHub) as server:
        groups = server.context.groups
        text = r"^A group needs a name that is not empty\.$"
        with pytest.raises(LocalProtocolError, match=text):
            await groups.add("c1", "")
        with pytest.raises(LocalProtocolError, match=text):
            await groups.remove("c1", "")
        for form in (groups.add_from_thread, groups.remove_from_thread):
            with pytest.raises(LocalProtocolError, match=text):
                await asyncio.to_thread(form, "c1", "")


async def test_from_the_wrong_thread_the_error_names_the_other_form() -> None:
    async with serve(GroupHub) as server:
        groups = server.context.groups

        def add() -> None:
            asyncio.run(groups.add("c1", "g"))

        def remove() -> None:
            asyncio.run(groups.remove("c1", "g"))

        with pytest.raises(WrongThreadError, match=r"`add_from_thread\(\.\.\.\)`"):
            await asyncio.to_thread(add)
        with pytest.raises(WrongThreadError, match=r"`remove_from_thread\(\.\.\.\)`"):
            await asyncio.to_thread(remove)
        with pytest.raises(WrongThreadError, match=r"`await add\(\.\.\.\)`"):
            groups.add_from_thread("c1", "g")
        with pytest.raises(WrongThreadError, match=r"`await remove\(\.\.\.\)`"):
            groups.remove_from_thread("c1", "g")
