"""What both hub protocols do with values once the type is known: items of streams and results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signalr_py.exceptions import BindingError, HubException
from signalr_py.protocol.messages import CompletionMessage, StreamBindingFailure, StreamItemMessage
from signalr_py.protocol.payload import ValueBindingError

if TYPE_CHECKING:
    from msgspec import Raw

    from signalr_py.protocol.base import InvocationBinder

__all__ = ["bind_item", "bind_result"]


def bind_item(
    stream_id: str, raw: Raw, headers: dict[str, str] | None, binder: InvocationBinder
) -> StreamItemMessage | StreamBindingFailure:
    """Return an item of an uploaded stream, or what is wrong with it; None for the item of a stream nobody reads."""
    decode = binder.item_decoder(stream_id)
    try:
        item = None if decode is None else decode(raw)
    except (BindingError, HubException) as failure:
        return StreamBindingFailure(stream_id, failure)
    return StreamItemMessage(stream_id, item, headers)


def bind_result(
    invocation_id: str, raw: Raw, headers: dict[str, str] | None, binder: InvocationBinder
) -> CompletionMessage:
    """Return the result of a call that the server made; one that cannot be read becomes the error of the call."""
    decode = binder.result_decoder(invocation_id)
    try:
        result = None if decode is None else decode(raw)
    except (BindingError, HubException) as failure:
        wanted = f" to {failure.type_name}. {failure.why}" if isinstance(failure, ValueBindingError) else f". {failure}"
        return CompletionMessage(invocation_id, f"Error trying to deserialize result{wanted}", headers=headers)
    return CompletionMessage(invocation_id, None, result, has_result=True, headers=headers)
