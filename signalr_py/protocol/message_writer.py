"""Writing messages: what becomes of each is up to the protocol, the rest is the same in all."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from signalr_py.protocol.messages import (
    AckMessage,
    CancelInvocationMessage,
    CloseMessage,
    CompletionMessage,
    InvocationMessage,
    PingMessage,
    SequenceMessage,
    StreamInvocationMessage,
    StreamItemMessage,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from signalr_py.protocol.messages import HubMessage
    from signalr_py.protocol.payload import PayloadCodec

__all__ = ["MessageWriter"]


class MessageWriter(ABC):
    """Writes messages; every value in them goes through one payload codec.

    For each type of message a method returns what the codec encodes for it.
    """

    __slots__ = ("_encode", "_frame", "_prepare", "_shapes", "payload")

    def __init__(self, payload: PayloadCodec, frame: Callable[[bytes], bytes]) -> None:
        """Choose how values are written, and how the bytes of a message are told from those of the next."""
        self.payload: PayloadCodec = payload
        self._encode = payload.encode
        self._prepare = payload.prepare
        self._frame = frame
        self._shapes: dict[type, Callable[[Any], Any]] = {
            InvocationMessage: self._invocation,
            StreamItemMessage: self._stream_item,
            CompletionMessage: self._completion,
            StreamInvocationMessage: self._stream_invocation,
            CancelInvocationMessage: self._cancel_invocation,
            PingMessage: self._ping,
            CloseMessage: self._close,
            AckMessage: self._ack,
            SequenceMessage: self._sequence,
        }

    def write(self, message: HubMessage) -> bytes:
        """Return the framed bytes of a message.

        Raises:
            TypeError: Messages of this type are never sent.
            Exception: Whatever the encoder raises for a value that cannot be written.
        """
        shape = self._shapes.get(type(message))
        if shape is None:
            raise TypeError("messages of this type are never sent")
        return self._frame(self._encode(shape(message)))

    def _prepared(self, value: Any) -> Any:
        return value if self._prepare is None else self._prepare(value)

    @abstractmethod
    def _invocation(self, message: InvocationMessage) -> Any: ...

    @abstractmethod
    def _stream_item(self, message: StreamItemMessage) -> Any: ...

    @abstractmethod
    def _completion(self, message: CompletionMessage) -> Any: ...

    @abstractmethod
    def _stream_invocation(self, message: StreamInvocationMessage) -> Any: ...

    @abstractmethod
    def _cancel_invocation(self, message: CancelInvocationMessage) -> Any: ...

    @abstractmethod
    def _ping(self, message: PingMessage) -> Any: ...

    @abstractmethod
    def _close(self, message: CloseMessage) -> Any: ...

    @abstractmethod
    def _ack(self, message: AckMessage) -> Any: ...

    @abstractmethod
    def _sequence(self, message: SequenceMessage) -> Any: ...
