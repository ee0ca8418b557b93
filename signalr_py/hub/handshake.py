"""The first phase of a connection: which hub protocol the client speaks, and who it is."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, final

from msgspec import Struct

from signalr_py.exceptions import RemoteProtocolError, SignalRError
from signalr_py.hub import texts
from signalr_py.protocol.base import HubProtocol
from signalr_py.protocol.handshake import HIGHEST_VERSION, HandshakeReader, HandshakeSizeError
from signalr_py.types import UserId

if TYPE_CHECKING:
    from collections.abc import Mapping

    from signalr_py.hub.handler import HubConnectionHandler
    from signalr_py.protocol.handshake import HandshakeRequest
    from signalr_py.transports.base import Duplex
    from signalr_py.types import TransferFormat

__all__ = ["AcceptedHandshake", "Handshake", "HandshakeRefusedError", "RefusedHandshake", "negotiate_protocol"]

_log = logging.getLogger("signalr_py.hub")


class HandshakeRefusedError(SignalRError):
    """The handshake can be read, and asks for what is not served; the text is for the client."""


class AcceptedHandshake(Struct, frozen=True):
    """The handshake has succeeded.

    Attributes:
        protocol: The hub protocol that the client speaks.
        version: The version of it.
        user_id: Its user.
        remainder: The bytes behind the request, which are the first messages.
    """

    protocol: HubProtocol
    version: int
    user_id: UserId | None
    remainder: bytes


class RefusedHandshake(Struct, frozen=True):
    """The handshake has failed; `text` is for the client."""

    text: str


@final
class Handshake:
    """Takes the first bytes of one connection until it is clear how they are to be answered."""

    def __init__(self, duplex: Duplex, handler: HubConnectionHandler) -> None:
        self._duplex = duplex
        self._handler = handler
        self._reader = HandshakeReader(handler.options.maximum_receive_message_size)

    def feed(self, data: bytes) -> AcceptedHandshake | RefusedHandshake | None:
        """Take the next bytes and return how the handshake ends, or None when more bytes are needed."""
        handler = self._handler
        try:
            request = self._reader.feed(data)
            if request is None:
                return None
            protocol = negotiate_protocol(request, handler.protocols, self._duplex.supported_formats)
        except HandshakeRefusedError as error:
            return self._refused(error, str(error))
        except HandshakeSizeError as error:
            return self._refused(error, texts.HANDSHAKE_CANCELED)
        except RemoteProtocolError as error:
            return self._refused(error, handler.dispatcher.describe(texts.HANDSHAKE_FAILED, error))
        try:
            user_id = handler.user_id(self._duplex.request)
        except Exception as error:  # noqa: BLE001 - the application's code
            _log.exception("Finding the user of connection %s failed.", self._duplex.connection_id)
            return RefusedHandshake(handler.dispatcher.describe(texts.HANDSHAKE_FAILED, error))
        return AcceptedHandshake(protocol, request.version, user_id, self._reader.remainder)

    def _refused(self, error: SignalRError, text: str) -> RefusedHandshake:
        _log.info("The handshake of connection %s is refused.", self._duplex.connection_id)
        _log.debug("The handshake of connection %s is refused: %s", self._duplex.connection_id, error)
        return RefusedHandshake(text)


def negotiate_protocol(
    request: HandshakeRequest, protocols: Mapping[str, HubProtocol], formats: frozenset[TransferFormat]
) -> HubProtocol:
    """Return the protocol that a client asks for; names are compared without regard to case.

    Raises:
        HandshakeRefusedError: It is unknown, too new, or does not fit the transport.
    """
    protocol = protocols.get(request.protocol.lower())
    if protocol is None:
        raise HandshakeRefusedError(texts.protocol_not_supported(request.protocol))
    if request.version > HIGHEST_VERSION:
        raise HandshakeRefusedError(texts.version_not_supported(protocol.name, request.version))
    if protocol.transfer_format not in formats:
        raise HandshakeRefusedError(texts.format_not_supported(protocol.name, protocol.transfer_format.value))
    return protocol
