"""What one client is sent, and for how long: the side of a connection that everybody writes to."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from signalr_py.hub.handler import HubConnectionHandler
    from signalr_py.hub.reconnection import Output
    from signalr_py.protocol.base import HubProtocol
    from signalr_py.protocol.messages import CompletionMessage, StreamItemMessage
    from signalr_py.protocol.serialized import SerializedHubMessage
    from signalr_py.types import ConnectionId, UserId

__all__ = ["ConnectionState", "OutgoingMessages"]


class ConnectionState(enum.Enum):
    """How far a connection has come."""

    HANDSHAKE = enum.auto()
    CONNECTING = enum.auto()
    OPEN = enum.auto()
    CLOSING = enum.auto()
    CLOSED = enum.auto()


class OutgoingMessages:
    """Writes the messages of one client while its connection is open; satisfies `Receiver`.

    Attributes:
        connection_id: Public id of the connection.
        user_id: Its user, if there is one.
        protocol: The hub protocol that the client speaks, once the handshake is finished.
        protocol_name: Name of it.
        is_open: Whether what is written still goes to the client.
        takes_messages: Whether the messages of the client are looked at.
    """

    __slots__ = (
        "_handler",
        "_output",
        "_state",
        "connection_id",
        "is_open",
        "protocol",
        "protocol_name",
        "takes_messages",
        "user_id",
    )

    def __init__(self, connection_id: ConnectionId, output: Output, handler: HubConnectionHandler) -> None:
        self.connection_id: ConnectionId = connection_id
        self.user_id: UserId | None = None
        self.protocol: HubProtocol
        self.protocol_name: str
        self._output = output
        self._handler = handler
        self._enter(ConnectionState.HANDSHAKE)

    def prepare(self, message: SerializedHubMessage) -> None:
        """Encode a message in this connection's protocol."""
        message.encoded(self.protocol)

    def write(self, message: SerializedHubMessage) -> bool:
        """Write a message; dropped once the connection is closing. Returns whether the client keeps up."""
        data = message.encodings.get(self.protocol_name) or message.encoded(self.protocol)
        delivery = message.delivery or self._handler.delivery
        return not self.is_open or self._output.write(data, delivery)

    async def drain(self) -> None:
        """Wait until the client has taken enough."""
        await self._output.drain()

    def send(self, message: StreamItemMessage | CompletionMessage) -> bool:
        """Write what belongs to one call of the client; dropped once the connection is closing.

        Returns:
            Whether the client keeps up.

        Raises:
            SerializationError: A value in it cannot be written.
        """
        return not self.is_open or self._output.write(self.protocol.encode(message))

    def _enter(self, state: ConnectionState) -> None:
        """Go on to a state."""
        self._state = state
        self.is_open: bool = state is ConnectionState.CONNECTING or state is ConnectionState.OPEN
        self.takes_messages: bool = state is ConnectionState.OPEN
