"""A client that loses its socket and comes back: its hub notices nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator  # noqa: TC003 - annotations of hubs are read at start-up
from typing import TYPE_CHECKING, ClassVar

import pytest

from signalr_py import Hub, HubOptions
from signalr_py.transports.base import SendLimits
from tests.support.clock import ManualClock
from tests.support.hub_server import HubServer, serve
from tests.support.tasks import settle

if TYPE_CHECKING:
    from tests.support.hub_client import HubClient, ProtocolName

BOTH = pytest.mark.parametrize("protocol", ["json", "messagepack"])
CALL_RESULT = "the result"


class WatchedHub(Hub):
    events: ClassVar[list[str]] = []
    gate: ClassVar[asyncio.Event]

    async def on_connected(self) -> None:
        self.events.append("connected")

    async def on_disconnected(self, error: Exception | None) -> None:
        self.events.append(f"disconnected {error}")

    async def join(self, group: str) -> None:
        await self.groups.add(self.context.connection_id, group)

    async def note(self, text: str) -> str:
        self.events.append(text)
        return text

    async def wait(self) -> str:
        await self.gate.wait()
        return CALL_RESULT

    async def ask(self) -> str:
        answer: str = await self.clients.caller.invoke("Answer", result_type=str)
        return answer

    async def count(self, items: AsyncIterable[int]) -> int:
        return sum([item async for item in items])

    async def numbers(self) -> AsyncIterator[int]:
        yield 1
        await self.gate.wait()
        yield 2

    async def repeated(self, text: str, count: int) -> AsyncIterator[str]:
        for _ in range(count):
            yield text

    async def flood(self, size: int) -> None:
        await self.clients.caller.send("Receive", "x" * size)
        self.events.append("the flood has been taken")

    async def leave(self) -> None:
        self.context.abort()


@pytest.fixture(autouse=True)
def fresh_hub() -> None:
    WatchedHub.events.clear()
    WatchedHub.gate = asyncio.Event()


async def connect(server: HubServer, protocol: ProtocolName = "json") -> HubClient:
    client = server.open(protocol, is_stateful=True)
    client.request_handshake(version=2)
    await client.until(lambda: client.duplex.is_reading)
    assert client.handshake_answer == {}
    assert client.duplex.is_resumable
    return client


def behind(client: HubClient, mark: int) -> list[dict[str, object]]:
    """Return what was received since a mark, which is a number of messages."""
    return client.received[mark:]


@BOTH
async def test_what_is_sent_while_the_client_is_away_arrives_when_it_is_back(protocol: ProtocolName) -> None:
    async with serve(WatchedHub) as server:
        client = await connect(server, protocol)
        await client.invoke("Join", "group")
        client.send({"type": 8, "sequenceId": 1})
        mark = len(client.received)
        client.duplex.lose()
        await server.context.clients.group("group").send("Receive", "missed")
        assert behind(client, mark) == []
        client.duplex.come_back()
        first, second = behind(client, mark)
        assert first == {"type": 9, "sequenceId": 2}
        assert second["arguments"] == ["missed"]
        assert WatchedHub.events == ["connected"]


@BOTH
async def test_what_is_not_acknowledged_is_sent_again(protocol: ProtocolName) -> None:
    async with serve(WatchedHub) as server:
        client = await connect(server, protocol)
        await client.invoke("Note", "one")
        mark = len(client.received)
        client.duplex.lose()
        client.duplex.come_back()
        sequence, answer = behind(client, mark)
        assert (sequence, answer) == ({"type": 9, "sequenceId": 1}, client.received[0])


@BOTH
async def test_a_call_that_is_sent_again_does_not_run_again(protocol: ProtocolName) -> None:
    async with serve(WatchedHub) as server:
        client = await connect(server, protocol)
        one, message = client.invocation("Note", "one")
        client.send(message)
        await client.answer(one)
        client.duplex.lose()
        client.duplex.come_back()
        client.send({"type": 9, "sequenceId": 1}, message)
        assert await client.invoke("Note", "two") == "two"
        assert WatchedHub.events == ["connected", "one", "two"]


@BOTH
async def test_half_a_message_of_the_old_socket_is_dropped(protocol: ProtocolName) -> None:
    async with serve(WatchedHub) as server:
        client = await connect(server, protocol)
        call, message = client.invocation("Note", "one")
        client.send_bytes(client.encode(message)[:-5])
        client.duplex.lose()
        client.duplex.come_back()
        client.send({"type": 9, "sequenceId": 1}, message)
        assert (await client.answer(call))["result"] == "one"
        assert WatchedHub.events == ["connected", "one"]


async def test_what_stands_behind_a_call_that_waits_for_its_turn_is_taken_once() -> None:
    async with serve(WatchedHub) as server:
        client = await connect(server)
        first = client.start("Wait")
        held, held_message = client.invocation("Note", "held")
        behind_it, message = client.invocation("Note", "behind it")
        client.send(held_message, message)
        client.duplex.lose()
        client.duplex.come_back()
        WatchedHub.gate.set()
        client.send({"type": 9, "sequenceId": 1})
        client.send({"type": 1, "invocationId": first, "target": "Wait", "arguments": []}, held_message, message)
        assert (await client.answer(first))["result"] == CALL_RESULT
        assert (await client.answer(held))["result"] == "held"
        assert (await client.answer(behind_it))["result"] == "behind it"
        assert WatchedHub.events == ["connected", "held", "behind it"]


@BOTH
async def test_a_running_call_is_answered_on_the_new_socket(protocol: ProtocolName) -> None:
    async with serve(WatchedHub) as server:
        client = await connect(server, protocol)
        call = client.start("Wait")
        client.duplex.lose()
        WatchedHub.gate.set()
        await settle()
        client.duplex.come_back()
        assert (await client.answer(call))["result"] == CALL_RESULT


async def test_a_stream_an_upload_and_a_question_go_on() -> None:
    async with serve(WatchedHub, HubOptions(maximum_parallel_invocations_per_client=3)) as server:
        client = await connect(server)
        client.send({"type": 4, "invocationId": "stream", "target": "Numbers", "arguments": []})
        upload = {"type": 1, "invocationId": "upload", "target": "Count", "arguments": [], "streamIds": ["s"]}
        client.send(upload, {"type": 2, "invocationId": "s", "item": 40})
        asking = client.start("Ask")
        question = await client.take(lambda message: message["type"] == 1)
        client.duplex.lose()
        WatchedHub.gate.set()
        await settle()
        client.duplex.come_back()
        client.send({"type": 9, "sequenceId": 5})
        client.send({"type": 2, "invocationId": "s", "item": 2}, {"type": 3, "invocationId": "s"})
        client.send({"type": 3, "invocationId": question["invocationId"], "result": "yes"})
        assert (await client.answer("upload"))["result"] == 42
        assert (await client.answer(asking))["result"] == "yes"
        await client.answer("stream")
        items = [m["item"] for m in client.received if m["type"] == 2]
        assert items == [1, 1, 2], "the first one was not acknowledged"


async def test_an_item_that_does_not_fit_counts() -> None:
    async with serve(WatchedHub) as server:
        client = await connect(server)
        upload = {"type": 1, "invocationId": "upload", "target": "Count", "arguments": [], "streamIds": ["s"]}
        bad_item = {"type": 2, "invocationId": "s", "item": "no number"}
        bad_call = {"type": 1, "invocationId": "bad", "target": "Note", "arguments": []}
        client.send(upload, bad_item, bad_call)
        assert "error" in await client.answer("upload")
        assert "error" in await client.answer("bad")
        client.duplex.lose()
        client.duplex.come_back()
        mark = len(client.received)
        client.send({"type": 9, "sequenceId": 2}, bad_item, bad_call)
        assert await client.invoke("Note", "fourth") == "fourth"
        assert [message["type"] for message in behind(client, mark)] == [3]


async def test_a_sequence_from_the_future_ends_the_connection() -> None:
    async with serve(WatchedHub) as server:
        client = await connect(server)
        client.duplex.lose()
        client.duplex.come_back()
        client.send({"type": 9, "sequenceId": 2})
        closing = await client.ended()
        assert closing == {"type": 7, "error": "Connection closed with an error.", "allowReconnect": True}
        assert not client.duplex.is_resumable
    text = "Sequence ID greater than amount of messages we've received."
    assert WatchedHub.events == ["connected", f"disconnected {text}"]


@pytest.mark.parametrize("version", [1, 2])
async def test_a_client_that_has_not_negotiated_it_or_does_not_number_its_messages_cannot_come_back(
    version: int,
) -> None:
    async with serve(WatchedHub) as server:
        client = server.open(is_stateful=version == 1)
        client.request_handshake(version=version)
        await client.invoke("Note", "one")
        assert not client.duplex.is_resumable
        client.send({"type": 8, "sequenceId": 1}, {"type": 9, "sequenceId": 7})
        client.connection.reconnected()
        client.connection.tick(server.handler.clock())
        assert await client.invoke("Note", "two") == "two"
        assert {message["type"] for message in client.received} == {3}


@pytest.mark.parametrize("ending", ["close", "abort", "leave", "expiry", "end of input"])
async def test_every_end_of_the_connection_ends_it_for_good(ending: str) -> None:
    async with serve(WatchedHub) as server:
        client = await connect(server)
        match ending:
            case "close":
                client.send({"type": 7})
            case "abort":
                client.start("Leave")
            case "leave":
                client.connection.leave(at_once=True)
            case "expiry":
                client.connection.authentication_expired()
            case _:
                client.leave()
        await client.ended()
        assert not client.duplex.is_resumable
        count = len(client.received)
        client.connection.reconnected()
        assert len(client.received) == count
    assert WatchedHub.events == ["connected", "disconnected None"]


async def test_silence_means_nothing_while_the_client_is_away() -> None:
    clock = ManualClock()
    async with serve(WatchedHub, HubOptions(client_timeout_interval=30), clock=clock) as server:
        client = await connect(server)
        client.send({"type": 6})
        client.connection.tick(clock.now)
        client.duplex.lose()
        client.connection.tick(clock.advance(60))
        assert client.connection.is_open
        client.duplex.come_back()
        client.connection.tick(clock.now)
        client.connection.tick(clock.advance(29))
        assert client.connection.is_open
        client.connection.tick(clock.advance(1))
        await client.ended()
    assert WatchedHub.events[1].startswith("disconnected Client hasn't sent a message/ping")


async def test_messages_are_acknowledged_at_the_next_tick() -> None:
    clock = ManualClock()
    async with serve(WatchedHub, clock=clock) as server:
        client = await connect(server)
        await client.invoke("Note", "one")
        client.connection.tick(clock.advance(1))
        client.connection.tick(clock.advance(1))
        assert [m for m in client.received if m["type"] == 8] == [{"type": 8, "sequenceId": 1}]


async def test_whoever_sends_to_one_client_waits_while_its_buffer_is_full() -> None:
    async with serve(WatchedHub, HubOptions(stateful_reconnect_buffer_size=100)) as server:
        client = await connect(server)
        client.start("Flood", 200)
        await client.expect("Receive")
        await settle()
        assert WatchedHub.events == ["connected"]
        client.send({"type": 8, "sequenceId": 1})
        await client.answer("1")
        assert WatchedHub.events == ["connected", "the flood has been taken"]


async def test_a_call_in_line_in_front_of_an_acknowledgement_does_not_hold_up_the_one_that_waits_for_it() -> None:
    async with serve(WatchedHub, HubOptions(stateful_reconnect_buffer_size=100)) as server:
        client = await connect(server)
        client.start("Flood", 200)
        client.start("Note", "behind")
        await client.answer("2")
        assert WatchedHub.events == ["connected", "the flood has been taken", "behind"]


async def test_a_call_in_line_in_front_of_acknowledgements_lets_no_stream_end_the_connection() -> None:
    async with serve(WatchedHub, HubOptions(stateful_reconnect_buffer_size=100)) as server:
        client = await connect(server)
        client.duplex.send_limits = SendLimits(1_000, 4_096)
        client.start("Wait")
        client.send({"type": 4, "invocationId": "s", "target": "Repeated", "arguments": ["x" * 50, 100]})
        note = client.start("Note", "in line")
        await settle()
        WatchedHub.gate.set()
        await client.answer(note)
        for number in range(1, 104):
            client.send({"type": 8, "sequenceId": number})
            await settle()
        assert await client.answer("s") == {"type": 3, "invocationId": "s"}
        assert WatchedHub.events == ["connected", "in line"]


async def test_one_full_buffer_never_delays_the_others() -> None:
    async with serve(WatchedHub, HubOptions(stateful_reconnect_buffer_size=100)) as server:
        full, away, other = [await connect(server) for _ in range(3)]
        await full.invoke("Note", "x" * 200)
        away.duplex.lose()
        for number in range(10):
            await server.context.clients.all.send("Receive", f"{number}")
        assert [arguments for (arguments,) in other.calls("Receive")] == [f"{number}" for number in range(10)]


async def test_a_buffer_that_stays_full_ends_the_connection() -> None:
    clock = ManualClock()
    async with serve(WatchedHub, HubOptions(stateful_reconnect_buffer_size=100), clock=clock) as server:
        client = await connect(server)
        client.start("Flood", 200)
        await client.expect("Receive")
        client.connection.tick(clock.advance(1))
        client.connection.tick(clock.advance(5))
        closing = await client.ended()
        assert closing == {"type": 7, "error": "Connection closed with an error.", "allowReconnect": True}
    assert WatchedHub.events[-1].startswith("disconnected The client has acknowledged nothing for 5 seconds")


async def test_far_too_much_for_a_client_that_is_away_ends_its_connection() -> None:
    async with serve(WatchedHub) as server:
        client = await connect(server)
        client.duplex.send_limits = SendLimits(1_000_000, 5)
        client.duplex.lose()
        for number in range(6):
            await server.context.clients.all.send("Receive", f"{number}")
        await client.until(lambda: bool(client.duplex.closes))
    assert WatchedHub.events == ["connected", "disconnected The client does not read fast enough."]


async def test_a_client_that_does_not_come_back_is_gone_without_an_error() -> None:
    async with serve(WatchedHub) as server:
        client = await connect(server)
        client.duplex.lose()
        client.duplex.is_suspended = False
        client.leave()
        await client.ended()
    assert WatchedHub.events == ["connected", "disconnected None"]
