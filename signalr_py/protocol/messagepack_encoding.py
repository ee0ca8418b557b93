"""Writing messages as MessagePack: one array each, its length in front."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from signalr_py.protocol.framing import length_prefixed
from signalr_py.protocol.message_writer import MessageWriter

if TYPE_CHECKING:
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
    from signalr_py.protocol.payload import PayloadCodec

__all__ = ["MessagePackWriter"]

_ERROR: Final = 1
_VOID: Final = 2
_RESULT: Final = 3


class MessagePackWriter(MessageWriter):
    """Makes an array of each message."""

    __slots__ = ()

    def __init__(self, payload: PayloadCodec) -> None:
        """Choose how values are written."""
        super().__init__(payload, length_prefixed)

    def _invocation(self, message: InvocationMessage) -> tuple[Any, ...]:
        headers, invocation_id = message.headers or {}, message.invocation_id or None
        return 1, headers, invocation_id, message.target, self._prepared(message.arguments), message.stream_ids

    def _stream_invocation(self, message: StreamInvocationMessage) -> tuple[Any, ...]:
        headers, arguments = message.headers or {}, self._prepared(message.arguments)
        return 4, headers, message.invocation_id, message.target, arguments, message.stream_ids

    def _stream_item(self, message: StreamItemMessage) -> tuple[Any, ...]:
        return 2, message.headers or {}, message.invocation_id, self._prepared(message.item)

    def _completion(self, message: CompletionMessage) -> tuple[Any, ...]:
        head = (3, message.headers or {}, message.invocation_id)
        if message.error is not None:
            return *head, _ERROR, message.error
        if message.has_result:
            return *head, _RESULT, self._prepared(message.result)
        return *head, _VOID

    def _cancel_invocation(self, message: CancelInvocationMessage) -> tuple[Any, ...]:
        return 5, message.headers or {}, message.invocation_id

    def _ping(self, _: PingMessage) -> tuple[Any, ...]:
        return (6,)

    def _close(self, message: CloseMessage) -> tuple[Any, ...]:
        return 7, message.error, message.allow_reconnect

    def _ack(self, message: AckMessage) -> tuple[Any, ...]:
        return 8, message.sequence_id

    def _sequence(self, message: SequenceMessage) -> tuple[Any, ...]:
        return 9, message.sequence_id
