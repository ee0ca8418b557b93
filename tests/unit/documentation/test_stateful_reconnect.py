"""The page on stateful reconnect, with a client whose socket breaks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient

from tests.support.documents import pasted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from starlette.testclient import WebSocketTestSession

PAGE = "docs/how-to/stateful-reconnect.md"
RS = "\x1e"
LOST = 1006


@pytest.fixture
def page() -> Iterator[ModuleType]:
    with pasted(PAGE) as module:
        yield module


def send(socket: WebSocketTestSession, *messages: dict[str, Any]) -> None:
    socket.send_text("".join(json.dumps(message) + RS for message in messages))


def receive(socket: WebSocketTestSession, count: int) -> list[dict[str, Any]]:
    """Return the next messages, however they come in frames; pings and acknowledgements are left out."""
    messages: list[dict[str, Any]] = []
    while len(messages) < count:
        found = (json.loads(text) for text in socket.receive_text().split(RS)[:-1])
        messages += [message for message in found if message.get("type") not in (6, 8)]
    return messages


def call(number: int, target: str, *arguments: object) -> dict[str, Any]:
    return {"type": 1, "invocationId": str(number), "target": target, "arguments": arguments}


def test_a_client_that_comes_back_has_missed_nothing(page: ModuleType) -> None:
    with TestClient(page.app) as client:
        answer = client.post("/ticker/negotiate?negotiateVersion=1&useStatefulReconnect=true").json()
        assert answer["useStatefulReconnect"] is True
        url = f"/ticker?id={answer['connectionToken']}"
        with client.websocket_connect(url) as socket:
            send(socket, {"protocol": "json", "version": 2}, call(1, "Follow", "ABC"))
            assert receive(socket, 2) == [{}, {"type": 3, "invocationId": "1", "result": None}]
            socket.close(LOST)
        with client.websocket_connect("/ticker") as other:
            send(other, {"protocol": "json", "version": 1}, call(1, "Quote", "ABC", 12.5))
            assert receive(other, 2) == [{}, {"type": 3, "invocationId": "1", "result": None}]
        with client.websocket_connect(url) as socket:
            send(socket, {"type": 9, "sequenceId": 2}, {"type": 8, "sequenceId": 1})
            assert receive(socket, 3) == [
                {"type": 9, "sequenceId": 1},
                {"type": 3, "invocationId": "1", "result": None},
                {"type": 1, "target": "Quote", "arguments": ["ABC", 12.5]},
            ]
