"""A client that talks JSON over a WebSocket of Starlette's test client, one message at a time."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.testclient import TestClient, WebSocketTestSession

__all__ = ["Conversation", "conversation"]

_END = "\x1e"


@final
class Conversation:
    """One connection behind its handshake.

    Attributes:
        connection_id: Its public id.
    """

    def __init__(self, socket: WebSocketTestSession, connection_id: str) -> None:
        self.connection_id = connection_id
        self._socket = socket
        self._heard: list[str] = []
        self._calls = 0

    def call(self, target: str, *arguments: Any) -> None:
        """Call a method of the hub and want an answer."""
        self._calls += 1
        self._send({"type": 1, "invocationId": str(self._calls), "target": target, "arguments": arguments})

    def answer(self, question: dict[str, Any], **ending: Any) -> None:
        """Answer a call of the server with a `result` or an `error`."""
        self._send({"type": 3, "invocationId": question["invocationId"], **ending})

    def next(self) -> dict[str, Any]:
        """Wait for the next message other than a ping."""
        while not self._heard:
            texts = self._socket.receive_text().split(_END)
            self._heard += [text for text in texts if text and text != '{"type":6}']
        message: dict[str, Any] = json.loads(self._heard.pop(0))
        return message

    def _send(self, message: dict[str, Any]) -> None:
        self._socket.send_text(json.dumps(message) + _END)


@contextmanager
def conversation(client: TestClient, path: str) -> Iterator[Conversation]:
    """Connect to a hub and shake hands; the connection ends with the block."""
    reply = client.post(f"{path}/negotiate?negotiateVersion=1").json()
    with client.websocket_connect(f"{path}?id={reply['connectionToken']}") as socket:
        socket.send_text('{"protocol":"json","version":1}' + _END)
        assert socket.receive_text() == "{}" + _END
        yield Conversation(socket, reply["connectionId"])
