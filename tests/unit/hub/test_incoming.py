"""Which messages of one client are taken, which are held, and what goes on behind and beside those."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator  # noqa: TC003 - annotations of hubs are read at start-up
from typing import TYPE_CHECKING, Any

import pytest

from signalr_py import ClientDisconnectedError, Hub, HubException, HubFilter, HubOptions, cancellable
from tests.support.gates import Gate
from tests.support.hub_server import HubServer, serve
from tests.support.streams import cancel, end, invocation, item, items, start, stream, streamed
from tests.support.tasks import settle

if TYPE_CHECKING:
    from signalr_py.hub.filters import HubMessageContext
    from signalr_py.hub.incoming import IncomingMessages
    from tests.support.hub_client import HubClient


def incoming(client: HubClient) -> IncomingMessages:
    found: IncomingMessages = client.connection._incoming
    return found


def busy_hub(gate: Gate) -> type[Hub]:
    class H(Hub):
        async def work(self, name: str) -> str:
            return await gate.pass_through(name)

        async def numbers(self, name: str) -> AsyncIterator[str]:
            yield await gate.pass_through(name)

        async def collect(self, name: str, values: AsyncIterable[Any]) -> list[Any]:
            await gate.pass_through(name)
            return [value async for value in values]

        @cancellable
        async def build(self, name: str) -> str:
            try:
                return await gate.pass_through(name)
            finally:
                gate.ended.append(f"{name} left")

        async def ask(self, name: str) -> Any:
            answer = await self.clients.caller.invoke("Question", name)
            await gate.pass_through(name)
            return answer

    return H


async def settled_answers(client: HubClient) -> list[str]:
    await settle()
    return [m["invocationId"] for m in client.received if m["type"] == 3]


@pytest.mark.parametrize("slots", [1, 2, 5])
async def test_only_a_further_limited_call_is_held(slots: int) -> None:
    gate = Gate()
    async with serve(busy_hub(gate), HubOptions(maximum_parallel_invocations_per_client=slots)) as server:
        client = server.connect()
        calls = [client.start("Work", f"w{number}") for number in range(slots)]
        down = [stream(client, "Numbers", f"s{number}") for number in range(5)]
        up = [start(client, "Collect", f"u{number}", uploads=[f"u{number}"]) for number in range(5)]
        await settle()
        assert len(gate.started) == slots + 10
        assert not incoming(client).is_held
        further, behind = client.start("Work", "further"), stream(client, "Numbers", "behind")
        await settle()
        assert incoming(client).is_held
        assert not client.duplex.is_reading
        assert "behind" not in gate.started
        for name in (*(f"s{number}" for number in range(5)), *(f"u{number}" for number in range(5))):
            gate.open(name)
        assert await settled_answers(client) == down
        assert incoming(client).is_held
        gate.open("w0")
        assert await settled_answers(client) == [*down, calls[0]]
        assert not incoming(client).is_held
        assert gate.started[-2:] == ["further", "behind"]
        client.send(*(end(f"u{number}") for number in range(5)))
        gate.open("further")
        gate.open("behind")
        assert set(await settled_answers(client)) == {*down, *up, calls[0], further, behind}
        for number in range(slots):
            gate.open(f"w{number}")
        await client.answer(calls[-1])


async def test_everything_behind_a_held_call_waits_its_turn() -> None:
    gate = Gate()
    async with serve(busy_hub(gate)) as server:
        client = server.connect()
        build, down = client.start("Build", "a"), stream(client, "Numbers", "s")
        up = start(client, "Collect", "u", uploads=["u"])
        gate.open("u")
        held, message = client.invocation("Work", "held")
        client.send(message, item("u", 1), end("u"), cancel(down), cancel(build), {"type": 7})
        await settle()
        assert incoming(client).is_held
        assert client.received == []
        gate.open("a")
        assert await client.ended() == {"type": 7}
        assert gate.ended == ["u", "a", "a left"]
        assert {m["invocationId"] for m in client.received if m["type"] == 3} >= {build}
        assert held not in [m.get("invocationId") for m in client.received]
        assert up
        gate.open("held")


async def test_a_running_call_holds_up_no_item_no_answer_and_no_cancellation() -> None:
    gate = Gate()
    async with serve(busy_hub(gate)) as server:
        client = server.connect()
        work, down = client.start("Work", "w"), stream(client, "Numbers", "s")
        up = start(client, "Collect", "u", uploads=["u"])
        gate.open("u")
        client.send(item("u", 1), end("u"), cancel(down))
        assert (await client.answer(up))["result"] == [1]
        assert await streamed(client, down) == []
        gate.open("w")
        assert (await client.answer(work))["result"] == "w"


async def test_a_call_that_asks_its_client_gives_its_slot_back_once() -> None:
    gate = Gate()
    async with serve(busy_hub(gate)) as server:
        client = server.connect()
        asking, further, third = (client.start(*call) for call in (("Ask", "a"), ("Work", "b"), ("Work", "c")))
        question = await client.take(lambda m: m["type"] == 1)
        await settle()
        assert gate.started == ["b"]
        gate.open("a")
        gate.open("b")
        assert (await client.answer(further))["result"] == "b"
        await settle()
        assert gate.started == ["b", "c"]
        client.send({"type": 3, "invocationId": question["invocationId"], "result": "yes"})
        assert (await client.answer(asking))["result"] == "yes"
        fourth = client.start("Work", "d")
        await settle()
        assert "d" not in gate.started
        gate.open("c")
        gate.open("d")
        assert (await client.answer(third))["result"] == "c"
        assert (await client.answer(fourth))["result"] == "d"


async def test_a_slot_is_free_again_whatever_ends_its_call() -> None:
    gate = Gate()
    async with serve(busy_hub(gate)) as server:
        client = server.connect()
        build = client.start("Build", "a")
        await settle()
        client.send(cancel(build))
        assert "error" in await client.answer(build)
        assert "error" in await client.answer(client.start("Ask"))
        gate.open("b")
        assert await client.invoke("Work", "b") == "b"


async def test_it_is_busy_with_calls_and_not_with_streams() -> None:
    gate = Gate()
    async with serve(busy_hub(gate)) as server:
        client = server.connect()
        down = stream(client, "Numbers", "s")
        await settle()
        assert not incoming(client).is_busy
        up = start(client, "Collect", "u", uploads=["u"])
        await settle()
        assert incoming(client).is_busy
        client.send(end("u"))
        gate.open("u")
        await client.answer(up)
        await settle()
        assert not incoming(client).is_busy
        client.send(cancel(down))
        await client.answer(down)


async def test_it_knows_of_a_message_that_has_come_in_part() -> None:
    async with serve(busy_hub(Gate())) as server:
        client = server.connect()
        assert not incoming(client).is_incomplete
        client.send_bytes(b'{"type":6}\x1e{"type"')
        assert incoming(client).is_incomplete
        client.send_bytes(b":6}\x1e")
        assert not incoming(client).is_incomplete


async def test_calls_that_come_while_the_server_leaves_are_dropped_and_the_others_go_on() -> None:
    gate = Gate()
    server = HubServer(busy_hub(gate))
    client = server.connect()
    up, down = start(client, "Collect", "u", uploads=["u"]), stream(client, "Numbers", "s")
    gate.open("u")
    await settle()
    leaving = asyncio.ensure_future(server.handler.shut_down(3600))
    await settle()
    client.start("Work", "late")
    stream(client, "Numbers", "late")
    start(client, "Collect", "late", uploads=["late"])
    client.send(item("late", 1), item("u", 1))
    await settle()
    assert client.duplex.is_reading
    assert client.received == []
    client.send(cancel(down), end("u"))
    await leaving
    await server.handler.finish(3600)
    assert gate.started == ["u", "s"]
    assert client.received == [
        {"type": 3, "invocationId": down},
        {"type": 3, "invocationId": up, "result": [1]},
        {"type": 7, "allowReconnect": True},
    ]


class Refusing(HubFilter):
    def on_message(self, context: HubMessageContext) -> None:
        if context.kind == "stream_item":
            raise HubException("no items today")


async def test_an_item_that_a_filter_refuses_fails_its_upload() -> None:
    gate = Gate()
    gate.open("u")
    async with serve(busy_hub(gate), filters=[Refusing()]) as server:
        client = server.connect()
        up = start(client, "Collect", "u", uploads=["u"])
        client.send(item("u", 1), item("unknown", 1))
        assert (await client.answer(up))["error"] == (
            "An unexpected error occurred invoking 'Collect' on the server. "
            "HubException: Failed to bind Stream message. HubException: no items today"
        )


async def test_a_held_item_is_dropped_when_the_client_goes_and_calls_in_line_are_not() -> None:
    gate = Gate()
    seen: list[object] = []

    class H(busy_hub(gate)):  # type: ignore[misc]
        async def on_disconnected(self, error: Exception | None) -> None:
            seen.append(error)

        async def keep(self, values: AsyncIterable[int]) -> None:
            await gate.pass_through("keep")
            note = seen.append
            try:
                async for value in values:
                    note(f"item {value}")
            except ClientDisconnectedError:
                seen.append("cut")

    async with serve(H, HubOptions(stream_buffer_capacity=1)) as server:
        client = server.connect()
        message = invocation(client, "Keep", uploads=["s"])
        client.send(message, item("s", 1), item("s", 2), client.invocation("Work", "behind")[1])
        await settle()
        assert incoming(client).is_held
        client.leave()
        await client.ended()
        await settle()
        assert gate.started == ["keep", "behind"]
        gate.open("keep")
        gate.open("behind")
        await settle()
        assert seen == [None, "item 1", "cut"]


async def test_a_method_may_read_and_make_room_while_its_own_messages_are_taken() -> None:
    """Everything comes in one chunk, and every step of the loop takes the next message."""
    gate = Gate()
    gate.open("u")
    async with serve(busy_hub(gate), HubOptions(stream_buffer_capacity=1, maximum_receive_message_size=None)) as server:
        client = server.connect()
        message = invocation(client, "Collect", "u", uploads=["u"])
        quick = [client.invocation("Work", "quick")[1] for _ in range(500)]
        gate.open("quick")
        both = [each for number in range(500) for each in (item("u", number), quick[number])]
        client.send(message, *both, end("u"))
        assert (await client.answer(message["invocationId"]))["result"] == list(range(500))
        for each in quick:
            assert (await client.answer(each["invocationId"]))["result"] == "quick"


async def test_items_reach_the_stream_of_their_client_only() -> None:
    gate = Gate()
    gate.open("u")
    async with serve(busy_hub(gate)) as server:
        one, other = server.connect(), server.connect()
        calls = [start(client, "Collect", "u", uploads=["same"]) for client in (one, other)]
        one.send(item("same", "one"))
        other.send(item("same", "other"), end("same"))
        assert (await other.answer(calls[1]))["result"] == ["other"]
        one.send(end("same"))
        assert (await one.answer(calls[0]))["result"] == ["one"]


async def test_a_client_may_use_the_ids_of_streams_up_and_down_at_once() -> None:
    class H(Hub):
        async def echo(self, values: AsyncIterable[int]) -> AsyncIterator[int]:
            async for value in values:
                yield value

    async with serve(H) as server:
        client = server.connect()
        client.send({"type": 4, "invocationId": "1", "target": "Echo", "arguments": [], "streamIds": ["1"]})
        client.send(item("1", 5), end("1"))
        assert await streamed(client, "1") == [5]
        assert items(client, "1") == [5]
