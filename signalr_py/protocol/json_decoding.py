"""Turning the members of a JSON message into the message they make."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import UNSET

from signalr_py.exceptions import BindingError, HubException, RemoteProtocolError
from signalr_py.protocol.binding import bind_item, bind_result
from signalr_py.protocol.json_envelope import ABSENT, check_arguments, read_envelope
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
    from signalr_py.protocol.json_envelope import Envelope
    from signalr_py.protocol.messages import HubMessage

__all__ = ["decode"]

_PING: Final = PingMessage()


def decode(frame: bytes, binder: InvocationBinder) -> HubMessage | None:
    """Return the message in a frame, or None for one of an unknown type.

    Raises:
        RemoteProtocolError: The frame is no hub message.
    """
    envelope = read_envelope(frame)
    read = _READERS_OF_CALLS.get(envelope.type)
    if read is None:
        check_arguments(envelope)
        read = _READERS_OF_OTHERS.get(envelope.type)
    return None if read is None else read(envelope, binder)


def _missing(name: str) -> RemoteProtocolError:
    return RemoteProtocolError(f"Missing required property '{name}'.")


def _invocation(envelope: Envelope, binder: InvocationBinder) -> HubMessage:
    target, encoded = envelope.target, envelope.arguments
    if target is UNSET or encoded is ABSENT:
        check_arguments(envelope)
        raise _missing("arguments" if target else "target")
    invocation_id = envelope.invocation_id or None
    try:
        arguments = binder.arguments_decoder(target)(encoded)
    except (BindingError, HubException) as failure:
        check_arguments(envelope)
        return InvocationBindingFailure(target, invocation_id, failure)
    return InvocationMessage(target, arguments, invocation_id, envelope.stream_ids, envelope.headers or None)


def _stream_invocation(envelope: Envelope, binder: InvocationBinder) -> HubMessage:
    target = envelope.target
    if target is UNSET:
        check_arguments(envelope)
        raise _missing("target")
    invocation_id = envelope.invocation_id or None
    if envelope.arguments is ABSENT:
        raise _missing("invocationId" if invocation_id is None else "arguments")
    try:
        arguments = binder.arguments_decoder(target)(envelope.arguments)
    except (BindingError, HubException) as failure:
        check_arguments(envelope)
        return InvocationBindingFailure(target, invocation_id, failure)
    if invocation_id is None:
        raise _missing("invocationId")
    return StreamInvocationMessage(invocation_id, target, arguments, envelope.stream_ids, envelope.headers or None)


def _stream_item(envelope: Envelope, binder: InvocationBinder) -> HubMessage:
    invocation_id = _invocation_id(envelope)
    if envelope.item is ABSENT:
        raise _missing("item")
    return bind_item(invocation_id, envelope.item, envelope.headers or None, binder)


def _completion(envelope: Envelope, binder: InvocationBinder) -> HubMessage:
    invocation_id = _invocation_id(envelope)
    error = envelope.error
    if envelope.result is ABSENT:
        return CompletionMessage(invocation_id, None if error is UNSET else error, headers=envelope.headers or None)
    if error is not UNSET:
        raise RemoteProtocolError("The 'error' and 'result' properties are mutually exclusive.")
    return bind_result(invocation_id, envelope.result, envelope.headers or None, binder)


def _cancel_invocation(envelope: Envelope, _: InvocationBinder) -> HubMessage:
    return CancelInvocationMessage(_invocation_id(envelope), envelope.headers or None)


def _ping(_: Envelope, __: InvocationBinder) -> HubMessage:
    return _PING


def _close(envelope: Envelope, _: InvocationBinder) -> HubMessage:
    return CloseMessage(None if envelope.error is UNSET else envelope.error, envelope.allow_reconnect)


def _ack(envelope: Envelope, _: InvocationBinder) -> HubMessage:
    return AckMessage(_sequence_id(envelope))


def _sequence(envelope: Envelope, _: InvocationBinder) -> HubMessage:
    return SequenceMessage(_sequence_id(envelope))


def _invocation_id(envelope: Envelope) -> str:
    invocation_id = envelope.invocation_id
    if not invocation_id:
        raise _missing("invocationId")
    return invocation_id


def _sequence_id(envelope: Envelope) -> int:
    sequence_id = envelope.sequence_id
    if sequence_id is UNSET:
        raise _missing("sequenceId")
    return sequence_id


_READERS_OF_CALLS: Final[Mapping[int, Callable[[Envelope, InvocationBinder], HubMessage]]] = {
    1: _invocation,
    4: _stream_invocation,
}
_READERS_OF_OTHERS: Final[Mapping[int, Callable[[Envelope, InvocationBinder], HubMessage]]] = {
    2: _stream_item,
    3: _completion,
    5: _cancel_invocation,
    6: _ping,
    7: _close,
    8: _ack,
    9: _sequence,
}
