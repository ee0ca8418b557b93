"""Putting connections into groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from signalr_py.exceptions import LocalProtocolError

if TYPE_CHECKING:
    from signalr_py.hub.lifetime import LifetimeManager
    from signalr_py.hub.threads import HomeLoop
    from signalr_py.types import ConnectionId, GroupName

__all__ = ["GroupManager"]


@final
class GroupManager:
    """Manages the groups of a hub. Membership ends with the connection, and names are compared with regard to case."""

    __slots__ = ("_home", "_lifetime")

    def __init__(self, lifetime: LifetimeManager, home: HomeLoop) -> None:
        self._lifetime = lifetime
        self._home = home

    async def add(self, connection_id: ConnectionId, group: GroupName) -> None:
        """Put a connection into a group; what is sent to the group afterwards reaches it.

        Nothing happens when it is in the group already, or when there is no such connection.

        Raises:
            LocalProtocolError: The name is empty.
            WrongThreadError: This is not the event loop of the server; use `add_from_thread`.
        """
        self._home.check("add_from_thread(...)")
        await self._lifetime.join(connection_id, _named(group))

    async def remove(self, connection_id: ConnectionId, group: GroupName) -> None:
        """Take a connection out of a group; nothing happens when it is not in it.

        Raises:
            LocalProtocolError: The name is empty.
            WrongThreadError: This is not the event loop of the server; use `remove_from_thread`.
        """
        self._home.check("remove_from_thread(...)")
        await self._lifetime.leave(connection_id, _named(group))

    def add_from_thread(self, connection_id: ConnectionId, group: GroupName) -> None:
        """Do what `add` does, from a thread.

        Raises:
            LocalProtocolError: The name is empty.
            WrongThreadError: This thread runs an event loop; use `await add(...)`.
        """
        self._home.call(self._lifetime.join(connection_id, _named(group)), "add(...)")

    def remove_from_thread(self, connection_id: ConnectionId, group: GroupName) -> None:
        """Do what `remove` does, from a thread.

        Raises:
            LocalProtocolError: The name is empty.
            WrongThreadError: This thread runs an event loop; use `await remove(...)`.
        """
        self._home.call(self._lifetime.leave(connection_id, _named(group)), "remove(...)")


def _named(group: GroupName) -> GroupName:
    if not group:
        raise LocalProtocolError("A group needs a name that is not empty.")
    return group
