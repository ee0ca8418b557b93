"""The words that clients get to see, as the reference server spells them."""

from __future__ import annotations

from typing import Final

from signalr_py.exceptions import HubException

__all__ = [
    "CONNECTION_CLOSED",
    "HANDSHAKE_CANCELED",
    "HANDSHAKE_FAILED",
    "METHOD_DOES_NOT_EXIST",
    "binding_failed",
    "format_not_supported",
    "invocation_failed",
    "not_streaming",
    "protocol_not_supported",
    "unauthorized",
    "version_not_supported",
    "with_detail",
    "wrong_stream_count",
]

CONNECTION_CLOSED: Final = "Connection closed with an error."
HANDSHAKE_CANCELED: Final = "Handshake was canceled."
HANDSHAKE_FAILED: Final = "An unexpected error occurred during connection handshake."
METHOD_DOES_NOT_EXIST: Final = "Method does not exist."


def with_detail(text: str, error: BaseException, *, detailed: bool) -> str:
    """Append what an exception says, if the client may know it; text that cannot be sent is replaced.

    Args:
        text: Our own words.
        error: What happened. A `HubException` is always shown.
        detailed: Whether every exception is shown (`enable_detailed_errors`).
    """
    if detailed or isinstance(error, HubException):
        return f"{text} {type(error).__name__}: {error}".encode(errors="replace").decode()
    return text


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
