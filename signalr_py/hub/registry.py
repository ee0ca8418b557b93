"""The connections of one hub, indexed by id, group and user in both directions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeVar, final

from signalr_py.hub.targets import All, Connections, Groups

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from signalr_py.hub.targets import Target
    from signalr_py.types import ConnectionId, GroupName, UserId

__all__ = ["ConnectionRegistry", "Registered"]


class Registered(Protocol):
    """What the registry needs to know of a connection."""

    @property
    def connection_id(self) -> ConnectionId:
        """The public id."""
        ...

    @property
    def user_id(self) -> UserId | None:
        """The user, if there is one."""
        ...


C = TypeVar("C", bound=Registered)


@final
class ConnectionRegistry(Generic[C]):
    """Finds the receivers of a message; adding, joining and removing cost nothing per other connection."""

    def __init__(self) -> None:
        self._by_id: dict[ConnectionId, C] = {}
        self._members: dict[GroupName, dict[ConnectionId, C]] = {}
        self._groups_of: dict[ConnectionId, set[GroupName]] = {}
        self._by_user: dict[UserId, dict[ConnectionId, C]] = {}

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[C]:
        return iter(self._by_id.values())

    def get(self, connection_id: ConnectionId) -> C | None:
        """Return the connection with an id."""
        return self._by_id.get(connection_id)

    def groups_of(self, connection_id: ConnectionId) -> frozenset[GroupName]:
        """Return the groups that a connection is in."""
        return frozenset(self._groups_of.get(connection_id, ()))

    @property
    def group_count(self) -> int:
        """How many groups have a member."""
        return len(self._members)

    def add(self, connection: C) -> None:
        """Make a connection known."""
        self._by_id[connection.connection_id] = connection
        if connection.user_id is not None:
            self._by_user.setdefault(connection.user_id, {})[connection.connection_id] = connection

    def remove(self, connection: C) -> None:
        """Forget a connection and its groups; nothing happens when it is not known."""
        connection_id = connection.connection_id
        if self._by_id.pop(connection_id, None) is None:
            return
        for group in self._groups_of.pop(connection_id, ()):
            _drop(self._members, group, connection_id)
        if connection.user_id is not None:
            _drop(self._by_user, connection.user_id, connection_id)

    def join(self, connection_id: ConnectionId, group: GroupName) -> None:
        """Put a connection into a group; nothing happens when it is not known."""
        connection = self._by_id.get(connection_id)
        if connection is not None:
            self._members.setdefault(group, {})[connection_id] = connection
            self._groups_of.setdefault(connection_id, set()).add(group)

    def leave(self, connection_id: ConnectionId, group: GroupName) -> None:
        """Take a connection out of a group; nothing happens when it is not in it."""
        groups = self._groups_of.get(connection_id)
        if groups is None or group not in groups:
            return
        groups.discard(group)
        if not groups:
            del self._groups_of[connection_id]
        _drop(self._members, group, connection_id)

    def select(self, target: Target) -> list[C]:
        """Return those who are the receivers of a target now."""
        if isinstance(target, All):
            return _without(self._by_id, target.excluded)
        if isinstance(target, Groups):
            members = [self._members.get(name, _NOBODY) for name in target.names]
            return [connection for group in members for connection in _without(group, target.excluded)]
        if isinstance(target, Connections):
            ids = dict.fromkeys(target.ids)
            return [connection for each in ids if (connection := self._by_id.get(each)) is not None]
        users = [self._by_user.get(user, _NOBODY) for user in dict.fromkeys(target.ids)]
        return [connection for connections in users for connection in connections.values()]


def _drop(index: dict[str, dict[ConnectionId, C]], key: str, connection_id: ConnectionId) -> None:
    members = index[key]
    del members[connection_id]
    if not members:
        del index[key]


def _without(connections: Mapping[ConnectionId, C], excluded: tuple[ConnectionId, ...]) -> list[C]:
    if not excluded:
        return list(connections.values())
    left_out = frozenset(excluded)
    return [connection for connection_id, connection in connections.items() if connection_id not in left_out]


_NOBODY: Final[Mapping[ConnectionId, Any]] = {}
