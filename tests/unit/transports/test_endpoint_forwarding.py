from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from signalr_py.transports.responses import text
from signalr_py.transports.tokens import new_connection_id
from signalr_py.types import TransportType
from tests.support.endpoints import KINDS, Kind, Negotiated, ServedHub, ask, token_of, unknown

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from signalr_py.transports.tokens import ConnectionToken


class Elsewhere:
    """Another node, which answers or does not know the connection."""

    def __init__(self, *, answers: bool) -> None:
        self.answers = answers
        self.asked: list[tuple[ConnectionToken, str]] = []

    async def forward(self, token: ConnectionToken, scope: Scope, receive: Receive, send: Send) -> bool:
        self.asked.append((token, scope["type"]))
        if self.answers and scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.http.response.start", "status": 299, "headers": []})
            await send({"type": "websocket.http.response.body", "body": b"from elsewhere"})
        elif self.answers:
            await text(299, "from elsewhere")(scope, receive, send)
        return self.answers


@pytest.mark.parametrize("kind", KINDS)
async def test_a_connection_of_another_node_is_asked_there(kind: Kind) -> None:
    elsewhere = Elsewhere(answers=True)
    hub = ServedHub(forwarder=elsewhere)
    connection_id = new_connection_id()
    token = token_of(hub, home=b"node two", connection_id=connection_id)
    answer = await ask(hub, kind, token, user=None)
    assert (answer.status, answer.body) == (299, b"from elsewhere")
    ((asked, scope_type),) = elsewhere.asked
    assert (asked.connection_id, asked.home) == (connection_id, b"node two")
    assert scope_type == ("websocket" if kind == "WebSockets" else "http")
    assert hub.handlers.created == []


@pytest.mark.parametrize("kind", KINDS)
async def test_a_connection_that_another_node_does_not_know_is_not_found(kind: Kind) -> None:
    elsewhere = Elsewhere(answers=False)
    hub = ServedHub(forwarder=elsewhere)
    assert await ask(hub, kind, token_of(hub, home=b"node two")) == unknown(kind)
    assert len(elsewhere.asked) == 1


@pytest.mark.parametrize("kind", KINDS)
async def test_a_connection_of_this_node_is_not_asked_elsewhere(kind: Kind) -> None:
    elsewhere = Elsewhere(answers=True)
    hub = ServedHub(forwarder=elsewhere)
    spent = await hub.negotiate()
    await hub.request(id=spent.token)
    await ask(hub, "DELETE", spent.token)
    assert await ask(hub, kind, spent.token) == unknown(kind)
    assert elsewhere.asked == []


async def test_a_connection_of_another_node_that_is_here_is_found() -> None:
    elsewhere = Elsewhere(answers=True)
    hub = ServedHub(forwarder=elsewhere)
    token = token_of(hub, home=b"node two")
    read = hub.tokens.read(token)
    assert read is not None
    hub.manager.claim(read)
    assert (await hub.request(id=token)).body == b""
    assert elsewhere.asked == []
    assert hub.connection(Negotiated(read.connection_id, token)).chosen_transport is TransportType.LONG_POLLING
