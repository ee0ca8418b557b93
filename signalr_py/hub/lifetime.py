"""The one door through which every message to clients goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, final

from signalr_py.exceptions import ClientDisconnectedError
from signalr_py.hub.broadcasting import Broadcasts
from signalr_py.hub.client_results import ClientResults, disconnected
from signalr_py.hub.registry import ConnectionRegistry, Registered
from signalr_py.hub.targets import Connections
from signalr_py.protocol.serialized import SerializedHubMessage
from signalr_py.types import MUST_ARRIVE

if TYPE_CHECKING:
    from signalr_py.hub.client_results import ClientCall
    from signalr_py.hub.targets import Target
    from signalr_py.protocol.base import HubProtocol
    from signalr_py.types import ConnectionId, GroupName

__all__ = ["LifetimeManager", "LocalLifetimeManager", "Receiver"]


class Receiver(Registered, Protocol):
    """A connection that messages can be written to."""

    @property
    def protocol_name(self) -> str:
        """The hub protocol that it speaks."""
        ...

    @property
    def protocol(self) -> HubProtocol:
        """That hub protocol itself."""
        ...

    @property
    def is_open(self) -> bool:
        """Whether the client can still be reached: the connection is not closing."""
        ...

    def prepare(self, message: SerializedHubMessage) -> None:
        """Encode a message in this connection's protocol.

        Raises:
            SerializationError: A value in it cannot be written.
        """
        ...

    def write(self, message: SerializedHubMessage) -> bool:
        """Write a message; a plain call. Returns whether the client keeps up."""
        ...

    async def drain(self) -> None:
        """Wait until the client has taken enough."""
        ...


class LifetimeManager(Protocol):
    """Knows which connections are where, and delivers messages to targets; the reference's `HubLifetimeManager`.

    Delivery is at most once. Messages of one sender to one receiver keep their order.
    """

    @property
    def results(self) -> ClientResults:
        """The calls of clients that wait for an answer."""
        ...

    def connected(self, connection: Receiver) -> None:
        """Make a connection reachable."""
        ...

    def disconnected(self, connection: Receiver) -> None:
        """Forget a connection with its groups."""
        ...

    async def join(self, connection_id: ConnectionId, group: GroupName) -> None:
        """Put a connection into a group; an unknown connection is ignored."""
        ...

    async def leave(self, connection_id: ConnectionId, group: GroupName) -> None:
        """Take a connection out of a group; an unknown connection is ignored."""
        ...

    async def send(self, target: Target, message: SerializedHubMessage) -> None:
        """Deliver a message.

        For a single connection it waits while that client is slow; otherwise it never waits for a client. Messages to
        many are seen in one order by all of them.

        Raises:
            SerializationError: A value in the message cannot be written; nobody has received it.
        """
        ...

    async def invoke(self, connection_id: ConnectionId, call: ClientCall) -> Any:
        """Call a method of one client and return what it answers.

        When the calling task is cancelled, the client is not told, and its answer is ignored.

        Raises:
            HubException: The client answered with an error, with nothing, or with what does not fit the type.
            ClientDisconnectedError: The client left, or there is no such connection.
            ClientResultTimeoutError: The client did not answer in time.
            SerializationError: An argument cannot be written; the client has received nothing.
            HubDefinitionError: Values of the result type cannot be read.
            LocalProtocolError: The time limit is not a number above 0.
        """
        ...


@final
class LocalLifetimeManager:
    """The connections of this process.

    Attributes:
        registry: The connections, by id, group and user.
        results: The calls of them that wait for an answer.
    """

    def __init__(self) -> None:
        self.registry: ConnectionRegistry[Receiver] = ConnectionRegistry()
        self.results: ClientResults = ClientResults()
        self._broadcasts = Broadcasts()
        self._speakers: dict[str, set[Receiver]] = {}

    def connected(self, connection: Receiver) -> None:
        """Make a connection reachable."""
        self.registry.add(connection)
        self._speakers.setdefault(connection.protocol_name, set()).add(connection)

    def disconnected(self, connection: Receiver) -> None:
        """Forget a connection with its groups, and fail the calls that it has not answered."""
        self.results.connection_ended(connection.connection_id)
        self.registry.remove(connection)
        self._speakers.get(connection.protocol_name, set()).discard(connection)

    async def join(self, connection_id: ConnectionId, group: GroupName) -> None:
        """Put a connection into a group."""
        self.registry.join(connection_id, group)

    async def leave(self, connection_id: ConnectionId, group: GroupName) -> None:
        """Take a connection out of a group."""
        self.registry.leave(connection_id, group)

    async def send(self, target: Target, message: SerializedHubMessage) -> None:
        """Deliver a message; see `LifetimeManager.send`."""
        if type(target) is Connections and len(target.ids) == 1:
            connection = self.registry.get(target.ids[0])
            if connection is None:
                return
            if message.delivery is not None and message.delivery.policy == "wait":
                await connection.drain()
                connection.write(message)
            elif not connection.write(message):
                await connection.drain()
            return
        for speakers in self._speakers.values():
            for speaker in speakers:
                speaker.prepare(message)
                break
        await self._broadcasts.send(message, self.registry.select(target))

    async def invoke(self, connection_id: ConnectionId, call: ClientCall) -> Any:
        """Call a method of one client; see `LifetimeManager.invoke`."""
        connection = self.registry.get(connection_id)
        if connection is None:
            raise ClientDisconnectedError(f"Connection '{connection_id}' does not exist.")
        if not connection.is_open:
            raise disconnected(connection_id)
        self.results.decoder(connection.protocol, call.result_type)
        with self.results.expect(connection_id, call) as pending:
            connection.write(SerializedHubMessage(pending.message, MUST_ARRIVE))
            return await pending.value()
