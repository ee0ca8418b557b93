"""The nine hub messages of `HubProtocol.md`, and the two forms that stand for values which do not fit."""

from __future__ import annotations

from typing import Any, TypeAlias

from msgspec import Struct

__all__ = [
    "AckMessage",
    "CancelInvocationMessage",
    "CloseMessage",
    "CompletionMessage",
    "HubMessage",
    "InvocationBindingFailure",
    "InvocationMessage",
    "PingMessage",
    "SequenceMessage",
    "StreamBindingFailure",
    "StreamInvocationMessage",
    "StreamItemMessage",
]


class InvocationMessage(Struct, frozen=True):
    """A call: of a hub method by a client, or of a client's method by the server (type 1).

    Attributes:
        target: Name of the method.
        arguments: The values, in order; those read from the wire are converted already.
        invocation_id: Id that the answer will carry; None when no answer is wanted.
        stream_ids: Ids of the streams that the caller will upload.
        headers: Text that travels with the message, such as trace context.
    """

    target: str
    arguments: tuple[Any, ...] = ()
    invocation_id: str | None = None
    stream_ids: tuple[str, ...] = ()
    headers: dict[str, str] | None = None


class StreamInvocationMessage(Struct, frozen=True):
    """A call of a hub method that answers with a stream (type 4)."""

    invocation_id: str
    target: str
    arguments: tuple[Any, ...] = ()
    stream_ids: tuple[str, ...] = ()
    headers: dict[str, str] | None = None


class StreamItemMessage(Struct, frozen=True):
    """One item of a stream, in either direction (type 2)."""

    invocation_id: str
    item: Any
    headers: dict[str, str] | None = None


class CompletionMessage(Struct, frozen=True):
    """The end of a call or of a stream (type 3): an error, a result, or neither.

    Attributes:
        invocation_id: Id of the call or of the stream.
        error: What went wrong, in words for the other side.
        result: The value, when `has_result`.
        has_result: Whether a result is present; a result may be None.
    """

    invocation_id: str
    error: str | None = None
    result: Any = None
    has_result: bool = False
    headers: dict[str, str] | None = None


class CancelInvocationMessage(Struct, frozen=True):
    """The caller no longer wants the stream it asked for (type 5)."""

    invocation_id: str
    headers: dict[str, str] | None = None


class PingMessage(Struct, frozen=True):
    """The sender is alive (type 6)."""


class CloseMessage(Struct, frozen=True):
    """The sender ends the connection (type 7)."""

    error: str | None = None
    allow_reconnect: bool = False


class AckMessage(Struct, frozen=True):
    """The sender has processed messages up to this id (type 8, stateful reconnect)."""

    sequence_id: int


class SequenceMessage(Struct, frozen=True):
    """The next message of the sender has this id (type 9, stateful reconnect)."""

    sequence_id: int


class InvocationBindingFailure(Struct, frozen=True):
    """A call that was read but names no method, or whose arguments do not fit it.

    Attributes:
        target: Name of the method, as the caller spelled it.
        invocation_id: Id to answer to; None when no answer is wanted.
        failure: A `HubException` (its text may reach the caller) or a `BindingError`.
    """

    target: str
    invocation_id: str | None
    failure: Exception


class StreamBindingFailure(Struct, frozen=True):
    """A stream item that does not fit the type which the hub method reads."""

    invocation_id: str
    failure: Exception


HubMessage: TypeAlias = (
    InvocationMessage
    | StreamInvocationMessage
    | StreamItemMessage
    | CompletionMessage
    | CancelInvocationMessage
    | PingMessage
    | CloseMessage
    | AckMessage
    | SequenceMessage
    | InvocationBindingFailure
    | StreamBindingFailure
)
