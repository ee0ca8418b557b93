from __future__ import annotations

from typing import Any

from signalr_py import GroupManager, Hub, HubCallerClients, HubCallerContext
from tests.support.hub_server import serve


async def test_the_hooks_of_the_base_class_do_nothing() -> None:
    assert await Hub().on_connected() is None  # type: ignore[func-returns-value]
    assert await Hub().on_disconnected(None) is None  # type: ignore[func-returns-value]


async def test_every_call_and_hook_has_a_hub_of_its_own_with_everything_set() -> None:
    hubs: list[Hub] = []

    class H(Hub):
        def __init__(self) -> None:
            super().__init__()
            self.number = 0

        async def on_connected(self) -> None:
            hubs.append(self)

        async def on_disconnected(self, error: Exception | None) -> None:
            hubs.append(self)

        async def count(self) -> int:
            hubs.append(self)
            self.number += 1
            return self.number

    async with serve(H) as server:
        client = server.connect()
        assert await client.invoke("Count") == await client.invoke("Count") == 1
        client.leave()
        await client.ended()
    assert len(set(hubs)) == 4
    for hub in hubs:
        assert isinstance(hub.context, HubCallerContext)
        assert isinstance(hub.clients, HubCallerClients)
        assert isinstance(hub.groups, GroupManager)


async def test_calls_of_a_hooked_base_class_work() -> None:
    seen: list[str] = []

    class Base(Hub):
        async def on_connected(self) -> None:
            seen.append("base")

    class H(Base):
        async def on_connected(self) -> None:
            await super().on_connected()
            seen.append("derived")

        async def echo(self, value: Any) -> Any:
            return value

    async with serve(H) as server:
        assert await server.connect().invoke("Echo", 1) == 1
    assert seen == ["base", "derived"]
