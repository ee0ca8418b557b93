"""Writing messages as JSON, members in the reference's order and absent ones left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import UNSET, Struct, UnsetType

from signalr_py.protocol.framing import separated
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

    def __init__(self, payload: PayloadCodec) -> None:
        """Choose how values are written."""
        super().__init__(payload, separated)

    def _invocation(self, message: InvocationMessage) -> _Invocation:
        return _Invocation(
            message.headers or UNSET,
            message.invocation_id or UNSET,
            message.target,
            self._prepared(message.arguments),
            message.stream_ids or UNSET,
        )

    def _stream_invocation(self, message: StreamInvocationMessage) -> _StreamInvocation:
        return _StreamInvocation(
            message.headers or UNSET,
            message.invocation_id,
            message.target,
            self._prepared(message.arguments),
            message.stream_ids or UNSET,
        )

    def _stream_item(self, message: StreamItemMessage) -> _StreamItem:
        return _StreamItem(message.headers or UNSET, message.invocation_id, self._prepared(message.item))

    def _completion(self, message: CompletionMessage) -> _Completion:
        has_result = message.has_result and not message.error
        result = self._prepared(message.result) if has_result else UNSET
        return _Completion(message.headers or UNSET, message.invocation_id, message.error or UNSET, result)

    def _cancel_invocation(self, message: CancelInvocationMessage) -> _CancelInvocation:
        return _CancelInvocation(message.headers or UNSET, message.invocation_id)

    def _ping(self, _: PingMessage) -> _Ping:
        return _PING

    def _close(self, message: CloseMessage) -> _Close:
        return _Close(UNSET if message.error is None else message.error, message.allow_reconnect or UNSET)

    def _ack(self, message: AckMessage) -> _Ack:
        return _Ack(message.sequence_id)

    def _sequence(self, message: SequenceMessage) -> _Sequence:
        return _Sequence(message.sequence_id)
