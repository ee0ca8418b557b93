"""The MessagePack hub protocol: one array per message, its length in front."""

from __future__ import annotations

from typing import Final

from signalr_py.options import MessagePackPayload
from signalr_py.protocol import messagepack_decoding
from signalr_py.protocol.composed import ComposedHubProtocol
from signalr_py.protocol.framing import LengthPrefixedFrameReader
from signalr_py.protocol.messagepack_encoding import MessagePackWriter
from signalr_py.protocol.payload import messagepack_codec
from signalr_py.types import TransferFormat

__all__ = ["MessagePackHubProtocol"]


class MessagePackHubProtocol(ComposedHubProtocol):
    """Hub messages as binary MessagePack."""

    name: Final = "messagepack"
    transfer_format: Final = TransferFormat.BINARY
    decode: Final = staticmethod(messagepack_decoding.decode)

    def __init__(self, payload: MessagePackPayload | None = None) -> None:
        """Choose how values are spelled; None for the defaults of `MessagePackPayload`."""
        codec = messagepack_codec(payload or MessagePackPayload())
        super().__init__(MessagePackWriter(codec), LengthPrefixedFrameReader)
