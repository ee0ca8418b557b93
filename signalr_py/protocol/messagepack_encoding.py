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

__all__ = ["MessagePackWriter"]

_ERROR: Final = 1
_VOID: Final = 2
_RESULT: Final = 3


class MessagePackWriter(MessageWriter):
    """Makes an array of each message."""

    __slots__ = ()

    def _invocation(self, message: InvocationMessage) -> bytes:
        headers, invocation_id = message.headers or {}, message.invocation_id or None
        arguments = self._prepared(message.arguments)
        return self._framed((1, headers, invocation_id, message.target, arguments, message.stream_ids))

    def _stream_invocation(self, message: StreamInvocationMessage) -> bytes:
        headers, arguments = message.headers or {}, self._prepared(message.arguments)
        return self._framed((4, headers, message.invocation_id, message.target, arguments, message.stream_ids))

    def _stream_item(self, message: StreamItemMessage) -> bytes:
        return self._framed((2, message.headers or {}, message.invocation_id, self._prepared(message.item)))

    def _completion(self, message: CompletionMessage) -> bytes:
        headers, invocation_id = message.headers or {}, message.invocation_id
        if message.error is not None:
            return self._framed((3, headers, invocation_id, _ERROR, message.error))
        if message.has_result:
            return self._framed((3, headers, invocation_id, _RESULT, self._prepared(message.result)))
        return self._framed((3, headers, invocation_id, _VOID))

    def _cancel_invocation(self, message: CancelInvocationMessage) -> bytes:
        return self._framed((5, message.headers or {}, message.invocation_id))

    def _ping(self, _: PingMessage) -> bytes:
        return self._framed((6,))

    def _close(self, message: CloseMessage) -> bytes:
        return self._framed((7, message.error, message.allow_reconnect))

    def _ack(self, message: AckMessage) -> bytes:
        return self._framed((8, message.sequence_id))

    def _sequence(self, message: SequenceMessage) -> bytes:
        return self._framed((9, message.sequence_id))

    def _framed(self, items: tuple[Any, ...]) -> bytes:
        return length_prefixed(self._encode(items))
