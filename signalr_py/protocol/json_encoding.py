"""Writing messages as JSON, members in the reference's order and absent ones left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import UNSET, Struct, UnsetType

from signalr_py.protocol.framing import RECORD_SEPARATOR
from signalr_py.protocol.message_writer import MessageWriter
from signalr_py.protocol.payload import PLAIN_KINDS

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

__all__ = ["JsonWriter"]


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


class _Ping(Struct, tag_field="type", tag=6, gc=False):
    pass


class _Close(Struct, tag_field="type", tag=7, rename="camel", gc=False):
    error: str | UnsetType
    allow_reconnect: bool | UnsetType


class _Ack(Struct, tag_field="type", tag=8, rename="camel", gc=False):
    sequence_id: int


class _Sequence(Struct, tag_field="type", tag=9, rename="camel", gc=False):
    sequence_id: int


_PING: Final = _Ping()


class JsonWriter(MessageWriter):
    """Makes an object of each message."""

    __slots__ = ()

    def _invocation(self, message: InvocationMessage) -> bytes:
        shape = _Invocation(
            message.headers or UNSET,
            message.invocation_id or UNSET,
            message.target,
            self._prepared(message.arguments),
            message.stream_ids or UNSET,
        )
        return self._encode(shape) + RECORD_SEPARATOR

    def _stream_invocation(self, message: StreamInvocationMessage) -> bytes:
        shape = _StreamInvocation(
            message.headers or UNSET,
            message.invocation_id,
            message.target,
            self._prepared(message.arguments),
            message.stream_ids or UNSET,
        )
        return self._encode(shape) + RECORD_SEPARATOR

    def _stream_item(self, message: StreamItemMessage) -> bytes:
        item = message.item
        if type(item) in PLAIN_KINDS:
            encode = self._encode_plain
        else:
            encode, item = self._encode, self._prepared(item)
        return encode(_StreamItem(message.headers or UNSET, message.invocation_id, item)) + RECORD_SEPARATOR

    def _completion(self, message: CompletionMessage) -> bytes:
        headers = message.headers or UNSET
        if message.error or not message.has_result:
            ending = _Completion(headers, message.invocation_id, message.error or UNSET, UNSET)
            return self._encode_plain(ending) + RECORD_SEPARATOR
        result = message.result
        if type(result) in PLAIN_KINDS:
            encode = self._encode_plain
        else:
            encode, result = self._encode, self._prepared(result)
        return encode(_Completion(headers, message.invocation_id, UNSET, result)) + RECORD_SEPARATOR

    def _cancel_invocation(self, message: CancelInvocationMessage) -> bytes:
        shape = _CancelInvocation(message.headers or UNSET, message.invocation_id)
        return self._encode_plain(shape) + RECORD_SEPARATOR

    def _ping(self, _: PingMessage) -> bytes:
        return self._encode_plain(_PING) + RECORD_SEPARATOR

    def _close(self, message: CloseMessage) -> bytes:
        shape = _Close(UNSET if message.error is None else message.error, message.allow_reconnect or UNSET)
        return self._encode_plain(shape) + RECORD_SEPARATOR

    def _ack(self, message: AckMessage) -> bytes:
        return self._encode_plain(_Ack(message.sequence_id)) + RECORD_SEPARATOR

    def _sequence(self, message: SequenceMessage) -> bytes:
        return self._encode_plain(_Sequence(message.sequence_id)) + RECORD_SEPARATOR
