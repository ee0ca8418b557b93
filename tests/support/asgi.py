"""Talking to an application in this process: hubs over the WebSockets of Starlette's test client."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, Final, final

from tests.support.tasks import no_task_left

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

    from starlette.testclient import TestClient, WebSocketTestSession

    from signalr_py import SignalR

__all__ = ["HubSession", "hub_session", "lifespan_without_leaks"]

RS: Final = "\x1e"
HANDSHAKE: Final = '{"protocol":"json","version":1}' + RS


@final
class HubSession:
    """One JSON client on an open WebSocket, its handshake finished."""

    def __init__(self, socket: WebSocketTestSession) -> None:
        self.socket = socket
        self._unread: list[dict[str, Any]] = []
        self._calls = 0
        socket.send_text(HANDSHAKE)
        answer = self.receive()
        assert answer == {}, answer

    def send(self, message: Mapping[str, Any]) -> None:
        """Send a message."""
        self.socket.send_text(json.dumps(message) + RS)

    def receive(self) -> dict[str, Any]:
        """Return the next message."""
        if not self._unread:
            *texts, rest = self.socket.receive_text().split(RS)
            assert rest == ""
            self._unread = [json.loads(text) for text in texts]
        return self._unread.pop(0)

    def start(self, target: str, *arguments: Any) -> str:
        """Call a method without waiting for the answer, and return the id of the call."""
        self._calls += 1
        call = str(self._calls)
        self.send({"type": 1, "invocationId": call, "target": target, "arguments": arguments})
        return call

    def invoke(self, target: str, *arguments: Any) -> Any:
        """Call a method whose answer is the next message, and return its result."""
        call = self.start(target, *arguments)
        answer = self.receive()
        assert answer.get("invocationId") == call, answer
        assert "error" not in answer, answer
        return answer["result"]

    def expect(self, target: str) -> list[Any]:
        """Return the arguments of the next message, which is a call of the server."""
        message = self.receive()
        assert (message.get("type"), message.get("target")) == (1, target), message
        arguments: list[Any] = message["arguments"]
        return arguments


@contextmanager
def hub_session(client: TestClient, path: str, headers: Mapping[str, str] | None = None) -> Iterator[HubSession]:
    """Open a WebSocket without negotiating, and shake hands."""
    with client.websocket_connect(path, headers=dict(headers or {})) as socket:
        yield HubSession(socket)


@asynccontextmanager
async def lifespan_without_leaks(signalr: SignalR) -> AsyncIterator[None]:
    """Serve like `signalr.lifespan`, and assert that nothing of it is left behind."""
    async with no_task_left(), signalr.lifespan():
        yield
