from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from signalr_py import Hub, HubOptions, RemoteProtocolError
from tests.support.gates import Gate, gated_hub
from tests.support.hub_client import RS
from tests.support.hub_server import serve
from tests.support.tasks import settle

if TYPE_CHECKING:
    from tests.support.hub_client import HubClient, ProtocolName

PING = {"type": 6}


def results(client: HubClient) -> list[Any]:
    return [message["result"] for message in client.received if message["type"] == 3 and "result" in message]


class EchoHub(Hub):
    async def echo(self, value: Any) -> Any:
        return value


@pytest.mark.parametrize("protocol", ["json", "messagepack"])
async def test_messages_are_answered_in_their_order(protocol: ProtocolName) -> None:
    async with serve(EchoHub) as server:
        client = server.connect(protocol)
        calls = [client.invocation("Echo", number) for number in range(20)]
        client.send(*(message for _, message in calls))
        for call, _ in calls:
            await client.answer(call)
        assert results(client) == list(range(20))


@pytest.mark.parametrize("protocol", ["json", "messagepack"])
async def test_messages_may_be_cut_anywhere(protocol: ProtocolName) -> None:
    async with serve(EchoHub) as server:
        client = server.connect(protocol)
        one, first = client.invocation("Echo", "one")
        two, second = client.invocation("Echo", "two")
        data = client.encode(first, second)
        for number in range(len(data)):
            client.send_bytes(data[number : number + 1])
        assert (await client.answer(one))["result"] == "one"
        assert (await client.answer(two))["result"] == "two"


@pytest.mark.parametrize(
    "message",
    [
        {"type": 2, "invocationId": "9", "item": 1},
        {"type": 3, "invocationId": "9", "result": 1},
        {"type": 3, "invocationId": "9", "error": "no"},
        {"type": 5, "invocationId": "9"},
        {"type": 6},
        {"type": 8, "sequenceId": 1},
        {"type": 9, "sequenceId": 1},
        {"type": 77, "what": "ever"},
    ],
)
@pytest.mark.parametrize("protocol", ["json", "messagepack"])
async def test_messages_that_mean_nothing_here_are_ignored(protocol: ProtocolName, message: dict[str, Any]) -> None:
    async with serve(EchoHub) as server:
        client = server.connect(protocol)
        call, echo = client.invocation("Echo", "hi")
        client.send(message, echo)
        assert (await client.answer(call))["result"] == "hi"
        assert len(client.received) == 1


async def test_groups_joined_in_on_connected_work() -> None:
    class H(Hub):
        async def on_connected(self) -> None:
            await self.groups.add(self.context.connection_id, "everybody")
            await self.clients.group("everybody").send("Joined", self.context.connection_id)

    async with serve(H) as server:
        first, second = server.connect(), server.connect()
        await second.expect("Joined")
        await settle()
        assert first.calls("Joined") == [["c1"], ["c2"]]
        assert second.calls("Joined") == [["c2"]]
        await server.context.clients.group("everybody").send("Hello")
        assert await first.expect("Hello") == await second.expect("Hello") == []


async def test_groups_and_users_are_forgotten_with_the_connection() -> None:
    class H(Hub):
        async def on_connected(self) -> None:
            await self.groups.add(self.context.connection_id, "g")

    async with serve(H, user_id=lambda _: "bob") as server:
        client, other = server.connect(), server.connect()
        await settle()
        registry = server.lifetime.registry
        assert registry.groups_of(client.connection_id) == {"g"}
        client.leave()
        await client.ended()
        await settle()
        assert registry.get(client.connection_id) is None
        assert registry.groups_of(client.connection_id) == frozenset()
        await server.context.clients.user("bob").send("Hello")
        await server.context.clients.group("g").send("Hello")
        assert other.calls("Hello") == [[], []]
        assert client.calls("Hello") == []
        other.leave()
        await other.ended()
        await settle()
        assert registry.group_count == len(registry) == 0


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (b"nonsense", "Error reading JSON."),
        (b"[]", "Unexpected JSON Token Type 'Array'. Expected a JSON Object."),
        (b'{"type":1,"invocationId":"1","arguments":[]}', "Missing required property 'target'."),
        (b'{"type":"1"}', "Expected 'type' to be of type Number."),
    ],
)
@pytest.mark.parametrize("detailed", [False, True])
async def test_a_fault_of_the_client_closes_behind_what_came_before(fault: bytes, text: str, detailed: Any) -> None:
    reasons: list[Exception | None] = []

    class H(EchoHub):
        async def on_disconnected(self, error: Exception | None) -> None:
            reasons.append(error)

    async with serve(H, HubOptions(enable_detailed_errors=detailed)) as server:
        client = server.connect()
        _, before = client.invocation("Echo", "before")
        _, after = client.invocation("Echo", "after")
        client.send_bytes(client.encode(before) + fault + RS + client.encode(after))
        closing = await client.ended()
    detail = f" RemoteProtocolError: {text}" if detailed else ""
    assert closing == {"type": 7, "error": f"Connection closed with an error.{detail}", "allowReconnect": True}
    (reason,) = reasons
    assert isinstance(reason, RemoteProtocolError)
    assert str(reason) == text
    assert client.duplex.closes == [False]
    # A plain task on Python 3.11 ends after the connection has.
    assert results(client) in (["before"], [])


@pytest.mark.parametrize("protocol", ["json", "messagepack"])
async def test_a_message_that_is_too_large(protocol: ProtocolName) -> None:
    async with serve(EchoHub, HubOptions(maximum_receive_message_size=200, enable_detailed_errors=True)) as server:
        client = server.connect(protocol)
        assert await client.invoke("Echo", "x" * 100) == "x" * 100
        _, small = client.invocation("Echo", "before")
        _, large = client.invocation("Echo", "x" * 200)
        client.send(small, large)
        closing = await client.ended()
        assert closing == {
            "type": 7,
            "error": "Connection closed with an error. RemoteProtocolError: "
            "The maximum message size of 200B was exceeded. "
            "The message size can be configured with HubOptions(maximum_receive_message_size=...).",
            "allowReconnect": True,
        }


async def test_a_message_of_exactly_the_allowed_size() -> None:
    async with serve(EchoHub) as server:
        client = server.connect()
        _, message = client.invocation("Echo", "")
        message["arguments"] = ["x" * (32_768 - len(client.encode(message)))]
        assert len(client.encode(message)) == 32_768
        client.send(message)
        await client.answer("1")


async def test_without_a_limit_messages_may_be_large() -> None:
    async with serve(EchoHub, HubOptions(maximum_receive_message_size=None)) as server:
        client = server.connect()
        assert await client.invoke("Echo", "x" * 1_000_000) == "x" * 1_000_000


async def test_the_log_has_one_line_for_a_fault_and_no_payload(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    async with serve(EchoHub) as server:
        client = server.connect()
        client.send_bytes(b'{"type":1,"target":"Echo","arguments":"hunter2"}\x1e')
        client.send_bytes(b'{"type":1,"target":"hunter2"}\x1e')
        await client.ended()
    (line,) = caplog.messages
    assert line.startswith("Connection c1 is closed with an error: ")
    assert "hunter2" not in line


async def test_nothing_is_taken_from_a_connection_that_is_closed() -> None:
    gate = Gate()
    async with serve(gated_hub(gate)) as server:
        client = server.connect()
        _, quick = client.invocation("Quick", "late")
        client.send({"type": 7}, quick)
        client.connection.feed(client.encode(quick))
        await client.ended()
        client.connection.feed(client.encode(quick))
        client.connection.end_of_input()
        client.connection.abort()
        await settle()
        assert gate.started == []
        assert client.duplex.closes == [False]


@pytest.mark.parametrize("method", ["Abort", "AbortInThread"])
async def test_abort_drops_the_answer_of_the_call_and_all_that_is_sent_later(method: str) -> None:
    async with serve(gated_hub(Gate())) as server:
        client = server.connect()
        client.start(method)
        assert await client.ended() == {"type": 7}
        await server.context.clients.client(client.connection_id).send("Late")
        await settle()
        assert client.received == [{"type": 7}]


async def test_a_broadcast_that_finds_a_client_lost_reaches_the_others() -> None:
    async with serve(EchoHub) as server:
        lost, other = server.connect(), server.connect()
        lost.duplex.on_write = lambda _: lost.leave()
        await server.context.clients.all.send("Hello")
        assert await other.expect("Hello") == []
        await lost.ended()
