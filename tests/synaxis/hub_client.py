"""A client of Synaxis' hub over a WebSocket of Starlette's test client."""

from __future__ import annotations

import itertools
import json
from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.testclient import WebSocketTestSession

__all__ = ["HubClient", "HubError"]

_END = "\x1e"
_INVOCATION, _COMPLETION = 1, 3


class HubError(Exception):
    """A call was answered with an error."""


class HubClient:
    """Speaks the JSON hub protocol; what the server calls is kept until a test asks for it."""

    def __init__(self, socket: WebSocketTestSession) -> None:
        self._socket = socket
        self._ids = itertools.count(1)
        self._messages: deque[str] = deque()
        self._updates: deque[str] = deque()
        self._send({"protocol": "json", "version": 1})
        assert self._receive() == "{}"

    def invoke(self, target: str, *arguments: object) -> Any:
        """Call a hub method and return its result.

        Raises:
            HubError: The server answered with an error.
        """
        number = str(next(self._ids))
        self._send({"type": _INVOCATION, "invocationId": number, "target": target, "arguments": arguments})
        while True:
            message = json.loads(text := self._receive())
            if message["type"] == _INVOCATION:
                self._updates.append(text)
            if message["type"] == _COMPLETION:
                assert message["invocationId"] == number
                if "error" in message:
                    raise HubError(message["error"])
                return message.get("result")

    def next_update(self) -> tuple[str, Any]:
        """Return the name and the one argument of the next call that the server makes."""
        message = json.loads(self.next_update_text())
        (argument,) = message["arguments"]
        return message["target"], argument

    def next_update_text(self) -> str:
        """Return the next call that the server makes, as it was sent."""
        while not self._updates:
            text = self._receive()
            if json.loads(text)["type"] == _INVOCATION:
                self._updates.append(text)
        return self._updates.popleft()

    def _send(self, message: dict[str, object]) -> None:
        self._socket.send_text(json.dumps(message) + _END)

    def _receive(self) -> str:
        while not self._messages:
            self._messages.extend(text for text in self._socket.receive_text().split(_END) if text)
        return self._messages.popleft()
