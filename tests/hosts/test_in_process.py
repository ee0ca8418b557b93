"""With Starlette's `TestClient`, which runs the application inside the test."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient, WebSocketDenialResponse

from tests.hosts.application import SHAPES, AppOptions, Shape, access_token, create_app
from tests.support.raw_client import RS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.testclient import WebSocketTestSession

HANDSHAKE = f'{{"protocol":"json","version":1}}{RS}'

shapes = pytest.mark.parametrize("shape", SHAPES)


def call(target: str, *arguments: Any) -> str:
    return json.dumps({"type": 1, "invocationId": "1", "target": target, "arguments": list(arguments)}) + RS


def messages(text: str) -> list[dict[str, Any]]:
    assert text.endswith(RS)
    return [json.loads(part) for part in text.split(RS)[:-1]]


def receive(socket: WebSocketTestSession) -> Iterator[dict[str, Any]]:
    while True:
        yield from messages(socket.receive_text())


def url(shape: Shape, hub: str = "/hub") -> str:
    return AppOptions(shape=shape).prefix + hub


def client_of(shape: Shape) -> TestClient:
    return TestClient(create_app(AppOptions(shape=shape)))


@shapes
def test_a_websocket(shape: Shape) -> None:
    with client_of(shape) as client, client.websocket_connect(url(shape)) as socket:
        received = receive(socket)
        socket.send_text(HANDSHAKE + call("Add", 40, 2))
        assert next(received) == {}
        assert next(received) == {"type": 3, "invocationId": "1", "result": 42}
        socket.send_text(call("InThread", "x"))
        assert next(received) == {"type": 3, "invocationId": "1", "result": "x"}
        socket.send_text(call("Abort"))
        assert next(received) == {"type": 7}
        assert socket.receive() == {"type": "websocket.close", "code": 1000, "reason": ""}


@shapes
def test_an_event_stream(shape: Shape) -> None:
    with client_of(shape) as client:
        parameters = negotiate(client, shape)
        posted = client.post(url(shape), params=parameters, content=HANDSHAKE + call("SayAndAbort", "through events"))
        assert posted.status_code == 200
        response = client.get(url(shape), params=parameters, headers={"Accept": "text/event-stream"})
        text = "".join(line.removeprefix("data: ") for line in response.text.split("\r\n") if line.startswith("data: "))
        assert messages(text) == [{}, {"type": 1, "target": "Receive", "arguments": ["through events"]}, {"type": 7}]


@shapes
def test_long_polling(shape: Shape) -> None:
    with client_of(shape) as client:
        parameters = negotiate(client, shape)
        assert client.get(url(shape), params=parameters).content == b""
        client.post(url(shape), params=parameters, content=HANDSHAKE)
        assert messages(client.get(url(shape), params=parameters).text) == [{}]
        client.post(url(shape), params=parameters, content=call("Add", 40, 2))
        assert messages(client.get(url(shape), params=parameters).text)[0]["result"] == 42
        assert client.delete(url(shape), params=parameters).status_code == 202
        assert client.get(url(shape), params=parameters).status_code == 404


@shapes
def test_a_refused_upgrade(shape: Shape) -> None:
    with client_of(shape) as client:
        for path, headers, status in (
            (url(shape, "/secure"), {}, 401),
            (url(shape, "/admin"), {"Authorization": f"Bearer {access_token('anna')}"}, 403),
            (url(shape) + "?id=unknown", {}, 404),
            (url(shape), {"Origin": "https://evil.example"}, 403),
        ):
            with pytest.raises(WebSocketDenialResponse) as refusal:
                client.websocket_connect(path, headers=headers).__enter__()
            assert refusal.value.status_code == status


def test_an_application_can_start_again() -> None:
    app = create_app(AppOptions())
    for _ in range(2):
        with TestClient(app) as client, client.websocket_connect("/hub") as socket:
            received = receive(socket)
            socket.send_text(HANDSHAKE + call("Echo", "again"))
            assert next(received) == {}
            assert next(received)["result"] == "again"


def negotiate(client: TestClient, shape: Shape) -> dict[str, str]:
    answer = client.post(f"{url(shape)}/negotiate", params={"negotiateVersion": "1"})
    return {"id": answer.json()["connectionToken"]}
