"""What a hub method knows of its caller, and how code outside a hub sends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, final

from starlette.authentication import BaseUser, UnauthenticatedUser

from signalr_py.hub.cancellation import CancellationToken
from signalr_py.hub.clients import ClientT

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import HTTPConnection

    from signalr_py.hub.clients import HubClients
    from signalr_py.hub.groups import GroupManager
    from signalr_py.transports.base import ConnectionStatistics, Duplex
    from signalr_py.types import ConnectionId, TransportType, UserId

__all__ = ["HubCallerContext", "HubContext", "release"]


@final
class HubCallerContext:
    """The connection that a hub method was called on; the same object for every call of that connection.

    Attributes:
        connection_id: Public id of the connection.
        user_identifier: Id of the user, as the `user_id` of `SignalR` found it; None for nobody.
        items: Values that the hub keeps for the connection; gone with it.
        connection_aborted: Set when the connection has ended. Calls that still run are not interrupted.
    """

    __slots__ = ("_abort", "_duplex", "connection_aborted", "connection_id", "items", "user_identifier")

    def __init__(self, duplex: Duplex, user_identifier: UserId | None, abort: Callable[[], None]) -> None:
        self.connection_id: ConnectionId = duplex.connection_id
        self.user_identifier: UserId | None = user_identifier
        self.items: dict[Any, Any] = {}
        self.connection_aborted: CancellationToken = CancellationToken()
        self._duplex = duplex
        self._abort: Callable[[], None] | None = abort

    @property
    def user(self) -> BaseUser:
        """The user that Starlette's authentication middleware found; an unauthenticated one without it."""
        user = self._duplex.request.scope.get("user")
        return user if isinstance(user, BaseUser) else UnauthenticatedUser()

    @property
    def request(self) -> HTTPConnection:
        """The request that opened the connection: its headers, query, path parameters and application."""
        return self._duplex.request

    @property
    def transport(self) -> TransportType:
        """The transport that carries the connection."""
        return self._duplex.transport

    def statistics(self) -> ConnectionStatistics:
        """Return what has passed over the connection so far, what waits for its client, and what was dropped."""
        return self._duplex.statistics()

    def abort(self) -> None:
        """End the connection at once and for good: the client is told not to reconnect.

        What is sent to it afterwards is dropped, the result of the call that aborts included. Further calls do nothing.
        In a thread it returns before the connection has ended.
        """
        if (abort := self._abort) is not None:
            abort()

    def _release(self) -> None:
        self._abort = None


def release(context: HubCallerContext) -> None:
    """Let go of the connection, which has nothing left to abort; for the code that owns the context."""
    context._release()


@final
class HubContext(Generic[ClientT]):
    """Sends to the clients of a hub from anywhere in the process; the reference's `IHubContext`.

    Attributes:
        clients: The clients of the hub.
        groups: Its groups.
    """

    __slots__ = ("clients", "groups")

    def __init__(self, clients: HubClients[ClientT], groups: GroupManager) -> None:
        self.clients: HubClients[ClientT] = clients
        self.groups: GroupManager = groups
