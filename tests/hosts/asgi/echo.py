"""Applications for many tests: one that sends every message back, and one that sends more than a socket takes."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse

from tests.hosts.asgi.serving import Inbox

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

    from tests.hosts.asgi.raw_socket import RawSocket

__all__ = ["Echo", "Flood"]

_FLOOD_SIZE = 65_536


class Echo:
    """Sends every message back, tells how each WebSocket ended, and answers requests with `fine`.

    Attributes:
        received: All messages.
        disconnects: The last message of each WebSocket.
    """

    def __init__(self) -> None:
        self.received: list[Message] = []
        self.disconnects: Inbox[Message] = Inbox()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await PlainTextResponse("fine")(scope, receive, send)
            return
        assert (await receive())["type"] == "websocket.connect"
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            self.received.append(message)
            with suppress(OSError):
                await send({**message, "type": "websocket.send"})
        self.disconnects.put_nowait(message)


class Flood:
    """Sends large numbered messages to a WebSocket, and closes it.

    Attributes:
        sent: How many messages were taken.
    """

    def __init__(self, messages: int) -> None:
        self.sent = 0
        self._messages = messages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        for number in range(self._messages):
            await send({"type": "websocket.send", "bytes": number.to_bytes(4, "big") + bytes(_FLOOD_SIZE)})
            self.sent += 1
        await send({"type": "websocket.close"})

    async def reaches(self, client: RawSocket) -> None:
        """Assert that a client gets all messages in order."""
        for number in range(self._messages):
            message = await client.message()
            assert isinstance(message, bytes)
            assert message[:4] == number.to_bytes(4, "big")
