"""One message for many connections, encoded once for each hub protocol in use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signalr_py.exceptions import LocalProtocolError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from signalr_py.protocol.base import HubProtocol
    from signalr_py.protocol.messages import HubMessage
    from signalr_py.types import Delivery

__all__ = ["SerializedHubMessage"]


class SerializedHubMessage:
    """A message and its bytes in each hub protocol that has asked for them.

    Attributes:
        delivery: How slow clients are treated; None for what the hub's options say.
        encodings: The encodings that exist so far, by name of the hub protocol.
    """

    __slots__ = ("_message", "delivery", "encodings")

    def __init__(self, message: HubMessage, delivery: Delivery | None = None) -> None:
        """Hold a message; nothing is encoded until somebody asks."""
        self.delivery: Delivery | None = delivery
        self._message: HubMessage | None = message
        self.encodings: dict[str, bytes] = {}

    @classmethod
    def from_encodings(cls, encodings: Mapping[str, bytes], delivery: Delivery | None = None) -> SerializedHubMessage:
        """Hold a message that came encoded, from another process.

        Args:
            encodings: Its framed bytes, by name of the hub protocol.
            delivery: How slow clients are treated; None for what the hub's options say.
        """
        serialized = cls.__new__(cls)
        serialized.delivery = delivery
        serialized._message = None
        serialized.encodings = dict(encodings)
        return serialized

    @property
    def message(self) -> HubMessage | None:
        """The message, or None when it came encoded."""
        return self._message

    def encoded(self, protocol: HubProtocol) -> bytes:
        """Return the framed bytes of the message in a hub protocol.

        Raises:
            SerializationError: A value in the message cannot be written.
            LocalProtocolError: The message came encoded, and not in this protocol.
        """
        data = self.encodings.get(protocol.name)
        if data is None:
            if self._message is None:
                raise LocalProtocolError(
                    f"A message came encoded for {sorted(self.encodings)} and not for '{protocol.name}': "
                    "let HubOptions(supported_protocols=...) be the same in every process."
                )
            data = self.encodings[protocol.name] = protocol.encode(self._message)
        return data
