"""Selecting clients and sending to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

from signalr_py.exceptions import LocalProtocolError
from signalr_py.hub.targets import All, Connections, Groups, Users
from signalr_py.protocol.messages import InvocationMessage
from signalr_py.protocol.serialized import SerializedHubMessage

if TYPE_CHECKING:
    from collections.abc import Iterable

    from signalr_py.hub.lifetime import LifetimeManager
    from signalr_py.hub.targets import Target
    from signalr_py.hub.threads import HomeLoop
    from signalr_py.types import ConnectionId, GroupName, UserId

__all__ = ["ClientProxy", "HubCallerClients", "HubClients"]


@final
class ClientProxy:
    """Some clients of a hub, chosen by one of the selectors."""

    __slots__ = ("_home", "_lifetime", "_target")

    def __init__(self, lifetime: LifetimeManager, home: HomeLoop, target: Target) -> None:
        self._lifetime = lifetime
        self._home = home
        self._target = target

    async def send(self, method: str, /, *args: Any) -> None:
        """Call a method of the clients and want no answer.

        Each client receives it at most once; messages of one sender arrive at one receiver in the order they were sent.
        Sending to many clients never waits for a slow one. Sending to a single connection waits while it is slow. It is
        no error when nobody is there.

        Args:
            method: Name of the clients' handler. The .NET and Java clients compare it with regard to case.
            *args: Its arguments, of any type that the hub protocols can write.

        Raises:
            SerializationError: An argument cannot be written; nobody has received the message.
            WrongThreadError: This is not the event loop of the server; use `send_from_thread`.
        """
        self._home.check("send_from_thread(...)")
        await self._lifetime.send(self._target, SerializedHubMessage(InvocationMessage(method, args)))

    def send_from_thread(self, method: str, /, *args: Any) -> None:
        """Do what `send` does, from a thread: a plain hub method, a `def` endpoint of FastAPI, a job.

        It returns when the message is on its way, and raises what `send` raises.

        Args:
            method: Name of the clients' handler.
            *args: Its arguments.

        Raises:
            SerializationError: An argument cannot be written.
            WrongThreadError: This thread runs an event loop; use `await send(...)`.
        """
        message = SerializedHubMessage(InvocationMessage(method, args))
        self._home.call(self._lifetime.send(self._target, message), "send(...)")


class HubClients:
    """The clients of a hub."""

    __slots__ = ("_home", "_lifetime", "all")

    def __init__(self, lifetime: LifetimeManager, home: HomeLoop) -> None:
        self._lifetime = lifetime
        self._home = home
        self.all: ClientProxy = self._proxy(All())
        """Every connected client."""

    def all_except(self, connection_ids: Iterable[ConnectionId]) -> ClientProxy:
        """Select every client except those with these connection ids.

        Raises:
            LocalProtocolError: They are one string.
        """
        return self._proxy(All(_several("all_except", connection_ids)))

    def client(self, connection_id: ConnectionId) -> ClientProxy:
        """Select the client with a connection id."""
        return self._proxy(Connections((connection_id,)))

    def clients(self, connection_ids: Iterable[ConnectionId]) -> ClientProxy:
        """Select the clients with these connection ids, each once.

        Raises:
            LocalProtocolError: They are one string.
        """
        return self._proxy(Connections(_several("clients", connection_ids)))

    def group(self, name: GroupName) -> ClientProxy:
        """Select the members of a group. Names are compared with regard to case.

        Raises:
            LocalProtocolError: The name is empty.
        """
        return self._proxy(Groups((_named(name),)))

    def group_except(self, name: GroupName, connection_ids: Iterable[ConnectionId]) -> ClientProxy:
        """Select the members of a group except those with these connection ids.

        Raises:
            LocalProtocolError: The name is empty, or the ids are one string.
        """
        return self._proxy(Groups((_named(name),), _several("group_except", connection_ids)))

    def groups(self, names: Iterable[GroupName]) -> ClientProxy:
        """Select the members of these groups; a member of two of them receives twice, as with ASP.NET Core.

        Raises:
            LocalProtocolError: A name is empty, or they are one string.
        """
        return self._proxy(Groups(tuple(map(_named, _several("groups", names)))))

    def user(self, user_id: UserId) -> ClientProxy:
        """Select every connection of a user. Ids are compared with regard to case."""
        return self._proxy(Users((user_id,)))

    def users(self, user_ids: Iterable[UserId]) -> ClientProxy:
        """Select every connection of these users, each once.

        Raises:
            LocalProtocolError: They are one string.
        """
        return self._proxy(Users(_several("users", user_ids)))

    def _proxy(self, target: Target) -> ClientProxy:
        return ClientProxy(self._lifetime, self._home, target)


@final
class HubCallerClients(HubClients):
    """The clients of a hub, seen from inside one of its methods."""

    __slots__ = ("_connection_id", "caller", "others")

    def __init__(self, lifetime: LifetimeManager, home: HomeLoop, connection_id: ConnectionId) -> None:
        super().__init__(lifetime, home)
        self._connection_id = connection_id
        self.caller: ClientProxy = self.client(connection_id)
        """The client that made the call."""
        self.others: ClientProxy = self.all_except((connection_id,))
        """Every client but the one that made the call."""

    def others_in_group(self, name: GroupName) -> ClientProxy:
        """Select the members of a group except the client that made the call.

        Raises:
            LocalProtocolError: The name is empty.
        """
        return self.group_except(name, (self._connection_id,))


def _named(name: GroupName) -> GroupName:
    if not name:
        raise LocalProtocolError("Cannot send to an empty group name.")
    return name


def _several(selector: str, values: Iterable[str]) -> tuple[str, ...]:
    if isinstance(values, str):
        raise LocalProtocolError(
            f"{selector}(...) takes several names, in a list for example, and not the string {values!r}."
        )
    return tuple(values)
