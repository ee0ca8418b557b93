"""One test for each trap that implementations of this protocol have fallen into, by name."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterable  # noqa: TC003 - annotations of hubs are read at start-up
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from signalr_py import ClientDisconnectedError, HttpConnectionOptions, Hub, SignalR
from signalr_py.options import MessagePackPayload
from signalr_py.protocol.messagepack import MessagePackHubProtocol
from signalr_py.protocol.messages import CancelInvocationMessage, CompletionMessage, InvocationMessage
from tests.support.asgi import hub_session
from tests.support.exchanges import WebSocketExchange, websocket_scope
from tests.support.hub_client import codec
from tests.support.tasks import SENDS_AT_ONCE, no_task_left, settle

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from signalr_py.protocol.messages import HubMessage
    from signalr_py.transports.manager import ConnectionManager

NEGOTIATE = "/chat/negotiate?negotiateVersion=1"
HANDSHAKE = '{"protocol":"json","version":1}\x1e'


class ChatHub(Hub):
    async def on_connected(self) -> None:
        await self.groups.add(self.context.connection_id, "everybody")

    async def echo(self, value: Any) -> Any:
        return value

    async def to_everybody(self, text: str) -> None:
        await self.clients.group("everybody").send("Said", text)

    async def unannotated(self):  # type: ignore[no-untyped-def]
        return {"still": "here"}

    async def not_a_number(self) -> list[float]:
        return [float("nan"), float("inf"), -float("inf")]


@pytest.fixture
def signalr() -> SignalR:
    return SignalR(shutdown_timeout=0)


@pytest.fixture
def client(signalr: SignalR) -> Iterator[TestClient]:
    app = Starlette(
        routes=[signalr.map_hub("/chat", ChatHub, http=HttpConnectionOptions(poll_timeout=0.05))],
        lifespan=signalr.lifespan,
    )
    with TestClient(app) as client:
        yield client


def open_with_polls(client: TestClient) -> str:
    """Negotiate and send the first poll, and return the address of the connection."""
    address = f"/chat?id={client.post(NEGOTIATE).json()['connectionToken']}"
    assert client.get(address).status_code == 200
    return address


def test_json_goes_out_in_text_frames(client: TestClient) -> None:
    with client.websocket_connect("/chat") as socket:
        socket.send_text(HANDSHAKE)
        assert socket.receive() == {"type": "websocket.send", "text": "{}\x1e"}
        socket.send_bytes(b'{"type":1,"invocationId":"1","target":"Echo","arguments":["hi"]}\x1e')
        assert "text" in socket.receive()


def test_messagepack_goes_out_in_binary_frames_from_the_handshake_on(client: TestClient) -> None:
    with client.websocket_connect("/chat") as socket:
        socket.send_text('{"protocol":"messagepack","version":1}\x1e')
        assert socket.receive() == {"type": "websocket.send", "bytes": b"{}\x1e"}
        socket.send_bytes(
            codec("messagepack").encode({"type": 1, "invocationId": "1", "target": "Echo", "arguments": [1]})
        )
        answer = socket.receive()
        assert codec("messagepack").decode(answer["bytes"]) == [{"type": 3, "invocationId": "1", "result": 1}]


@pytest.mark.parametrize(
    "message",
    [InvocationMessage("M"), CompletionMessage("1", result=1, has_result=True), CancelInvocationMessage("1")],
)
def test_messagepack_headers_are_an_empty_map(message: HubMessage) -> None:
    data = MessagePackHubProtocol(MessagePackPayload()).encode(message)
    assert data[3:4] == b"\x80"


def test_the_first_poll_returns_at_once_and_empty(client: TestClient) -> None:
    address = f"/chat?id={client.post(NEGOTIATE).json()['connectionToken']}"
    client.post(address, content=HANDSHAKE)
    first = client.get(address)
    assert (first.status_code, first.content, first.headers["content-length"]) == (200, b"", "0")
    assert client.get(address).content == b"{}\x1e"


def test_the_poll_timeout_is_not_the_disconnect_timeout(client: TestClient) -> None:
    address = open_with_polls(client)
    for _ in range(3):
        late = client.get(address)
        assert (late.status_code, late.content) == (200, b"")
    client.post(address, content=HANDSHAKE)
    assert client.get(address).content == b"{}\x1e"


@pytest.mark.parametrize("cut", [1, 15, len(HANDSHAKE) - 1])
def test_the_handshake_may_be_split(client: TestClient, cut: int) -> None:
    with client.websocket_connect("/chat") as socket:
        socket.send_text(HANDSHAKE[:cut])
        socket.send_text(HANDSHAKE[cut:])
        assert socket.receive_text() == "{}\x1e"


def test_the_handshake_may_be_followed_by_messages_in_the_same_chunk(client: TestClient) -> None:
    call = '{"type":1,"invocationId":"1","target":"Echo","arguments":["hi"]}\x1e'
    with client.websocket_connect("/chat") as socket:
        socket.send_text(HANDSHAKE + call + call[:20])
        assert socket.receive_text() == "{}\x1e"
        assert json.loads(socket.receive_text()[:-1])["result"] == "hi"
        socket.send_text(call[20:])
        assert json.loads(socket.receive_text()[:-1])["result"] == "hi"


def test_groups_joined_in_on_connected_work(client: TestClient) -> None:
    with hub_session(client, "/chat") as one, hub_session(client, "/chat") as two:
        assert two.invoke("Echo", 1) == 1
        one.start("ToEverybody", "hello")
        assert one.expect("Said") == two.expect("Said") == ["hello"]


def test_a_method_without_a_return_annotation_returns_its_value(client: TestClient) -> None:
    with hub_session(client, "/chat") as session:
        assert session.invoke("Unannotated") == {"still": "here"}


@asynccontextmanager
async def one_socket(hub_type: type[Hub]) -> AsyncIterator[WebSocketExchange]:
    """Serve a hub and yield a socket to it, its handshake finished; nothing may be left of either."""
    signalr = SignalR()
    app = Starlette(routes=[signalr.map_hub("/chat", hub_type)])
    async with no_task_left(), signalr.lifespan(), WebSocketExchange(app, websocket_scope("/chat")) as exchange:
        await exchange.accepted()
        exchange.send_text(HANDSHAKE)
        await exchange.frames_are("{}\x1e")
        yield exchange


async def test_an_upload_cut_off_by_a_disconnect_raises() -> None:
    lines: list[str] = []

    class H(Hub):
        async def collect(self, numbers: AsyncIterable[int]) -> None:
            total = 0
            try:
                async for number in numbers:
                    total += number
                lines.append("a normal end")
            except ClientDisconnectedError as error:
                lines.append(f"{total}: {error}")

    async with one_socket(H) as exchange:
        exchange.send_text('{"type":1,"target":"Collect","arguments":[],"streamIds":["s"]}\x1e')
        exchange.send_text('{"type":2,"invocationId":"s","item":1}\x1e{"type":2,"invocationId":"s","item":2}\x1e')
        exchange.disconnect()
        await exchange.finished()
    assert lines == ["3: The underlying connection was closed."]


async def test_a_client_result_fails_when_the_client_leaves() -> None:
    lines: list[str] = []

    class H(Hub):
        async def ask(self) -> None:
            try:
                await self.clients.caller.invoke("Question", result_type=int)
            except ClientDisconnectedError as error:
                lines.append(str(error).replace(self.context.connection_id, "ID"))

    async with one_socket(H) as exchange:
        exchange.send_text('{"type":1,"target":"Ask","arguments":[]}\x1e')
        await exchange.until(lambda: len(exchange.frames) == 2)
        exchange.disconnect()
        await exchange.finished()
    assert lines == ["Connection 'ID' disconnected."]


def test_a_completion_that_nobody_waits_for_is_ignored(client: TestClient) -> None:
    with hub_session(client, "/chat") as session:
        session.send({"type": 3, "invocationId": "s1", "result": "late"})
        assert session.invoke("Echo", 1) == 1


def test_nan_is_never_written(client: TestClient) -> None:
    with client.websocket_connect("/chat") as socket:
        socket.send_text(HANDSHAKE)
        socket.receive_text()
        socket.send_text('{"type":1,"invocationId":"1","target":"NotANumber","arguments":[]}\x1e')
        text = socket.receive_text()
        assert "NaN" not in text
        assert "Infinity" not in text

        def refuse(constant: str) -> None:
            raise AssertionError(constant)

        assert json.loads(text[:-1], parse_constant=refuse)["invocationId"] == "1"


def test_a_flood_of_negotiates_keeps_memory_flat(client: TestClient, signalr: SignalR) -> None:
    managers: list[ConnectionManager] = vars(signalr)["_managers"]
    (manager,) = managers

    def held() -> int:
        return sum(map(sys.getsizeof, vars(manager).values())) + len(manager.connections)

    client.post(NEGOTIATE)
    before = held()
    tokens = {client.post(NEGOTIATE).json()["connectionToken"] for _ in range(200)}
    assert len(tokens) == 200
    assert held() == before


async def test_a_stalled_client_does_not_delay_the_others() -> None:
    reasons: list[str] = []

    class H(Hub):
        async def on_disconnected(self, error: Exception | None) -> None:
            reasons.append(str(error))

    signalr = SignalR()
    route = signalr.map_hub("/chat", H, http=HttpConnectionOptions(maximum_send_buffer_messages=10))
    app = Starlette(routes=[route])
    async with (
        no_task_left(),
        signalr.lifespan(),
        WebSocketExchange(app, websocket_scope("/chat")) as stalled,
        WebSocketExchange(app, websocket_scope("/chat")) as healthy,
    ):
        for exchange in (stalled, healthy):
            await exchange.accepted()
            exchange.send_text(HANDSHAKE)
            await exchange.frames_are("{}\x1e")
        stalled.hold()
        for number in range(50):
            await signalr.hub_context(H).clients.all.send("Said", number)
            if not SENDS_AT_ONCE:
                await settle()
            assert len(healthy.frames) == number + 2
        await stalled.finished()
        assert stalled.frames == ["{}\x1e"]
        assert reasons == ["The client does not read fast enough."]
        healthy.disconnect()
        await healthy.finished()
