"""What a hub does about the life of its connections and about their messages as such, filters included."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Final, final

from signalr_py.hub.call_scope import ConnectingScope, current_call_scope
from signalr_py.hub.filters import (
    HubLifetimeContext,
    HubMessageContext,
    fold_connected,
    fold_disconnected,
    message_hooks,
)
from signalr_py.hub.hub import Hub
from signalr_py.protocol.messages import (
    CancelInvocationMessage,
    CompletionMessage,
    InvocationBindingFailure,
    InvocationMessage,
    StreamBindingFailure,
    StreamInvocationMessage,
    StreamItemMessage,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from signalr_py.hub.connection import HubConnection
    from signalr_py.hub.context import HubCallerContext
    from signalr_py.hub.filters import HubFilter, MessageKind
    from signalr_py.protocol.messages import HubMessage

__all__ = ["HubHooks"]


@final
class HubHooks:
    """Runs `on_connected`, `on_authentication_refreshed`, `on_disconnected` and `on_message`.

    Attributes:
        has_connected: Whether anything is to be done for a new connection.
        has_refreshed: Whether anything is to be done for one whose user has a newer token.
        has_disconnected: Whether anything is to be done for one that has ended.
        sees_messages: Whether a filter looks at messages.

    Args:
        hub_type: The hub class.
        filters: What is around the hooks, the outermost first.
        open_hub: Makes the hub object of one hook.
    """

    def __init__(
        self,
        hub_type: type[Hub],
        filters: Sequence[HubFilter],
        open_hub: Callable[[HubConnection, AsyncExitStack], Awaitable[Hub]],
    ) -> None:
        self._open_hub = open_hub
        self._connected = fold_connected(filters, _on_connected)
        self._disconnected = fold_disconnected(filters, _on_disconnected)
        self._on_message = message_hooks(filters)
        self.has_connected: bool = self._connected is not _on_connected or _overrides(hub_type, "on_connected")
        self.has_refreshed: bool = _overrides(hub_type, "on_authentication_refreshed")
        self.has_disconnected: bool = self._disconnected is not _on_disconnected or _overrides(
            hub_type, "on_disconnected"
        )
        self.sees_messages: bool = bool(self._on_message)

    async def connected(self, connection: HubConnection) -> None:
        """Run `on_connected` within its filters."""
        calls = ConnectingScope()
        current_call_scope.set(calls)
        try:
            async with AsyncExitStack() as scope:
                hub = await self._open_hub(connection, scope)
                await self._connected(HubLifetimeContext(connection.context, hub))
        finally:
            calls.is_over = True

    async def refreshed(self, connection: HubConnection) -> None:
        """Run `on_authentication_refreshed`, which filters do not wrap."""
        async with AsyncExitStack() as scope:
            hub = await self._open_hub(connection, scope)
            await hub.on_authentication_refreshed()

    async def disconnected(self, connection: HubConnection, error: Exception | None) -> None:
        """Run `on_disconnected` within its filters."""
        async with AsyncExitStack() as scope:
            hub = await self._open_hub(connection, scope)
            await self._disconnected(HubLifetimeContext(connection.context, hub), error)

    def message(self, context: HubCallerContext, message: HubMessage) -> None:
        """Show a message to every filter that looks at messages.

        Raises:
            Exception: Whatever a filter raises to refuse it.
        """
        kind = _KINDS.get(type(message))
        if kind is not None:
            seen = HubMessageContext(
                context, kind, getattr(message, "target", None), getattr(message, "invocation_id", None)
            )
            for look in self._on_message:
                look(seen)


async def _on_connected(context: HubLifetimeContext) -> None:
    await context.hub.on_connected()


async def _on_disconnected(context: HubLifetimeContext, error: Exception | None) -> None:
    await context.hub.on_disconnected(error)


def _overrides(hub_type: type[Hub], hook: str) -> bool:
    return getattr(hub_type, hook) is not getattr(Hub, hook)


_KINDS: Final[Mapping[type, MessageKind]] = {
    InvocationMessage: "invocation",
    InvocationBindingFailure: "invocation",
    StreamInvocationMessage: "stream_invocation",
    StreamItemMessage: "stream_item",
    StreamBindingFailure: "stream_item",
    CompletionMessage: "completion",
    CancelInvocationMessage: "cancel_invocation",
}
