"""The base class of hubs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic

from signalr_py.hub.clients import ClientT

if TYPE_CHECKING:
    from signalr_py.hub.clients import HubCallerClients
    from signalr_py.hub.context import HubCallerContext
    from signalr_py.hub.groups import GroupManager

__all__ = ["Hub"]


class Hub(Generic[ClientT]):
    """A class whose public methods clients can call.

    A fresh object serves each call, so keep state in `context.items` or outside. Every public method of a subclass,
    also of its mixins, is callable: `send_message` answers to `SendMessage`, `sendMessage` and `send_message`. A
    leading underscore keeps a method private. Coroutine functions run on the event loop, plain functions in a worker
    thread.

    `Hub[ChatClient]`, with a `Protocol` of the clients' methods, makes `clients` hand out typed clients.

    Attributes:
        context: The connection that the call came on.
        clients: The clients of this hub, to send to.
        groups: The groups of this hub.
    """

    context: HubCallerContext
    clients: HubCallerClients[ClientT]
    groups: GroupManager

    async def on_connected(self) -> None:
        """Do something for a new connection; calls of the client wait until it is done.

        An exception closes the connection with an error and `on_disconnected` is not called.
        """

    async def on_authentication_refreshed(self) -> None:
        """Do something for a connection whose user has shown a newer token; `context.user` is the one of that token.

        It needs `HttpConnectionOptions(enable_authentication_refresh=True)`. It runs beside the client's calls, never
        beside `on_connected`, and one at a time. An exception is logged, and the connection goes on.
        """

    async def on_disconnected(self, error: Exception | None) -> None:
        """Do something for a connection that has ended; called exactly once for each finished `on_connected`.

        Args:
            error: Why the connection ended; None when the client left or was sent away without a fault.
        """
