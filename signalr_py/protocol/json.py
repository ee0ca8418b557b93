"""The JSON hub protocol: one object per message, ended by a record separator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from signalr_py.options import JsonPayload
from signalr_py.protocol.framing import TextFrameReader
from signalr_py.protocol.json_decoding import decode
from signalr_py.protocol.json_encoding import JsonWriter
from signalr_py.protocol.payload import json_codec
from signalr_py.types import TransferFormat

if TYPE_CHECKING:
    from signalr_py.protocol.base import ArgumentsDecoder, InvocationBinder, Parameters, ValueDecoder
    from signalr_py.protocol.messages import HubMessage

__all__ = ["JsonHubProtocol"]


class JsonHubProtocol:
    """Hub messages as JSON text.

    One object serves any number of connections.
    """

    name: Final = "json"
    transfer_format: Final = TransferFormat.TEXT

    def __init__(self, payload: JsonPayload | None = None) -> None:
        """Choose how values are spelled; None for the defaults of `JsonPayload`."""
        self._payload = json_codec(payload or JsonPayload())
        self._writer = JsonWriter(self._payload)

    def frame_reader(self, maximum_size: int | None) -> TextFrameReader:
        """Return a reader for one connection; `maximum_size` counts a message with its separator in bytes."""
        return TextFrameReader(maximum_size)

    def encode(self, message: HubMessage) -> bytes:
        """Return the bytes of a message with its separator.

        Raises:
            SerializationError: A value in it cannot be written.
        """
        try:
            return self._writer.write(message)
        except Exception as exc:  # a value may raise anything while it is written
            raise self._payload.refusal(message, exc) from exc

    def decode(self, frame: bytes, binder: InvocationBinder) -> HubMessage | None:
        """Return the message in a frame, or None for one of an unknown type.

        Raises:
            RemoteProtocolError: The frame is not a hub message.
        """
        return decode(frame, binder)

    def arguments_decoder(self, parameters: Parameters) -> ArgumentsDecoder:
        """Return the decoder for the arguments of one method.

        Raises:
            HubDefinitionError: A parameter has a type that cannot be read.
        """
        return self._payload.arguments_decoder(parameters)

    def value_decoder(self, annotation: Any) -> ValueDecoder:
        """Return the decoder for one value of a type.

        Raises:
            HubDefinitionError: Values of this type cannot be read.
        """
        return self._payload.value_decoder(annotation)
