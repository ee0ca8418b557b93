"""What a hub protocol is: bytes to messages and back, with the types asked from a binder."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from msgspec import Raw, Struct

if TYPE_CHECKING:
    from signalr_py.protocol.messages import HubMessage
    from signalr_py.types import TransferFormat

__all__ = ["ArgumentsDecoder", "FrameReader", "HubProtocol", "InvocationBinder", "Parameters", "ValueDecoder"]


class Parameters(Struct, frozen=True):
    """The arguments that a hub method takes from the wire.

    Attributes:
        types: Types of the named parameters, in wire order.
        required: How many of them must be sent; the others have defaults.
        variadic: Type of each further argument (`*args`), when `accepts_more`.
        accepts_more: Whether further arguments are welcome.
    """

    types: tuple[Any, ...]
    required: int
    variadic: Any = Any
    accepts_more: bool = False


ArgumentsDecoder: TypeAlias = Callable[[Raw], tuple[Any, ...]]
"""Reads the array of arguments of one call; raises `BindingError`."""

ValueDecoder: TypeAlias = Callable[[Raw], Any]
"""Reads one value; raises `BindingError`."""


class InvocationBinder(Protocol):
    """Knows which types the values of a message have; the reference's `IInvocationBinder`."""

    def arguments_decoder(self, target: str, /) -> ArgumentsDecoder:
        """Return the decoder for calls of `target`.

        Raises:
            HubException: No such method; the text may reach the caller.
        """
        ...

    def result_decoder(self, invocation_id: str) -> ValueDecoder | None:
        """Return the decoder for the result of a call that the server made, or None when nobody waits for it."""
        ...

    def item_decoder(self, stream_id: str) -> ValueDecoder | None:
        """Return the decoder for the items of an uploaded stream, or None when there is no such stream."""
        ...


class FrameReader(Protocol):
    """Cuts the bytes of one connection into messages; any chunking gives the same frames."""

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the connection."""
        ...

    def next_frame(self, data: bytes = b"") -> bytes | None:
        """Return the next whole message without its separator or length, or None when more bytes are needed.

        Args:
            data: The next bytes of the connection, if any have come.

        Raises:
            RemoteProtocolError: The message is larger than allowed, or its length makes no sense. Frames in front of it
                were returned before.
        """
        ...

    @property
    def is_exhausted(self) -> bool:
        """Whether it is clear by now that `next_frame` would return None."""
        ...

    @property
    def buffered(self) -> int:
        """How many bytes wait for the rest of their message."""
        ...


class HubProtocol(Protocol):
    """One encoding of hub messages."""

    @property
    def name(self) -> str:
        """The name in the handshake, `json` or `messagepack`."""
        ...

    @property
    def transfer_format(self) -> TransferFormat:
        """What a transport must carry for this encoding."""
        ...

    def frame_reader(self, maximum_size: int | None) -> FrameReader:
        """Return a reader for one connection; `maximum_size` counts a message with its separator or length in bytes."""
        ...

    def encode(self, message: HubMessage) -> bytes:
        """Return the bytes of a message, framed.

        Raises:
            SerializationError: A value in it cannot be written.
        """
        ...

    def decode(self, frame: bytes, binder: InvocationBinder) -> HubMessage | None:
        """Return the message in a frame, or None for one of an unknown type.

        Raises:
            RemoteProtocolError: The frame is not a hub message.
        """
        ...

    def arguments_decoder(self, parameters: Parameters) -> ArgumentsDecoder:
        """Return the decoder for the arguments of one method; made at start-up, called once per call."""
        ...

    def value_decoder(self, annotation: Any) -> ValueDecoder:
        """Return the decoder for one value of a type."""
        ...
