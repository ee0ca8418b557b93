"""A whole application, and a client with stateful reconnect whose socket is blocked for a while, and then lost."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from starlette.applications import Starlette

from signalr_py import HttpConnectionOptions, Hub, HubCallerContext, SignalR
from tests.support.exchanges import WebSocketExchange, http_scope, request, websocket_scope
from tests.support.tasks import no_task_left, settle

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

HANDSHAKE = '{"protocol":"json","version":2}\x1e'
HTTP = HttpConnectionOptions(allow_stateful_reconnects=True, maximum_send_buffer_messages=10)
MANY = 5
"""Messages that may wait for a socket before others are held back; one more is on its way."""


class ValuesHub(Hub):
    contexts: ClassVar[dict[str, HubCallerContext]] = {}

    async def on_connected(self) -> None:
        self.contexts[self.context.connection_id] = self.context

    async def echo(self, text: str) -> str:
        return text


class Site:
    """An application and the sockets of one client, one after the other."""

    def __init__(self, signalr: SignalR, app: Starlette) -> None:
        self.signalr = signalr
        self.app = app
        self.connection_id = ""
        self.token = ""

    async def negotiate(self) -> None:
        query = "negotiateVersion=1&useStatefulReconnect=true"
        answer = await request(self.app, http_scope("POST", "/values/negotiate", query=query))
        reply = json.loads(answer.body)
        self.connection_id, self.token = reply["connectionId"], reply["connectionToken"]

    def socket(self) -> WebSocketExchange:
        return WebSocketExchange(self.app, websocket_scope("/values", query=f"id={self.token}"))

    async def send(self, value: int, key: str | None = "the value") -> None:
        await self.signalr.hub_context(ValuesHub).clients.all.send("Value", value, key=key)


@asynccontextmanager
async def site() -> AsyncIterator[Site]:
    signalr = SignalR()
    app = Starlette(routes=[signalr.map_hub("/values", ValuesHub, http=HTTP)])
    async with no_task_left(), signalr.lifespan():
        found = Site(signalr, app)
        await found.negotiate()
        yield found


def messages(socket: WebSocketExchange) -> list[dict[str, Any]]:
    text = "".join(frame for frame in socket.frames if isinstance(frame, str))
    return [json.loads(part) for part in text.split("\x1e") if part]


def values(socket: WebSocketExchange) -> list[int]:
    return [message["arguments"][0] for message in messages(socket) if message.get("type") == 1]


async def shake_hands(socket: WebSocketExchange) -> None:
    await socket.accepted()
    socket.send_text(HANDSHAKE)
    await socket.frames_are("{}\x1e")


@pytest.mark.parametrize("is_released", [True, False])
async def test_both_sides_count_the_same_when_values_are_replaced(*, is_released: bool) -> None:
    async with site() as here:
        async with here.socket() as first:
            await shake_hands(first)
            first.hold()
            for number in range(50):
                await here.send(number)
                await settle()
            statistics = ValuesHub.contexts[here.connection_id].statistics()
            assert statistics.messages_replaced == 50 - 1 - MANY - 1
            await here.send(100, None)
            await here.send(101)
            numbered = [*range(1 + MANY)]
            if is_released:
                first.release()
                await first.until(lambda: 101 in values(first))
                numbered += [49, 100, 101]
                assert values(first) == numbered
            first.disconnect(1006)
            await first.finished()
        await here.send(102)
        await here.send(103)
        async with here.socket() as second:
            await second.accepted()
            second.send_text('{"type":9,"sequenceId":1}\x1e')
            await second.until(lambda: 103 in values(second))
            assert messages(second)[0] == {"type": 9, "sequenceId": 1}
            rest = [103] if is_released else [49, 100, 103]
            assert values(second) == numbered + rest
            second.send_text(f'{{"type":8,"sequenceId":{len(values(second))}}}\x1e')
            second.send_text('{"type":1,"target":"Echo","arguments":["hi"],"invocationId":"1"}\x1e')
            await second.until(lambda: messages(second)[-1].get("result") == "hi")
            second.disconnect()
            await second.finished()
