"""What `on_connected` and `on_disconnected` may rely on, and what happens when they raise."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from signalr_py import Hub, HubException, HubOptions
from tests.support.hub_server import serve
from tests.support.tasks import settle

GENERIC = "Connection closed with an error."
RECONNECT: dict[str, Any] = {"type": 7, "allowReconnect": True}


async def test_a_client_that_leaves_during_on_connected_is_noticed_there() -> None:
    seen: list[str] = []

    class H(Hub):
        async def on_connected(self) -> None:
            await self.context.connection_aborted.wait()
            seen.append("aborted")

        async def on_disconnected(self, error: Exception | None) -> None:
            seen.append("disconnected")

    async with serve(H) as server:
        client = server.connect()
        await settle()
        client.leave()
        await client.ended()
    assert seen == ["aborted", "disconnected"]


class Unwelcome(Exception):
    pass


@pytest.mark.parametrize(
    ("error", "detailed", "text"),
    [
        (Unwelcome("secret"), False, GENERIC),
        (Unwelcome("secret"), True, f"{GENERIC} Unwelcome: secret"),
        (HubException("you again"), False, f"{GENERIC} HubException: you again"),
        (HubException("\ud800"), False, f"{GENERIC} HubException: ?"),
        (asyncio.CancelledError(), False, GENERIC),
    ],
)
@pytest.mark.parametrize("suspends", [False, True])
async def test_on_connected_that_raises_closes_without_reconnect(
    caplog: pytest.LogCaptureFixture, error: BaseException, detailed: Any, text: str, suspends: Any
) -> None:
    called: list[str] = []

    class H(Hub):
        async def on_connected(self) -> None:
            if suspends:
                await asyncio.sleep(0)
            raise error

        async def on_disconnected(self, error: Exception | None) -> None:
            called.append("on_disconnected")

        async def method(self) -> None:
            called.append("method")

    async with serve(H, HubOptions(enable_detailed_errors=detailed)) as server:
        client = server.open()
        _, message = client.invocation("Method")
        client.request_handshake(behind=client.encode(message))
        assert await client.ended() == {"type": 7, "error": text}
        assert len(server.lifetime.registry) == 0
        assert client.connection.context.connection_aborted.is_set()
    assert called == []
    assert client.duplex.closes == [False]
    (record,) = caplog.records
    assert record.getMessage() == "H.on_connected failed for connection c1."
    assert record.exc_info is not None


async def test_on_connected_that_raises_after_the_client_was_sent_away() -> None:
    may_go_on = asyncio.Event()

    class H(Hub):
        async def on_connected(self) -> None:
            await may_go_on.wait()
            raise Unwelcome

    async with serve(H) as server:
        client = server.connect()
        await settle()
        client.connection.leave(at_once=True)
        may_go_on.set()
        assert await client.ended() == RECONNECT
        assert client.duplex.closes == [False]


@pytest.mark.parametrize("error", [Unwelcome("no"), asyncio.CancelledError()])
async def test_on_disconnected_that_raises_is_logged_and_the_transport_told(
    caplog: pytest.LogCaptureFixture, error: BaseException
) -> None:
    class H(Hub):
        async def on_disconnected(self, reason: Exception | None) -> None:
            raise error

    async with serve(H) as server:
        client = server.connect()
        client.leave()
        await client.ended()
        assert len(server.lifetime.registry) == 0
    assert client.duplex.closes == [True]
    (record,) = caplog.records
    assert record.getMessage() == "H.on_disconnected failed for connection c1."


async def test_a_connection_is_addressable_from_on_connected_to_on_disconnected() -> None:
    registered: list[bool] = []

    class H(Hub):
        async def on_connected(self) -> None:
            await self.clients.client(self.context.connection_id).send("Hello")

        async def on_disconnected(self, error: Exception | None) -> None:
            registered.append(self.context.connection_id in [c.connection_id for c in server.lifetime.registry])

    async with serve(H) as server:
        client = server.connect()
        assert await client.expect("Hello") == []
        client.leave()
        await client.ended()
    assert registered == [True]


async def test_a_hub_without_hooks_ends_as_well() -> None:
    class H(Hub):
        async def echo(self, text: str) -> str:
            return text

    async with serve(H) as server:
        client = server.connect()
        client.leave()
        assert await client.ended() == RECONNECT
        assert client.duplex.closes == [False]
