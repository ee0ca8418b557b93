"""In which order messages are taken, which of them wait, and when reading stops."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from signalr_py import Hub, HubOptions
from tests.support.gates import Gate, gated_hub
from tests.support.hub_server import serve
from tests.support.tasks import settle

if TYPE_CHECKING:
    from tests.support.hub_client import HubClient

PING = {"type": 6}


def results(client: HubClient) -> list[Any]:
    return [message["result"] for message in client.received if message["type"] == 3 and "result" in message]


async def test_a_single_running_call_holds_up_no_other_kind_of_message() -> None:
    gate = Gate()
    async with serve(gated_hub(gate)) as server:
        client = server.connect()
        call = client.start("Work", "a")
        client.send(PING, {"type": 5, "invocationId": "x"}, {"type": 3, "invocationId": "x", "result": 1})
        missing = client.start("Missing")
        assert "error" in await client.answer(missing)
        assert client.duplex.is_reading
        gate.open("a")
        await client.answer(call)


async def test_with_one_slot_calls_run_strictly_in_order() -> None:
    gate = Gate()
    async with serve(gated_hub(gate)) as server:
        client = server.connect()
        for name in "abc":
            client.start("Work", name)
        await settle()
        assert gate.started == ["a"]
        gate.open("c")
        gate.open("b")
        await settle()
        assert gate.started == ["a"]
        gate.open("a")
        await client.until(lambda: len(results(client)) == 3)
        assert gate.started == gate.ended == results(client) == ["a", "b", "c"]


async def test_a_call_without_a_slot_blocks_everything_behind_it_and_stops_reading() -> None:
    gate = Gate()
    async with serve(gated_hub(gate)) as server:
        client = server.connect()
        client.start("Work", "a")
        await settle()
        assert client.duplex.is_reading
        client.start("Work", "b")
        missing, message = client.invocation("Missing")
        client.send(message)
        client.send({"type": 7})
        await settle()
        assert not client.duplex.is_reading
        assert client.duplex.waiting == 2
        assert client.received == []
        gate.open("a")
        await client.answer("1")
        assert client.duplex.is_reading
        assert "error" in await client.answer(missing)
        assert await client.ended() == {"type": 7}
        gate.open("b")


async def test_what_is_already_read_waits_behind_a_call_without_a_slot() -> None:
    gate = Gate()
    async with serve(gated_hub(gate)) as server:
        client = server.connect()
        _, first = client.invocation("Work", "a")
        _, second = client.invocation("Work", "b")
        missing, third = client.invocation("Missing")
        client.send(first, second, third)
        await settle()
        assert client.received == []
        client.connection.feed(client.encode(PING))
        gate.open("a")
        await client.answer(missing)
        await settle()
        assert gate.started == ["a", "b"]
        gate.open("b")
        await client.until(lambda: results(client) == ["a", "b"])


async def test_a_call_without_a_slot_is_dropped_with_its_connection() -> None:
    gate = Gate()
    async with serve(gated_hub(gate)) as server:
        client = server.connect()
        client.start("Work", "a")
        client.start("Work", "b")
        await settle()
        client.connection.abort()
        gate.open("a")
        gate.open("b")
        await client.ended()
        await settle()
        assert gate.ended == gate.started == ["a"]
        assert client.received == [{"type": 7}]


@pytest.mark.parametrize("slots", [1, 2])
async def test_calls_that_came_in_one_chunk_are_started_one_by_one(slots: int) -> None:
    gate = Gate()
    options = HubOptions(maximum_parallel_invocations_per_client=slots)
    async with serve(gated_hub(gate), options) as server:
        client = server.connect()
        names = list("abcde")
        client.send(*(client.invocation("Work", name)[1] for name in names))
        for number, name in enumerate(names):
            await settle()
            assert gate.started == names[: slots + number]
            assert client.duplex.is_reading == (slots + number >= len(names))
            gate.open(name)
        await client.until(lambda: results(client) == names)


@pytest.mark.parametrize("slots", [2, 3])
async def test_with_several_slots_so_many_calls_run_at_once(slots: int) -> None:
    gate = Gate()
    options = HubOptions(maximum_parallel_invocations_per_client=slots)
    async with serve(gated_hub(gate), options) as server:
        client = server.connect()
        names = [str(number) for number in range(slots + 2)]
        for name in names:
            client.start("Work", name)
        await settle()
        assert gate.started == names[:slots]
        assert not client.duplex.is_reading
        gate.open(names[slots - 1])
        await settle()
        assert results(client) == [names[slots - 1]]
        assert gate.started == names[: slots + 1]
        assert not client.duplex.is_reading
        gate.open(names[0])
        await settle()
        assert gate.started == names
        assert client.duplex.is_reading
        for name in names:
            gate.open(name)
        await client.until(lambda: len(results(client)) == len(names))


async def test_calls_that_never_suspend_do_not_pile_up_on_the_stack() -> None:
    gate = Gate()
    async with serve(gated_hub(gate), HubOptions(maximum_receive_message_size=None)) as server:
        client = server.connect()
        _, first = client.invocation("Work", "a")
        quick = [client.invocation("Quick", "q")[1] for _ in range(3000)]
        client.send(first, *quick)
        gate.open("a")
        await client.until(lambda: len(results(client)) == 3001)


async def test_one_blocked_client_does_not_hold_up_another() -> None:
    gate = Gate()
    async with serve(gated_hub(gate)) as server:
        blocked, free = server.connect(), server.connect()
        blocked.start("Work", "a")
        blocked.start("Work", "b")
        assert await free.invoke("Quick", "q") == "q"
        gate.open("a")
        gate.open("b")
        await blocked.until(lambda: results(blocked) == ["a", "b"])


async def test_messages_during_on_connected_wait() -> None:
    gate = Gate()

    class H(Hub):
        async def on_connected(self) -> None:
            await gate.pass_through("connected")

        async def quick(self) -> str:
            gate.started.append("quick")
            return "quick"

    async with serve(H) as server:
        client = server.open()
        call, message = client.invocation("Quick")
        client.request_handshake(behind=client.encode(message))
        assert client.handshake_answer == {}
        client.send(PING)
        await settle()
        assert not client.duplex.is_reading
        assert gate.started == ["connected"]
        assert client.received == []
        gate.open("connected")
        await client.answer(call)
        assert client.duplex.is_reading
        assert gate.started == ["connected", "quick"]


async def test_is_busy_says_whether_something_of_the_client_runs() -> None:
    gate = Gate()

    class H(Hub):
        async def on_connected(self) -> None:
            await gate.pass_through("connected")

        async def work(self) -> None:
            await gate.pass_through("work")

    async with serve(H) as server:
        client = server.connect()
        assert client.connection.is_busy
        gate.open("connected")
        await settle()
        assert not client.connection.is_busy
        call = client.start("Work")
        await settle()
        assert client.connection.is_busy
        gate.open("work")
        await client.answer(call)
        await settle()
        assert not client.connection.is_busy
