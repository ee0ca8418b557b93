"""The page on making hubs works as pasted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from starlette.testclient import TestClient

from tests.support.documents import pasted

if TYPE_CHECKING:
    from starlette.testclient import WebSocketTestSession


def call(socket: WebSocketTestSession, target: str, *arguments: Any) -> dict[str, Any]:
    message = {"type": 1, "invocationId": "1", "target": target, "arguments": arguments}
    socket.send_text(f"{json.dumps(message)}\x1e")
    answer: dict[str, Any] = json.loads(socket.receive_text().removesuffix("\x1e"))
    return answer


def shake_hands(socket: WebSocketTestSession) -> None:
    socket.send_text('{"protocol":"json","version":1}\x1e')
    assert socket.receive_text() == "{}\x1e"


def test_the_hubs_of_the_page_keep_what_succeeds_and_drop_what_fails() -> None:
    with pasted("docs/how-to/hub-construction.md") as page, TestClient(page.app) as client:
        with client.websocket_connect("/notes") as socket:
            shake_hands(socket)
            assert call(socket, "Add", "milk")["result"] == 4
            assert call(socket, "Add", "")["error"].endswith("HubException: A note needs a text.")
            assert page.table == ["milk"]
        with client.websocket_connect("/tasks", headers={"X-Tenant": "acme"}) as socket:
            shake_hands(socket)
            assert call(socket, "Add", "walk")["result"] == "acme: walk"
            assert "error" in call(socket, "Add", "walk", "my own session")
            assert page.table == ["milk", "walk"]
