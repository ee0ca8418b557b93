"""What a host offers beside ASGI's `receive` and `send`: a WebSocket for plain calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Scope

__all__ = ["EXTENSION", "DirectReceiver", "DirectWebSocket", "MessageEncoder", "direct_web_socket"]

EXTENSION: Final = "signalr_py.websocket"
"""Name of the ASGI scope extension that holds a `DirectWebSocket`."""


class DirectReceiver(Protocol):
    """What takes the messages of one WebSocket; all are plain calls on the event loop."""

    def message_received(self, data: bytes, *, is_last: bool) -> None:
        """Take a message, whole, checked and inflated.

        Args:
            data: What the client sent; a text is encoded as it came.
            is_last: Whether no other message has come with it.
        """
        ...

    def writing_paused(self) -> None:
        """Learn that the client does not take what is written."""
        ...

    def writing_resumed(self) -> None:
        """Learn that the client has taken it."""
        ...

    def disconnected(self, code: int) -> None:
        """Learn that the WebSocket has ended; comes exactly once.

        Args:
            code: The code of the close frame, 1005 if it had none, 1006 if there was no such frame.
        """
        ...


class MessageEncoder(Protocol):
    """Makes the frames of messages, and keeps those of the last ones, so that a broadcast is framed once."""

    @property
    def message(self) -> bytes | None:
        """The last message."""
        ...

    @property
    def frames(self) -> bytes:
        """Its frames."""
        ...

    def encode(self, data: bytes | list[bytes]) -> bytes:
        """Return the frames of one message, or of several, which may become one; a list is not changed any more."""
        ...


class DirectWebSocket(Protocol):
    """An accepted WebSocket, as the host offers it."""

    @property
    def write(self) -> Callable[[bytes], None]:
        """What takes frames for the client; a plain call, and nothing happens if the client has gone."""
        ...

    def start(self, receiver: DirectReceiver) -> None:
        """Hand every message to a receiver from now on, those first that have come already.

        It is told, too, if the client takes nothing at the moment, or has left.

        Call it after `websocket.accept` was sent, and do not call `receive` and `send` any more.
        """
        ...

    def outlive_request(self) -> bool:
        """Stay open when the application returns, unless code around it may wait for the end of the WebSocket.

        Thousands of requests that only wait cost more memory than their WebSockets do. Call it in the task of the
        request.

        Returns:
            Whether the application may return.
        """
        ...

    def encoder(self, *, binary: bool) -> MessageEncoder:
        """Return what makes the frames of messages, shared by all WebSockets that want the same."""
        ...

    def pause_reading(self) -> None:
        """Take nothing more of the client; messages that have arrived already still come."""
        ...

    def resume_reading(self) -> None:
        """Take what the client sends again."""
        ...

    def close(self, code: int) -> None:
        """Send a close frame, and wait for the client's."""
        ...

    def abort(self) -> None:
        """Drop the socket."""
        ...


def direct_web_socket(scope: Scope) -> DirectWebSocket | None:
    """Return the WebSocket of a request, if its host offers it."""
    extensions: dict[str, Any] = scope.get("extensions") or {}
    return extensions.get(EXTENSION)
