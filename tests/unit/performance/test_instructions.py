"""The hot paths execute no more bytecode than they did: counted, so that neither machine nor load matters."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from starlette.requests import HTTPConnection

from signalr_py import Hub
from signalr_py.hub.client_results import ClientResults
from signalr_py.hub.methods import ConnectionBinder, HubBinder, MethodTable
from signalr_py.hub.targets import Connections
from signalr_py.options import HttpConnectionOptions
from signalr_py.protocol.json import JsonHubProtocol
from signalr_py.protocol.messagepack import MessagePackHubProtocol
from signalr_py.protocol.messages import CompletionMessage, InvocationMessage
from signalr_py.transports.connection import TransportConnection
from signalr_py.types import TransportType
from tests.support.connections import Attached
from tests.support.hub_server import HubServer, serve
from tests.support.instructions import Cost, cost_of, counted
from tests.support.tasks import SENDS_AT_ONCE

if TYPE_CHECKING:
    from tests.support.hub_client import ProtocolName

PROTOCOLS: list[ProtocolName] = ["json", "messagepack"]
EACH = pytest.mark.parametrize("protocol", PROTOCOLS)
CALLS = 20

ECHO = {"json": 620, "messagepack": 610}
ECHO_EARLIER = {"json": 660, "messagepack": 650}
CODEC = {"json": 225, "messagepack": 220}
CODEC_EARLIER = {"json": 235, "messagepack": 240}
DELIVERY, DELIVERY_EARLIER = 83, 80
LOOKUP, LOOKUP_EARLIER = 51, 58
"""Bounds, about a tenth above what was counted on Python 3.13 and on 3.11."""


@dataclass
class Order:
    number: int
    name: str
    price: float
    tags: list[str]
    is_paid: bool


ARGUMENTS: dict[str, Any] = {
    "echo": "Hello, world!",
    "order": {"number": 7, "name": "chair", "price": 12.5, "tags": ["a", "b"], "is_paid": True},
}


class EchoHub(Hub):
    async def echo(self, text: str) -> str:
        return text

    async def order(self, order: Order) -> Order:
        return order


class Line:
    """One client over a transport connection whose socket takes everything at once."""

    def __init__(self, server: HubServer, connection_id: str, protocol: ProtocolName = "json") -> None:
        self.connection = TransportConnection(
            connection_id,
            b"",
            options=HttpConnectionOptions(),
            clock=lambda: 0.0,
            create_handler=server.handler.connect,
            established=lambda _: None,
        )
        self.connection.choose(TransportType.WEB_SOCKETS, HTTPConnection({"type": "websocket", "headers": []}))
        self.socket = Attached(is_free=True)
        self.connection.attach(self.socket)
        self.connection.feed(b'{"protocol":"%s","version":1}\x1e' % protocol.encode())
        self.socket.sent.clear()


def call_of(protocol: ProtocolName, target: str) -> bytes:
    arguments = [ARGUMENTS[target]]
    if protocol == "json":
        return json.dumps({"type": 1, "invocationId": "1", "target": target, "arguments": arguments}).encode() + b"\x1e"
    body = msgspec.msgpack.encode([1, {}, "1", target, arguments, []])
    return bytes([len(body)]) + body


def bound(*, current: int, earlier: int) -> int:
    """Return how many instructions something may take; before Python 3.13 two of them were often needed for one."""
    return current if sys.version_info >= (3, 13) else earlier


async def cost_of_calls(protocol: ProtocolName, target: str) -> Cost:
    """Count what calls of a method take from the bytes of the call to those of its answer."""
    async with serve(EchoHub) as server:
        line = Line(server, "c1", protocol)
        call = call_of(protocol, target)
        for _ in range(2):
            line.connection.feed(call)
            await asyncio.sleep(0)
        line.socket.sent.clear()
        with counted() as cost:
            for _ in range(CALLS):
                line.connection.feed(call)
                if not SENDS_AT_ONCE:
                    await asyncio.sleep(0)
        assert len(line.socket.sent) == CALLS
    return cost


@EACH
async def test_a_call_of_a_plain_method(protocol: ProtocolName) -> None:
    cost = await cost_of_calls(protocol, "echo")
    cost.check(bound(current=ECHO[protocol], earlier=ECHO_EARLIER[protocol]), repetitions=CALLS)


@EACH
async def test_a_call_with_a_dataclass_takes_hardly_more(protocol: ProtocolName) -> None:
    cost = await cost_of_calls(protocol, "order")
    cost.check(bound(current=ECHO[protocol] + 40, earlier=ECHO_EARLIER[protocol] + 40), repetitions=CALLS)


async def cost_of_broadcasts(protocol: ProtocolName, receivers: int) -> Cost:
    async with serve(EchoHub) as server:
        lines = [Line(server, f"c{number}", protocol) for number in range(receivers)]
        await server.context.clients.all.send("Receive", "warm-up")
        with counted() as cost:
            await server.context.clients.all.send("Receive", "Hello, world!")
        assert [len(line.socket.sent) for line in lines] == [2] * receivers
    return cost


@EACH
async def test_each_further_receiver_of_a_broadcast(protocol: ProtocolName) -> None:
    many, fewer = await cost_of_broadcasts(protocol, 1_000), await cost_of_broadcasts(protocol, 500)
    many.less(fewer).check(bound(current=DELIVERY, earlier=DELIVERY_EARLIER), repetitions=500)


async def test_finding_one_connection_costs_the_same_among_many() -> None:
    async with serve(EchoHub) as server:
        for number in range(100):
            server.connect(connection_id=f"c{number}")
        cost = cost_of(lambda: server.lifetime.registry.select(Connections(("c50",))))
        cost.check(bound(current=LOOKUP, earlier=LOOKUP_EARLIER))


@EACH
def test_reading_and_writing_a_message(protocol: ProtocolName) -> None:
    hub_protocol = JsonHubProtocol() if protocol == "json" else MessagePackHubProtocol()
    binder = ConnectionBinder(HubBinder(MethodTable(EchoHub), hub_protocol), ClientResults(), hub_protocol)
    reader = hub_protocol.frame_reader(32_768)
    data = call_of(protocol, "echo")

    def read_and_write() -> bytes:
        reader.feed(data)
        frame = reader.next_frame()
        assert frame is not None
        message = hub_protocol.decode(frame, binder)
        assert isinstance(message, InvocationMessage)
        return hub_protocol.encode(CompletionMessage("1", None, message.arguments[0], has_result=True))

    cost_of(read_and_write).check(bound(current=CODEC[protocol], earlier=CODEC_EARLIER[protocol]))
