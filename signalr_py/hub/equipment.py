"""What hub objects are given of the connection that they work for."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from signalr_py.hub import cancellation
from signalr_py.hub.clients import HubCallerClients
from signalr_py.hub.context import HubCallerContext, release
from signalr_py.hub.outgoing import OutgoingMessages

if TYPE_CHECKING:
    from signalr_py.hub.handler import HubConnectionHandler
    from signalr_py.hub.hub import Hub
    from signalr_py.transports.base import Duplex

__all__ = ["EquippedConnection"]


class EquippedConnection(OutgoingMessages):
    """Makes the context of the client, and the clients seen from it, when they are first wanted: idle ones have none.

    Args:
        duplex: What carries the connection.
        handler: What all connections of the hub share.
    """

    __slots__ = ("_clients", "_context", "_duplex", "_has_gone")

    def __init__(self, duplex: Duplex, handler: HubConnectionHandler) -> None:
        super().__init__(duplex.connection_id, duplex, handler)
        self._duplex = duplex
        self._has_gone = False
        self._context: HubCallerContext | None = None
        self._clients: HubCallerClients | None = None

    @property
    def context(self) -> HubCallerContext:
        """What hub methods know of the client."""
        if self._context is None:
            self._context = HubCallerContext(self._duplex, self.user_id, self._abort_from_anywhere)
            if self._has_gone:
                cancellation.cancel(self._context.connection_aborted)
            if not self.is_open:
                release(self._context)
        return self._context

    @property
    def clients(self) -> HubCallerClients:
        """The clients of the hub, seen from this one."""
        if self._clients is None:
            handler = self._handler
            self._clients = HubCallerClients(handler.lifetime, handler.home, self.connection_id, handler.typed_clients)
        return self._clients

    def equip(self, hub: Hub) -> None:
        """Give a hub object what it works with."""
        hub.context = self._context or self.context
        hub.clients = self._clients or self.clients
        hub.groups = self._handler.groups

    def abort_context(self) -> None:
        """Tell what waits for `connection_aborted`, now or later, that the client has gone."""
        self._has_gone = True
        if self._context is not None:
            cancellation.cancel(self._context.connection_aborted)

    def release_context(self) -> None:
        """Let the context go on without the connection, which is not kept by those who keep the context."""
        if self._context is not None:
            release(self._context)

    @abstractmethod
    def abort(self) -> None:
        """End the connection for good; on the home loop."""

    def _abort_from_anywhere(self) -> None:
        """End the connection for good, also from a thread."""
        self._handler.home.run(self.abort)
