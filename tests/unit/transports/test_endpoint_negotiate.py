from __future__ import annotations

import gc
import json
import re
import sys

import pytest
from starlette.responses import Response

from signalr_py.options import HttpConnectionOptions
from signalr_py.transports.responses import text
from signalr_py.types import TransportType
from tests.support.endpoints import ServedHub
from tests.support.exchanges import Answer, http_scope

NEGOTIATE = "/hub/negotiate"
TRANSPORTS = [
    {"transport": "WebSockets", "transferFormats": ["Text", "Binary"]},
    {"transport": "ServerSentEvents", "transferFormats": ["Text"]},
    {"transport": "LongPolling", "transferFormats": ["Text", "Binary"]},
]
FLOOD = 10_000


@pytest.fixture
def hub() -> ServedHub:
    return ServedHub()


async def negotiate(hub: ServedHub, query: str = "") -> Answer:
    return await hub.request("POST", NEGOTIATE, query=query)


def is_json(answer: Answer) -> bool:
    headers = {"content-type": "application/json", "content-length": str(len(answer.body))}
    return answer.status == 200 and answer.headers == headers


async def test_version_1_tells_id_and_token(hub: ServedHub) -> None:
    answer = await negotiate(hub, "negotiateVersion=1")
    assert is_json(answer)
    body = json.loads(answer.body)
    assert list(body) == ["negotiateVersion", "connectionId", "connectionToken", "availableTransports"]
    assert body["negotiateVersion"] == 1
    assert body["availableTransports"] == TRANSPORTS
    assert re.fullmatch("[A-Za-z0-9_-]{22}", body["connectionId"])
    assert re.fullmatch("[A-Za-z0-9_-]+", body["connectionToken"])
    token = hub.tokens.read(body["connectionToken"])
    assert token is not None
    assert token.connection_id == body["connectionId"]


@pytest.mark.parametrize("query", ["", "negotiateVersion=0", "other=1"])
async def test_version_0_tells_the_token_as_the_id(hub: ServedHub, query: str) -> None:
    answer = await negotiate(hub, query)
    assert is_json(answer)
    body = json.loads(answer.body)
    assert list(body) == ["negotiateVersion", "connectionId", "availableTransports"]
    assert body["negotiateVersion"] == 0
    assert hub.tokens.read(body["connectionId"]) is not None


@pytest.mark.parametrize("query", ["NegotiateVersion=1", "NEGOTIATEVERSION=2", "_=1&negotiateversion=1&access_token=x"])
async def test_keys_count_in_any_case_and_unknown_ones_do_not(hub: ServedHub, query: str) -> None:
    assert json.loads((await negotiate(hub, query)).body)["negotiateVersion"] == 1


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("negotiateVersion=abc", "The client requested a non-integer protocol version."),
        ("negotiateVersion=", "The client requested a non-integer protocol version."),
        ("negotiateVersion=1&negotiateVersion=1", "The client requested a non-integer protocol version."),
        ("negotiateVersion=-1", "The client requested version '-1', but the server does not support this version."),
    ],
)
async def test_a_version_that_is_not_served_is_an_error_in_the_answer(hub: ServedHub, query: str, error: str) -> None:
    answer = await negotiate(hub, query)
    assert is_json(answer)
    assert json.loads(answer.body) == {"error": error}


@pytest.mark.parametrize("query", ["", "negotiateVersion=0"])
async def test_a_version_below_the_minimum_is_an_error_in_the_answer(query: str) -> None:
    answer = await negotiate(ServedHub(HttpConnectionOptions(minimum_protocol_version=1)), query)
    assert is_json(answer)
    assert json.loads(answer.body) == {
        "error": "The client requested version '0', but the server does not support this version."
    }


@pytest.mark.parametrize(
    ("query", "is_granted"),
    [("&useStatefulReconnect=true", True), ("&USESTATEFULRECONNECT=True", True), ("&useStatefulReconnect=1", False)],
)
async def test_stateful_reconnect_is_granted_when_asked_for(query: str, *, is_granted: bool) -> None:
    hub = ServedHub(HttpConnectionOptions(allow_stateful_reconnects=True))
    body = json.loads((await negotiate(hub, "negotiateVersion=1" + query)).body)
    assert ("useStatefulReconnect" in body) is is_granted
    if is_granted:
        assert next(iter(body.items())) == ("useStatefulReconnect", True)
    token = hub.tokens.read(body["connectionToken"])
    assert token is not None
    assert token.stateful is is_granted


async def test_stateful_reconnect_is_not_granted_by_default(hub: ServedHub) -> None:
    body = json.loads((await negotiate(hub, "negotiateVersion=1&useStatefulReconnect=true")).body)
    assert "useStatefulReconnect" not in body


async def test_the_enabled_transports_are_offered_in_order() -> None:
    transports = (TransportType.LONG_POLLING, TransportType.WEB_SOCKETS)
    answer = await negotiate(ServedHub(HttpConnectionOptions(transports=transports)))
    assert json.loads(answer.body)["availableTransports"] == [TRANSPORTS[0], TRANSPORTS[2]]


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_another_method_is_not_allowed(hub: ServedHub, method: str) -> None:
    assert await hub.request(method, NEGOTIATE) == Answer(
        status=405, headers={"content-type": "text/plain", "content-length": "0"}, body=b""
    )


async def test_a_body_is_ignored(hub: ServedHub) -> None:
    assert is_json(await hub.request("POST", NEGOTIATE, body=b"anything"))


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize(
    "refusal", [Response(status_code=401, headers={"WWW-Authenticate": "Bearer"}), text(503, "shutting down")]
)
async def test_a_refused_request_gets_that_answer(hub: ServedHub, method: str, refusal: Response) -> None:
    hub.refusal = refusal
    answer = await hub.request(method, NEGOTIATE)
    assert (answer.status, answer.body) == (refusal.status_code, refusal.body)


async def test_the_token_holds_for_the_disconnect_timeout() -> None:
    hub = ServedHub(HttpConnectionOptions(disconnect_timeout=15))
    negotiated = await hub.negotiate()
    hub.advance(15)
    assert (await hub.request(id=negotiated.token)).status == 200
    late = await hub.negotiate()
    hub.advance(17)
    assert (await hub.request(id=late.token)).status == 404


async def test_a_flood_of_negotiates_leaves_nothing_behind(hub: ServedHub) -> None:
    answers = 0

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: object) -> None:
        nonlocal answers
        answers += 1

    async def flood(number: int) -> None:
        for _ in range(number):
            await hub.endpoint.negotiate(http_scope("POST", NEGOTIATE, query="negotiateVersion=1"), receive, send)

    await flood(100)
    hub.checked.clear()
    gc.collect()
    blocks, objects = sys.getallocatedblocks(), len(gc.get_objects())
    for _ in range(10):
        await flood(FLOOD // 10)
        hub.checked.clear()
    gc.collect()
    assert len(gc.get_objects()) - objects < FLOOD // 100
    assert sys.getallocatedblocks() - blocks < FLOOD // 20
    assert answers == 2 * (FLOOD + 100)
    assert not hub.manager.connections
    assert hub.handlers.created == []
