"""Writing messages: the bytes of each are up to the protocol, the rest is the same in all."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, NoReturn

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
    from collections.abc import Callable, Mapping

    from signalr_py.protocol.messages import HubMessage
    from signalr_py.protocol.payload import PayloadCodec

__all__ = ["MessageWriter", "never_sent"]


class MessageWriter(ABC):
    """Writes messages; every value in them goes through one payload codec.

    Attributes:
        payload: The codec.
        by_type: What returns the framed bytes of a message of each type.
    """

    __slots__ = ("_encode", "_encode_plain", "_prepare", "by_type", "payload")

    def __init__(self, payload: PayloadCodec) -> None:
        """Choose how values are written."""
        self.payload: PayloadCodec = payload
        self._encode = payload.encode
        self._encode_plain = payload.encode_plain
        self._prepare = payload.prepare
        self.by_type: Mapping[type, Callable[[Any], bytes]] = {
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
        return self.by_type.get(type(message), never_sent)(message)

    def _prepared(self, value: Any) -> Any:
        return value if self._prepare is None else self._prepare(value)

    @abstractmethod
    def _invocation(self, message: InvocationMessage) -> bytes: ...

    @abstractmethod
    def _stream_item(self, message: StreamItemMessage) -> bytes: ...

    @abstractmethod
    def _completion(self, message: CompletionMessage) -> bytes: ...

    @abstractmethod
    def _stream_invocation(self, message: StreamInvocationMessage) -> bytes: ...

    @abstractmethod
    def _cancel_invocation(self, message: CancelInvocationMessage) -> bytes: ...

    @abstractmethod
    def _ping(self, message: PingMessage) -> bytes: ...

    @abstractmethod
    def _close(self, message: CloseMessage) -> bytes: ...

    @abstractmethod
    def _ack(self, message: AckMessage) -> bytes: ...

    @abstractmethod
    def _sequence(self, message: SequenceMessage) -> bytes: ...


def never_sent(message: object) -> NoReturn:
    """Refuse a message of another type.

    Raises:
        TypeError: Always.
    """
    raise TypeError("messages of this type are never sent")
