from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from starlette.responses import Response

from signalr_py.transports.responses import empty_text, respond, text
from tests.support.exchanges import Answer, WebSocketExchange, http_scope, request, websocket_scope

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send


async def test_a_text_is_plain_and_names_no_character_set() -> None:
    answer = await request(text(404, "No Connection with that ID", {"Pragma": "no-cache"}), http_scope())
    assert answer == Answer(
        status=404,
        headers={"content-type": "text/plain", "content-length": "26", "pragma": "no-cache"},
        body=b"No Connection with that ID",
    )


async def test_an_answer_without_a_body_has_the_type_of_one() -> None:
    answer = await request(empty_text(202), http_scope())
    assert answer == Answer(status=202, headers={"content-type": "text/plain", "content-length": "0"}, body=b"")


async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
    await respond(Response(b"no", status_code=401, headers={"WWW-Authenticate": "Bearer"}), scope, receive, send)


async def test_a_request_is_answered() -> None:
    answer = await request(refuse, http_scope())
    assert (answer.status, answer.body) == (401, b"no")


async def test_an_upgrade_is_refused_with_the_whole_answer() -> None:
    async with WebSocketExchange(refuse, websocket_scope()) as socket:
        answer = await socket.denied()
    assert answer == Answer(status=401, headers={"www-authenticate": "Bearer", "content-length": "2"}, body=b"no")
    assert [message["type"] for message in socket.sent] == [
        "websocket.http.response.start",
        "websocket.http.response.body",
    ]


@pytest.mark.parametrize("extensions", [{}, None])
async def test_an_upgrade_is_closed_where_the_host_has_no_denial_response(extensions: dict[str, object] | None) -> None:
    scope = websocket_scope(can_deny=False)
    if extensions is None:
        del scope["extensions"]
    async with WebSocketExchange(refuse, scope) as socket:
        assert await socket.closed() == 1008
        await socket.finished()
    assert len(socket.sent) == 1
