"""Reading a MessagePack message field by field, as the reference does: the first field at fault is the one reported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from signalr_py.exceptions import BindingError, HubException, RemoteProtocolError
from signalr_py.protocol.binding import bind_item, bind_result
from signalr_py.protocol.messagepack_reader import MessagePackReader
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

__all__ = ["ERROR", "RESULT", "VOID", "read_fields"]

ERROR: Final = 1
VOID: Final = 2
RESULT: Final = 3

_ITEMS_WITHOUT_STREAM_IDS: Final = 5
_ITEMS_WITHOUT_RECONNECT: Final = 2


def read_fields(frame: bytes, binder: InvocationBinder) -> HubMessage | None:
    """Return the message in a frame, or None for one of an unknown type; what follows the last field is ignored.

    Raises:
        RemoteProtocolError: The frame is no hub message.
    """
    reader = MessagePackReader(frame)
    count = reader.message_length()
    read = _READERS.get(reader.int32("messageType"))
    return None if read is None else read(reader, count, binder)


def _invocation(reader: MessagePackReader, count: int, binder: InvocationBinder) -> HubMessage:
    headers = _headers(reader)
    invocation_id = reader.string("invocationId") or None
    target = _not_empty(reader.string("target"), "target for Invocation message")
    bound = _bind(reader, target, binder)
    if isinstance(bound, Exception):
        return InvocationBindingFailure(target, invocation_id, bound)
    return InvocationMessage(target, bound, invocation_id, _stream_ids(reader, count), headers)


def _stream_invocation(reader: MessagePackReader, count: int, binder: InvocationBinder) -> HubMessage:
    headers = _headers(reader)
    invocation_id = _invocation_id(reader, "StreamInvocation")
    target = _not_empty(reader.string("target"), "target for StreamInvocation message")
    bound = _bind(reader, target, binder)
    if isinstance(bound, Exception):
        return InvocationBindingFailure(target, invocation_id, bound)
    return StreamInvocationMessage(invocation_id, target, bound, _stream_ids(reader, count), headers)


def _bind(reader: MessagePackReader, target: str, binder: InvocationBinder) -> tuple[Any, ...] | Exception:
    try:
        return binder.arguments_decoder(target)(reader.item())
    except (BindingError, HubException) as failure:
        return failure


def _stream_item(reader: MessagePackReader, _: int, binder: InvocationBinder) -> HubMessage:
    headers = _headers(reader)
    return bind_item(_invocation_id(reader, "StreamItem"), reader.item(), headers, binder)


def _completion(reader: MessagePackReader, _: int, binder: InvocationBinder) -> HubMessage:
    headers = _headers(reader)
    invocation_id = _invocation_id(reader, "Completion")
    kind = reader.int32("resultKind")
    if kind == ERROR:
        return CompletionMessage(invocation_id, reader.string("error"), headers=headers)
    if kind == RESULT:
        return bind_result(invocation_id, reader.item(), headers, binder)
    if kind == VOID:
        return CompletionMessage(invocation_id, headers=headers)
    raise RemoteProtocolError("Invalid invocation result kind.")


def _cancel_invocation(reader: MessagePackReader, _: int, __: InvocationBinder) -> HubMessage:
    headers = _headers(reader)
    return CancelInvocationMessage(_invocation_id(reader, "CancelInvocation"), headers)


def _ping(_: MessagePackReader, __: int, ___: InvocationBinder) -> HubMessage:
    return PingMessage()


def _close(reader: MessagePackReader, count: int, _: InvocationBinder) -> HubMessage:
    error = reader.string("error")
    return CloseMessage(error, count > _ITEMS_WITHOUT_RECONNECT and reader.boolean("allowReconnect"))


def _ack(reader: MessagePackReader, _: int, __: InvocationBinder) -> HubMessage:
    return AckMessage(reader.int64("sequenceId"))


def _sequence(reader: MessagePackReader, _: int, __: InvocationBinder) -> HubMessage:
    return SequenceMessage(reader.int64("sequenceId"))


def _invocation_id(reader: MessagePackReader, message: str) -> str:
    return _not_empty(reader.string("invocationId"), f"invocation ID for {message} message")


def _headers(reader: MessagePackReader) -> dict[str, str] | None:
    headers = {}
    for number in range(reader.map_length("headers")):
        name = _not_empty(reader.string(f"headers[{number}].Key"), "key in header")
        headers[name] = _not_empty(reader.string(f"headers[{number}].Value"), "value in header")
    return headers or None


def _stream_ids(reader: MessagePackReader, count: int) -> tuple[str, ...]:
    if count <= _ITEMS_WITHOUT_STREAM_IDS:
        return ()
    return tuple(
        [
            _not_empty(reader.string("streamIds"), "value in streamIds received")
            for _ in range(reader.array_length("streamIds"))
        ]
    )


def _not_empty(text: str | None, what: str) -> str:
    if not text:
        raise RemoteProtocolError(f"Null or empty {what}.")
    return text


_READERS: Final[Mapping[int, Callable[[MessagePackReader, int, InvocationBinder], HubMessage]]] = {
    1: _invocation,
    2: _stream_item,
    3: _completion,
    4: _stream_invocation,
    5: _cancel_invocation,
    6: _ping,
    7: _close,
    8: _ack,
    9: _sequence,
}
