"""Selecting the clients of a hub."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, cast, final, overload

from signalr_py.exceptions import LocalProtocolError
from signalr_py.hub.proxies import ClientProxy, SingleClientProxy
from signalr_py.hub.targets import All, Connections, Groups, Users

if TYPE_CHECKING:
    from collections.abc import Iterable

    from signalr_py.hub.lifetime import LifetimeManager
    from signalr_py.hub.targets import Target
    from signalr_py.hub.threads import HomeLoop
    from signalr_py.hub.typed_clients import TypedClients
    from signalr_py.types import ConnectionId, GroupName, UserId

__all__ = ["ClientT", "HubCallerClients", "HubClients"]

if TYPE_CHECKING:
    from typing_extensions import TypeVar as TypeVarWithDefault

    ClientT = TypeVarWithDefault("ClientT", default=ClientProxy)
    AnyClientT = TypeVar("AnyClientT")

    class Caller(Protocol):
        """What `clients.caller` is: a `SingleClientProxy`, or a typed client."""

        @overload
        def __get__(self, instance: HubCallerClients[ClientProxy], owner: type[Any], /) -> SingleClientProxy: ...

        @overload
        def __get__(self, instance: HubCallerClients[AnyClientT], owner: type[Any], /) -> AnyClientT: ...

        def __set__(self, instance: HubCallerClients[Any], value: Any, /) -> None: ...

else:
    ClientT = TypeVar("ClientT")


class HubClients(Generic[ClientT]):
    """The clients of a hub: selectors, each of which returns a `ClientProxy`, or a typed client of `Hub[...]`."""

    __slots__ = ("_home", "_lifetime", "_typed", "all")

    def __init__(self, lifetime: LifetimeManager, home: HomeLoop, typed: TypedClients[ClientT] | None = None) -> None:
        self._lifetime = lifetime
        self._home = home
        self._typed = typed
        self.all: ClientT = self._many(All())
        """Every connected client."""

    def all_except(self, connection_ids: Iterable[ConnectionId]) -> ClientT:
        """Select every client except those with these connection ids.

        Raises:
            LocalProtocolError: They are one string.
        """
        return self._many(All(_several("all_except", connection_ids)))

    @overload
    def client(self: HubClients[ClientProxy], connection_id: ConnectionId) -> SingleClientProxy: ...

    @overload
    def client(self, connection_id: ConnectionId) -> ClientT: ...

    def client(self, connection_id: ConnectionId) -> Any:
        """Select the client with a connection id; it can also be asked for an answer."""
        return self._single(connection_id)

    def clients(self, connection_ids: Iterable[ConnectionId]) -> ClientT:
        """Select the clients with these connection ids, each once.

        Raises:
            LocalProtocolError: They are one string.
        """
        return self._many(Connections(_several("clients", connection_ids)))

    def group(self, name: GroupName) -> ClientT:
        """Select the members of a group. Names are compared with regard to case.

        Raises:
            LocalProtocolError: The name is empty.
        """
        return self._many(Groups((_named(name),)))

    def group_except(self, name: GroupName, connection_ids: Iterable[ConnectionId]) -> ClientT:
        """Select the members of a group except those with these connection ids.

        Raises:
            LocalProtocolError: The name is empty, or the ids are one string.
        """
        return self._many(Groups((_named(name),), _several("group_except", connection_ids)))

    def groups(self, names: Iterable[GroupName]) -> ClientT:
        """Select the members of these groups; a member of two of them receives twice, as with ASP.NET Core.

        Raises:
            LocalProtocolError: A name is empty, or they are one string.
        """
        return self._many(Groups(tuple(map(_named, _several("groups", names)))))

    def user(self, user_id: UserId) -> ClientT:
        """Select every connection of a user. Ids are compared with regard to case."""
        return self._many(Users((user_id,)))

    def users(self, user_ids: Iterable[UserId]) -> ClientT:
        """Select every connection of these users, each once.

        Raises:
            LocalProtocolError: They are one string.
        """
        return self._many(Users(_several("users", user_ids)))

    def _many(self, target: Target) -> ClientT:
        proxy = ClientProxy(self._lifetime, self._home, target)
        return cast("ClientT", proxy) if self._typed is None else self._typed.many(proxy)

    def _single(self, connection_id: ConnectionId) -> SingleClientProxy | ClientT:
        proxy = SingleClientProxy(self._lifetime, self._home, connection_id)
        return proxy if self._typed is None else self._typed.single(proxy)


@final
class HubCallerClients(HubClients[ClientT]):
    """The clients of a hub, seen from inside one of its methods."""

    if TYPE_CHECKING:
        caller: Caller
        """The client that made the call; it can also be asked for an answer."""
    else:
        __slots__ = ("_connection_id", "caller", "others")

    def __init__(
        self,
        lifetime: LifetimeManager,
        home: HomeLoop,
        connection_id: ConnectionId,
        typed: TypedClients[ClientT] | None = None,
    ) -> None:
        super().__init__(lifetime, home, typed)
        self._connection_id = connection_id
        self.caller = self._single(connection_id)
        self.others: ClientT = self.all_except((connection_id,))
        """Every client but the one that made the call."""

    def others_in_group(self, name: GroupName) -> ClientT:
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
