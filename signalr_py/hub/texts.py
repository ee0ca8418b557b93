"""The words that clients get to see, as the reference server spells them."""

from __future__ import annotations

from typing import Final

from signalr_py.exceptions import HubException

__all__ = [
    "ANSWER_REFUSED",
    "CONNECTION_CLOSED",
    "HANDSHAKE_CANCELED",
    "HANDSHAKE_FAILED",
    "ITEM_BINDING_FAILED",
    "METHOD_DOES_NOT_EXIST",
    "STREAM_FAILED",
    "binding_failed",
    "for_log",
    "format_not_supported",
    "invocation_failed",
    "invocation_id_in_use",
    "not_a_stream",
    "not_streaming",
    "protocol_not_supported",
    "stream_id_in_use",
    "streaming",
    "too_many_streams",
    "unauthorized",
    "unknown_hub_method",
    "version_not_supported",
    "with_detail",
    "wrong_stream_count",
]

ANSWER_REFUSED: Final = "The answer was refused."
CONNECTION_CLOSED: Final = "Connection closed with an error."
HANDSHAKE_CANCELED: Final = "Handshake was canceled."
HANDSHAKE_FAILED: Final = "An unexpected error occurred during connection handshake."
ITEM_BINDING_FAILED: Final = "Failed to bind Stream message."
METHOD_DOES_NOT_EXIST: Final = "Method does not exist."
STREAM_FAILED: Final = "An error occurred on the server while streaming results."


def with_detail(text: str, error: BaseException, *, detailed: bool) -> str:
    """Append what an exception says, if the client may know it; text that cannot be sent is replaced.

    Args:
        text: Our own words.
        error: What happened. A `HubException` is always shown.
        detailed: Whether every exception is shown (`enable_detailed_errors`).
    """
    if detailed or isinstance(error, HubException):
        return f"{text} {type(error).__name__}: {_said_by(error)}".encode(errors="replace").decode()
    return text


def for_log(error: BaseException) -> str:
    """Return what an exception says, on one line; what is in it may have come from a client."""
    return _said_by(error).encode("unicode_escape").decode()


def _said_by(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as failure:  # noqa: BLE001 - the class is the application's
        return f"<its text cannot be made: {type(failure).__name__}>"


def binding_failed(target: str) -> str:
    """Say that the arguments of a call do not fit, or that there is no such method."""
    return f"Failed to invoke '{target}' due to an error on the server."


def invocation_failed(target: str) -> str:
    """Say that a hub method raised."""
    return f"An unexpected error occurred invoking '{target}' on the server."


def unauthorized(target: str) -> str:
    """Say that the user may not call a method."""
    return f"Failed to invoke '{target}' because user is unauthorized"


def not_streaming(target: str) -> str:
    """Say that a method which answers once was called as one that streams."""
    return f"The client attempted to invoke the non-streaming '{target}' method with a streaming invocation."


def streaming(target: str) -> str:
    """Say that a method which streams was called as one that answers once."""
    return f"The client attempted to invoke the streaming '{target}' method with a non-streaming invocation."


def not_a_stream(target: str) -> str:
    """Say that a method which streams returned something else."""
    return f"The value returned by the streaming method '{target}' is not an AsyncIterable."


def invocation_id_in_use(invocation_id: str) -> str:
    """Say that a call with the same id still runs."""
    return f"Invocation ID '{invocation_id}' is already in use."


def stream_id_in_use(target: str, stream_id: str) -> str:
    """Say that a stream with the same id is still uploaded."""
    return f"{binding_failed(target)} HubException: Stream ID '{stream_id}' is already in use."


def too_many_streams(target: str, maximum: int) -> str:
    """Say that a client has as many streams open as it may."""
    return (
        f"{binding_failed(target)} HubException: "
        f"The connection would have more than {maximum} streams open (maximum_streams_per_client)."
    )


def unknown_hub_method(name: str) -> str:
    """Say that a filter asked for a method that the hub does not have."""
    return f"Unknown hub method '{name}'"


def wrong_stream_count(sent: int, expected: int) -> str:
    """Say that a call came with another number of uploads than the method reads."""
    return f"Client sent {sent} stream(s), Hub method expects {expected}."


def protocol_not_supported(name: str) -> str:
    """Say that a hub protocol is unknown or switched off."""
    return f"The protocol '{name}' is not supported."


def version_not_supported(name: str, version: int) -> str:
    """Say that a hub protocol is too new."""
    return f"The server does not support version {version} of the '{name}' protocol."


def format_not_supported(name: str, transfer_format: str) -> str:
    """Say that the transport cannot carry a hub protocol."""
    return (
        f"Cannot use the '{name}' protocol on the current transport. "
        f"The transport does not support '{transfer_format}' transfer format."
    )
