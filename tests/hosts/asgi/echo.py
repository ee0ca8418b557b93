"""An application that sends every message back, and tells how each WebSocket ended."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from tests.hosts.asgi.serving import Inbox

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

__all__ = ["Echo"]


class Echo:
    """The application.

    Attributes:
        received: All messages.
        disconnects: The last message of each WebSocket.
    """

    def __init__(self) -> None:
        self.received: list[Message] = []
        self.disconnects: Inbox[Message] = Inbox()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert (await receive())["type"] == "websocket.connect"
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            self.received.append(message)
            with suppress(OSError):
                await send({**message, "type": "websocket.send"})
        self.disconnects.put_nowait(message)
