"""A hub protocol put together from its parts: a codec for values, a writer of messages, a frame reader."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from signalr_py.protocol.message_writer import never_sent

if TYPE_CHECKING:
    from collections.abc import Callable

    from signalr_py.protocol.base import ArgumentsDecoder, FrameReader, Parameters, ValueDecoder
    from signalr_py.protocol.message_writer import MessageWriter
    from signalr_py.protocol.messages import HubMessage

__all__ = ["ComposedHubProtocol"]


class ComposedHubProtocol:
    """What the hub protocols have in common, all but the decoding; one object serves any number of connections."""

    def __init__(self, writer: MessageWriter, frame_reader: Callable[[int | None], FrameReader]) -> None:
        """Put a protocol together.

        Args:
            writer: Writes messages, and knows the codec for the values in them.
            frame_reader: Makes a reader for one connection, given the most bytes that a message may have.
        """
        self._payload = writer.payload
        self._writers = writer.by_type
        self._frame_reader = frame_reader

    def frame_reader(self, maximum_size: int | None) -> FrameReader:
        """Return a reader for one connection; `maximum_size` counts a message with its separator or length in bytes."""
        return self._frame_reader(maximum_size)

    def encode(self, message: HubMessage) -> bytes:
        """Return the bytes of a message, framed.

        Raises:
            SerializationError: A value in it cannot be written.
        """
        try:
            return self._writers.get(type(message), never_sent)(message)
        except Exception as exc:  # a value may raise anything while it is written
            raise self._payload.refusal(message, exc) from exc

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
