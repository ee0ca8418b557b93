"""Reading MessagePack messages: quickly, or field by field where that fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias

import msgspec
from msgspec import Meta, MsgspecError, Raw, Struct

from signalr_py.exceptions import BindingError, HubException
from signalr_py.protocol.binding import bind_item, bind_result
from signalr_py.protocol.messagepack_fields import ERROR, RESULT, VOID, read_fields
from signalr_py.protocol.messages import (
    AckMessage,
    CancelInvocationMessage,
    CloseMessage,
    CompletionMessage,
    InvocationBindingFailure,
    InvocationMessage,
    PingMessage,
    SequenceMessage,
    StreamInvocationMessage,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from signalr_py.protocol.base import InvocationBinder
    from signalr_py.protocol.messages import HubMessage

__all__ = ["decode"]

_Text: TypeAlias = Annotated[str, Meta(min_length=1)]
_Headers: TypeAlias = dict[_Text, _Text]
_Int64: TypeAlias = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]

_PING: Final = PingMessage()
_ABSENT: Final = Raw()


class _Invocation(Struct, array_like=True, tag=1, gc=False):
    headers: _Headers
    invocation_id: str | None
    target: _Text
    arguments: Raw
    stream_ids: tuple[_Text, ...] = ()


class _StreamItem(Struct, array_like=True, tag=2, gc=False):
    headers: _Headers
    invocation_id: _Text
    item: Raw


class _Completion(Struct, array_like=True, tag=3, gc=False):
    headers: _Headers
    invocation_id: _Text
    kind: int
    value: Raw = _ABSENT


class _StreamInvocation(Struct, array_like=True, tag=4, gc=False):
    headers: _Headers
    invocation_id: _Text
    target: _Text
    arguments: Raw
    stream_ids: tuple[_Text, ...] = ()


class _CancelInvocation(Struct, array_like=True, tag=5, gc=False):
    headers: _Headers
    invocation_id: _Text


class _Ping(Struct, array_like=True, tag=6, gc=False):
    pass


class _Close(Struct, array_like=True, tag=7, gc=False):
    error: str | None
    allow_reconnect: bool = False


class _Ack(Struct, array_like=True, tag=8, gc=False):
    sequence_id: _Int64


class _Sequence(Struct, array_like=True, tag=9, gc=False):
    sequence_id: _Int64


_Wire: TypeAlias = (
    _Invocation | _StreamItem | _Completion | _StreamInvocation | _CancelInvocation | _Ping | _Close | _Ack | _Sequence
)
_DECODER: Final[msgspec.msgpack.Decoder[_Wire]] = msgspec.msgpack.Decoder(_Wire)
_ERROR_DECODER: Final[msgspec.msgpack.Decoder[str | None]] = msgspec.msgpack.Decoder(str | None)


def decode(frame: bytes, binder: InvocationBinder) -> HubMessage | None:
    """Return the message in a frame, or None for one of an unknown type.

    Raises:
        RemoteProtocolError: The frame is no hub message.
    """
    try:
        wire = _DECODER.decode(frame)
    except (MsgspecError, ValueError, RecursionError):
        return read_fields(frame, binder)
    try:
        return _READERS[type(wire)](wire, binder)
    except _OddCompletionError:
        return read_fields(frame, binder)


class _OddCompletionError(Exception):
    """A completion that has neither a result, nor an error, nor says that it has none."""


def _invocation(wire: _Invocation, binder: InvocationBinder) -> HubMessage:
    invocation_id = wire.invocation_id or None
    try:
        arguments = binder.arguments_decoder(wire.target)(wire.arguments)
    except (BindingError, HubException) as failure:
        return InvocationBindingFailure(wire.target, invocation_id, failure)
    return InvocationMessage(wire.target, arguments, invocation_id, wire.stream_ids, wire.headers or None)


def _stream_invocation(wire: _StreamInvocation, binder: InvocationBinder) -> HubMessage:
    try:
        arguments = binder.arguments_decoder(wire.target)(wire.arguments)
    except (BindingError, HubException) as failure:
        return InvocationBindingFailure(wire.target, wire.invocation_id, failure)
    return StreamInvocationMessage(wire.invocation_id, wire.target, arguments, wire.stream_ids, wire.headers or None)


def _stream_item(wire: _StreamItem, binder: InvocationBinder) -> HubMessage:
    return bind_item(wire.invocation_id, wire.item, wire.headers or None, binder)


def _completion(wire: _Completion, binder: InvocationBinder) -> HubMessage:
    if wire.kind == VOID:
        return CompletionMessage(wire.invocation_id, headers=wire.headers or None)
    if wire.kind == RESULT and wire.value is not _ABSENT:
        return bind_result(wire.invocation_id, wire.value, wire.headers or None, binder)
    if wire.kind == ERROR:
        try:
            error = _ERROR_DECODER.decode(wire.value)
        except (MsgspecError, ValueError) as exc:
            raise _OddCompletionError from exc
        return CompletionMessage(wire.invocation_id, error, headers=wire.headers or None)
    raise _OddCompletionError


def _cancel_invocation(wire: _CancelInvocation, _: InvocationBinder) -> HubMessage:
    return CancelInvocationMessage(wire.invocation_id, wire.headers or None)


def _ping(_: _Ping, __: InvocationBinder) -> HubMessage:
    return _PING


def _close(wire: _Close, _: InvocationBinder) -> HubMessage:
    return CloseMessage(wire.error, wire.allow_reconnect)


def _ack(wire: _Ack, _: InvocationBinder) -> HubMessage:
    return AckMessage(wire.sequence_id)


def _sequence(wire: _Sequence, _: InvocationBinder) -> HubMessage:
    return SequenceMessage(wire.sequence_id)


_READERS: Final[Mapping[type, Callable[[Any, InvocationBinder], HubMessage]]] = {
    _Invocation: _invocation,
    _StreamItem: _stream_item,
    _Completion: _completion,
    _StreamInvocation: _stream_invocation,
    _CancelInvocation: _cancel_invocation,
    _Ping: _ping,
    _Close: _close,
    _Ack: _ack,
    _Sequence: _sequence,
}
