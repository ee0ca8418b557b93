"""Writing messages as JSON, members in the reference's order and absent ones left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import UNSET, Struct, UnsetType

from signalr_py.protocol.framing import RECORD_SEPARATOR
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

__all__ = ["JsonWriter"]

_PING: Final = b'{"type":6}' + RECORD_SEPARATOR


class _Invocation(Struct, tag_field="type", tag=1, rename="camel", gc=False):
    headers: dict[str, str] | UnsetType
    invocation_id: str | UnsetType
    target: str
    arguments: Any
    stream_ids: tuple[str, ...] | UnsetType


class _StreamItem(Struct, tag_field="type", tag=2, rename="camel", gc=False):
    headers: dict[str, str] | UnsetType
    invocation_id: str
    item: Any


class _Completion(Struct, tag_field="type", tag=3, rename="camel", gc=False):
    headers: dict[str, str] | UnsetType
    invocation_id: str
    error: str | UnsetType
    result: Any


class _StreamInvocation(Struct, tag_field="type", tag=4, rename="camel", gc=False):
    headers: dict[str, str] | UnsetType
    invocation_id: str
    target: str
    arguments: Any
    stream_ids: tuple[str, ...] | UnsetType


class _CancelInvocation(Struct, tag_field="type", tag=5, rename="camel", gc=False):
    headers: dict[str, str] | UnsetType
    invocation_id: str


class _Close(Struct, tag_field="type", tag=7, rename="camel", gc=False):
    error: str | UnsetType
    allow_reconnect: bool | UnsetType


class _Ack(Struct, tag_field="type", tag=8, rename="camel", gc=False):
    sequence_id: int


class _Sequence(Struct, tag_field="type", tag=9, rename="camel", gc=False):
    sequence_id: int


class JsonWriter:
    """Writes messages; every value in them goes through one payload codec."""

    __slots__ = ("_encode", "_prepare", "_writers")

    def __init__(self, payload: PayloadCodec) -> None:
        """Choose how values are written."""
        self._encode = payload.encode
        self._prepare = payload.prepare
        self._writers: dict[type, Callable[[Any], bytes]] = {
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
        writer = self._writers.get(type(message))
        if writer is None:
            raise TypeError("messages of this type are never sent")
        return writer(message)

    def _invocation(self, message: InvocationMessage) -> bytes:
        arguments = message.arguments if self._prepare is None else self._prepare(message.arguments)
        wire = _Invocation(
            message.headers or UNSET,
            message.invocation_id or UNSET,
            message.target,
            arguments,
            message.stream_ids or UNSET,
        )
        return self._encode(wire) + RECORD_SEPARATOR

    def _stream_invocation(self, message: StreamInvocationMessage) -> bytes:
        arguments = message.arguments if self._prepare is None else self._prepare(message.arguments)
        wire = _StreamInvocation(
            message.headers or UNSET, message.invocation_id, message.target, arguments, message.stream_ids or UNSET
        )
        return self._encode(wire) + RECORD_SEPARATOR

    def _stream_item(self, message: StreamItemMessage) -> bytes:
        item = message.item if self._prepare is None else self._prepare(message.item)
        return self._encode(_StreamItem(message.headers or UNSET, message.invocation_id, item)) + RECORD_SEPARATOR

    def _completion(self, message: CompletionMessage) -> bytes:
        result: Any = UNSET
        if message.has_result and not message.error:
            result = message.result if self._prepare is None else self._prepare(message.result)
        wire = _Completion(message.headers or UNSET, message.invocation_id, message.error or UNSET, result)
        return self._encode(wire) + RECORD_SEPARATOR

    def _cancel_invocation(self, message: CancelInvocationMessage) -> bytes:
        return self._encode(_CancelInvocation(message.headers or UNSET, message.invocation_id)) + RECORD_SEPARATOR

    def _ping(self, _: PingMessage) -> bytes:
        return _PING

    def _close(self, message: CloseMessage) -> bytes:
        error = UNSET if message.error is None else message.error
        return self._encode(_Close(error, message.allow_reconnect or UNSET)) + RECORD_SEPARATOR

    def _ack(self, message: AckMessage) -> bytes:
        return self._encode(_Ack(message.sequence_id)) + RECORD_SEPARATOR

    def _sequence(self, message: SequenceMessage) -> bytes:
        return self._encode(_Sequence(message.sequence_id)) + RECORD_SEPARATOR
