"""The page on filters works as pasted."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient

from signalr_py import HubException, HubMessageContext
from tests.support.documents import pasted

if TYPE_CHECKING:
    from starlette.testclient import WebSocketTestSession

PAGE = "docs/how-to/filters.md"


def talk(socket: WebSocketTestSession, *messages: dict[str, Any]) -> list[dict[str, Any]]:
    """Send messages, and return what comes until as many completions have come."""
    socket.send_text("".join(f"{json.dumps(message)}\x1e" for message in messages))
    received: list[dict[str, Any]] = []
    while sum(message.get("type") == 3 for message in received) < len(messages):
        received += [json.loads(text) for text in socket.receive_text().split("\x1e") if text]
    return received


def shake_hands(socket: WebSocketTestSession) -> None:
    socket.send_text('{"protocol":"json","version":1}\x1e')
    assert socket.receive_text() == "{}\x1e"


def order(number: int, target: str, *arguments: Any) -> dict[str, Any]:
    return {"type": 1, "invocationId": str(number), "target": target, "arguments": arguments}


def test_the_application_of_the_page(caplog: pytest.LogCaptureFixture) -> None:
    with pasted(PAGE) as page, TestClient(page.app) as client, caplog.at_level(logging.INFO, "calls"):
        with client.websocket_connect("/shop") as socket:
            shake_hands(socket)
            answers = talk(socket, order(1, "order", "sun", 2), order(2, "Order", "moon", 1))
            assert answers[0]["result"] == 2
            assert answers[1]["error"].endswith("HubException: Sold out: moon")
            assert len(page.presence.connections) == 1
            errors = [answer.get("error", "") for answer in talk(socket, *(order(n, "Nowhere") for n in range(3, 30)))]
            assert any("Method does not exist" in error for error in errors[:10])
            assert any("Too many calls, wait a moment." in error for error in errors)
        assert [record.getMessage().split(" took")[0] for record in caplog.records] == ["Order", "Order"]
    assert page.presence.connections == set()


def test_an_unwanted_connection_is_closed_with_words() -> None:
    with (
        pasted(PAGE) as page,
        TestClient(page.app) as client,
        client.websocket_connect("/shop?secret=1") as socket,
    ):
        shake_hands(socket)
        assert "Secrets do not belong into the address." in socket.receive_text()


class _Caller:
    def __init__(self) -> None:
        self.items: dict[Any, Any] = {}


@pytest.mark.parametrize("rate", [1, 2])
def test_the_rate_limit_lets_a_burst_pass_and_then_the_rate(rate: int) -> None:
    now = 0.0
    caller: Any = _Caller()

    def passes() -> bool:
        try:
            limit.on_message(HubMessageContext(caller, "invocation", "Order", None))
        except HubException:
            return False
        return True

    with pasted(PAGE) as page:
        limit = page.RateLimit(rate=rate, burst=3, clock=lambda: now)
        assert [passes() for _ in range(5)] == [True, True, True, False, False]
        now = 1.0
        assert [passes() for _ in range(3)] == [True] * rate + [False] * (3 - rate)
        now = 1000.0
        assert [passes() for _ in range(4)] == [True, True, True, False]
        limit.on_message(HubMessageContext(caller, "stream_item", None, "1"))


async def test_the_stream_log_counts_items(caplog: pytest.LogCaptureFixture) -> None:
    async def numbers() -> Any:
        yield 1
        yield 2

    async def next_of(context: Any) -> Any:
        return numbers()

    class Call:
        method_name = "Count"

    with pasted(PAGE) as page, caplog.at_level(logging.INFO, "calls"):
        result = await page.StreamLog().invoke_method(Call(), next_of)
        assert [item async for item in result] == [1, 2]
    assert caplog.messages == ["Count sent 2 items"]
