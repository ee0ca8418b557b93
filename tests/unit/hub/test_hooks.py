from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from signalr_py import ConnectedHandler, DisconnectedHandler, Hub, HubFilter, HubLifetimeContext, HubMessageContext
from signalr_py.exceptions import LocalProtocolError
from signalr_py.hub.hooks import HubHooks
from signalr_py.protocol.messages import (
    AckMessage,
    CancelInvocationMessage,
    CloseMessage,
    CompletionMessage,
    InvocationBindingFailure,
    InvocationMessage,
    PingMessage,
    SequenceMessage,
    StreamBindingFailure,
    StreamInvocationMessage,
    StreamItemMessage,
)
from tests.support.hub_server import HubServer, serve

if TYPE_CHECKING:
    from contextlib import AsyncExitStack

    from signalr_py.hub.connection import HubConnection
    from signalr_py.protocol.messages import HubMessage


class PlainHub(Hub):
    async def method(self) -> None: ...


class HookedHub(Hub):
    async def on_connected(self) -> None: ...

    async def on_authentication_refreshed(self) -> None: ...

    async def on_disconnected(self, error: Exception | None) -> None: ...


class Connecting(HubFilter):
    async def on_connected(self, context: HubLifetimeContext, call_next: ConnectedHandler) -> None:
        await call_next(context)


class Disconnecting(HubFilter):
    async def on_disconnected(
        self, context: HubLifetimeContext, error: Exception | None, call_next: DisconnectedHandler
    ) -> None:
        await call_next(context, error)


class Watching(HubFilter):
    def __init__(self) -> None:
        self.seen: list[HubMessageContext] = []

    def on_message(self, context: HubMessageContext) -> None:
        self.seen.append(context)


async def open_hub(connection: HubConnection, scope: AsyncExitStack) -> Hub:
    return Hub()


@pytest.mark.parametrize(
    ("hub_type", "filters", "expected"),
    [
        (PlainHub, [], (False, False, False, False)),
        (PlainHub, [HubFilter()], (False, False, False, False)),
        (HookedHub, [], (True, True, True, False)),
        (PlainHub, [Connecting()], (True, False, False, False)),
        (PlainHub, [Disconnecting()], (False, False, True, False)),
        (PlainHub, [Watching()], (False, False, False, True)),
    ],
)
def test_what_is_to_be_done(
    hub_type: type[Hub], filters: list[HubFilter], expected: tuple[bool, bool, bool, bool]
) -> None:
    hooks = HubHooks(hub_type, filters, open_hub)
    assert (hooks.has_connected, hooks.has_refreshed, hooks.has_disconnected, hooks.sees_messages) == expected


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (InvocationMessage("M", (), "1"), ("invocation", "M", "1")),
        (InvocationMessage("M"), ("invocation", "M", None)),
        (InvocationBindingFailure("X", "1", ValueError()), ("invocation", "X", "1")),
        (StreamInvocationMessage("1", "M"), ("stream_invocation", "M", "1")),
        (StreamItemMessage("s", 5), ("stream_item", None, "s")),
        (StreamBindingFailure("s", ValueError()), ("stream_item", None, "s")),
        (CompletionMessage("s"), ("completion", None, "s")),
        (CancelInvocationMessage("1"), ("cancel_invocation", None, "1")),
        *[(message, None) for message in (PingMessage(), CloseMessage(), AckMessage(1), SequenceMessage(1))],
    ],
    ids=lambda value: type(value).__name__,
)
async def test_what_filters_see_of_messages(message: HubMessage, expected: tuple[Any, ...] | None) -> None:
    server = HubServer(PlainHub)
    client = server.connect()
    first, second = Watching(), Watching()
    HubHooks(PlainHub, [first, HubFilter(), second], open_hub).message(client.connection.context, message)
    assert len(first.seen) == len(second.seen) == (expected is not None)
    for seen in first.seen:
        assert (seen.kind, seen.target, seen.invocation_id) == expected
        assert seen.context is client.connection.context
    await server.handler.shut_down(0)
    await server.handler.finish(1)


async def test_what_refuses_a_message_goes_to_the_caller() -> None:
    class Refusing(HubFilter):
        def on_message(self, context: HubMessageContext) -> None:
            raise LookupError("not today")

    watching = Watching()
    server = HubServer(PlainHub)
    client = server.connect()
    hooks = HubHooks(PlainHub, [Refusing(), watching], open_hub)
    with pytest.raises(LookupError, match="not today"):
        hooks.message(client.connection.context, CompletionMessage("1"))
    assert watching.seen == []
    await server.handler.shut_down(0)
    await server.handler.finish(1)


async def test_hooks_run_on_a_prepared_hub_within_their_filters() -> None:
    lines: list[str] = []

    class H(Hub):
        async def on_connected(self) -> None:
            lines.append(f"connected {self.context.connection_id}")
            with pytest.raises(LocalProtocolError):
                await self.clients.caller.invoke("Question")

        async def on_disconnected(self, error: Exception | None) -> None:
            lines.append(f"disconnected {error}")

    class Around(HubFilter):
        async def on_connected(self, context: HubLifetimeContext, call_next: ConnectedHandler) -> None:
            assert isinstance(context.hub, H)
            lines.append("connecting")
            await call_next(context)

        async def on_disconnected(
            self, context: HubLifetimeContext, error: Exception | None, call_next: DisconnectedHandler
        ) -> None:
            await call_next(context, error)
            lines.append("gone")

    async with serve(H, filters=[Around()]) as server:
        client = server.connect()
        client.leave()
        await client.ended()
    assert lines == ["connecting", "connected c1", "disconnected None", "gone"]
