from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator  # noqa: TC003 - annotations of hubs are read at start-up

import pytest

from signalr_py import Hub
from signalr_py.exceptions import LocalProtocolError
from signalr_py.hub.call_scope import ConnectingScope, current_call_scope
from signalr_py.hub.invocations import Invocation
from tests.support.hub_server import serve
from tests.support.streams import stream, streamed


def test_nobody_can_be_asked_while_connecting() -> None:
    scope = ConnectingScope()
    with pytest.raises(LocalProtocolError, match=r"^Client results inside on_connected hub methods are not allowed\.$"):
        scope.enter_client_result()
    scope.is_over = True
    scope.enter_client_result()


class ScopedHub(Hub):
    async def on_connected(self) -> None:
        self.context.items["connecting"] = current_call_scope.get()
        self.context.items["later"] = asyncio.ensure_future(self._look_later())

    async def _look_later(self) -> None:
        await asyncio.sleep(0)
        scope = current_call_scope.get()
        assert scope is self.context.items["connecting"]
        scope.enter_client_result()

    async def on_disconnected(self, error: Exception | None) -> None:
        assert current_call_scope.get() is None
        await self.context.items["later"]

    async def connecting(self) -> bool:
        scope = self.context.items["connecting"]
        return isinstance(scope, ConnectingScope) and scope.is_over

    async def target(self) -> str:
        scope = current_call_scope.get()
        assert isinstance(scope, Invocation)
        return scope.method.name

    def target_in_thread(self) -> str:
        scope = current_call_scope.get()
        assert isinstance(scope, Invocation)
        return scope.method.name

    async def stream(self) -> AsyncIterator[str]:
        yield await self.target()


async def test_code_inside_a_call_finds_it_and_a_connecting_scope_ends_with_the_hook() -> None:
    async with serve(ScopedHub) as server:
        client = server.connect()
        assert await client.invoke("Connecting") is True
        assert await client.invoke("Target") == "Target"
        assert await client.invoke("TargetInThread") == "TargetInThread"
        assert await streamed(client, stream(client, "Stream")) == ["Stream"]
        assert current_call_scope.get() is None
