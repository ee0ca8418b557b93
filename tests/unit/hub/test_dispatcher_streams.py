"""Streams to the client: item by item, as fast as the client takes them, with one end."""

from __future__ import annotations

import asyncio
from collections.abc import (  # noqa: TC003 - annotations of hubs are read at start-up
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
)
from typing import TYPE_CHECKING, Any

import pytest

from signalr_py import Hub, HubException, HubOptions, authorize
from tests.support.gates import Gate
from tests.support.hub_server import serve
from tests.support.streams import cancel, items, stream, streamed
from tests.support.tasks import settle

if TYPE_CHECKING:
    from tests.support.hub_client import ProtocolName

DETAILED = HubOptions(enable_detailed_errors=True)
PROTOCOLS = pytest.mark.parametrize("protocol", ["json", "messagepack"])
FAILED = "An unexpected error occurred invoking '{}' on the server."
STREAM_FAILED = "An error occurred on the server while streaming results."


class Unspeakable:
    pass


class Countdown:
    """An iterator that is no generator and cannot be closed."""

    def __init__(self, start: int) -> None:
        self.left = start

    def __aiter__(self) -> Countdown:
        return self

    async def __anext__(self) -> int:
        if not self.left:
            raise StopAsyncIteration
        self.left -= 1
        return self.left + 1


class Iterable:
    def __init__(self, start: int) -> None:
        self.start = start

    async def __aiter__(self) -> AsyncIterator[int]:
        for number in range(self.start, 0, -1):
            yield number


class CounterHub(Hub):
    async def count(self, start: int) -> AsyncIterator[int]:
        for number in range(start, 0, -1):
            yield number

    async def coroutine(self, start: int) -> AsyncIterable[int]:
        await asyncio.sleep(0)
        return self.count(start)

    async def iterator(self, start: int) -> Countdown:
        return Countdown(start)

    async def iterable(self, start: int) -> Iterable:
        return Iterable(start)

    def function(self, start: int) -> AsyncIterable[int]:
        return self.count(start)

    def function_of_awaitable(self, start: int) -> Awaitable[AsyncIterable[int]]:
        return self.coroutine(start)

    async def perhaps(self, start: int) -> AsyncIterable[int] | None:
        return self.count(start) if start else None

    async def wrong(self) -> AsyncIterable[int]:
        return [1, 2]  # type: ignore[return-value]

    async def fail_at_once(self) -> AsyncIterable[int]:
        raise LookupError("the password is hunter2")

    async def refuse_at_once(self) -> AsyncIterable[int]:
        raise HubException("no numbers")

    async def fail(self, after: int) -> AsyncIterator[int]:
        for number in range(after):
            yield number
        raise LookupError("the password is hunter2")

    async def refuse(self, after: int) -> AsyncIterator[int]:
        for number in range(after):
            yield number
        raise HubException("no more numbers")

    async def unspeakable(self) -> AsyncIterator[Any]:
        try:
            yield 1
            yield Unspeakable()
            yield 2
        finally:
            self.context.items["closed"] = True

    async def await_what_was_cancelled(self) -> AsyncIterator[int]:
        yield 1
        task = asyncio.ensure_future(asyncio.sleep(3600))
        task.cancel()
        await task

    async def is_closed(self) -> bool:
        return bool(self.context.items.get("closed"))

    async def add(self, a: int, b: int) -> int:
        return a + b

    async def without_annotation(self):  # type: ignore[no-untyped-def]
        return self.count(1)

    @authorize
    async def secrets(self) -> AsyncIterator[str]:
        yield "secret"


@PROTOCOLS
@pytest.mark.parametrize(
    "target",
    ["Count", "Coroutine", "Iterator", "Iterable", "Function", "FunctionOfAwaitable", "Perhaps", "count"],
)
async def test_every_way_to_answer_with_a_stream(protocol: ProtocolName, target: str) -> None:
    async with serve(CounterHub) as server:
        client = server.connect(protocol)
        call = stream(client, target, 3)
        assert await streamed(client, call) == [3, 2, 1]
        assert [m["type"] for m in client.received] == [2, 2, 2, 3]


async def test_a_stream_may_be_empty() -> None:
    async with serve(CounterHub) as server:
        client = server.connect()
        assert await streamed(client, stream(client, "Count", 0)) == []


async def test_items_go_out_one_by_one_as_they_come() -> None:
    gate = Gate()

    class H(Hub):
        async def slowly(self) -> AsyncIterator[str]:
            yield await gate.pass_through("a")
            yield await gate.pass_through("b")

    async with serve(H) as server:
        client = server.connect()
        call = stream(client, "Slowly")
        await settle()
        assert client.received == []
        gate.open("a")
        await settle()
        assert client.received == [{"type": 2, "invocationId": call, "item": "a"}]
        gate.open("b")
        assert await streamed(client, call) == ["a", "b"]


async def test_streams_and_calls_go_on_side_by_side() -> None:
    gate = Gate()

    class H(Hub):
        async def numbers(self, name: str) -> AsyncIterator[str]:
            yield name
            await gate.pass_through(name)
            yield name.upper()

        async def echo(self, text: str) -> str:
            return text

    async with serve(H) as server:
        client = server.connect()
        calls = [stream(client, "Numbers", name) for name in "abc"]
        assert await client.invoke("Echo", "x") == "x"
        gate.open("b")
        assert await streamed(client, calls[1]) == ["b", "B"]
        gate.open("a")
        gate.open("c")
        assert await streamed(client, calls[0]) == ["a", "A"]
        assert await streamed(client, calls[2]) == ["c", "C"]


async def test_a_slow_client_makes_its_stream_wait_and_no_other() -> None:
    made: list[str] = []

    class H(Hub):
        async def numbers(self, name: str) -> AsyncIterator[int]:
            for number in range(3):
                made.append(name)
                yield number

    async with serve(H) as server:
        slow, quick = server.connect(), server.connect()
        slow.duplex.is_slow = True
        waiting = stream(slow, "Numbers", "slow")
        await settle()
        assert (made, items(slow, waiting), slow.duplex.drains) == (["slow"], [0], 1)
        assert await streamed(quick, stream(quick, "Numbers", "quick")) == [0, 1, 2]
        assert made.count("slow") == 1
        slow.duplex.catch_up()
        assert await streamed(slow, waiting) == [0, 1, 2]


async def test_a_stream_that_never_waits_leaves_others_their_turns() -> None:
    others = 0

    class H(Hub):
        async def flood(self) -> AsyncIterator[int]:
            for number in range(10_000):
                yield number

    async with serve(H) as server:
        client = server.connect()
        call = stream(client, "Flood")
        while not client.received or client.received[-1]["type"] != 3:
            others += 1
            await asyncio.sleep(0)
        assert others > 50
        assert items(client, call) == list(range(10_000))


async def test_a_stream_that_never_waits_can_be_cancelled() -> None:
    class H(Hub):
        async def endless(self) -> AsyncIterator[int]:
            while True:
                yield 1

    async with serve(H) as server:
        client = server.connect()
        call = stream(client, "Endless")
        await client.until(lambda: len(items(client, call)) > 200)
        client.send(cancel(call))
        assert await client.answer(call) == {"type": 3, "invocationId": call}


async def test_an_id_that_is_in_use_is_refused_and_the_first_stream_goes_on() -> None:
    gate = Gate()

    class H(Hub):
        async def slowly(self, name: str) -> AsyncIterator[str]:
            yield await gate.pass_through(name)

    async with serve(H) as server:
        client = server.connect()
        message = {"type": 4, "invocationId": "7", "target": "Slowly", "arguments": ["a"]}
        client.send(message, {**message, "arguments": ["b"]})
        assert await client.answer("7") == {
            "type": 3,
            "invocationId": "7",
            "error": "Invocation ID '7' is already in use.",
        }
        await settle()
        assert gate.started == ["a"]
        gate.open("a")
        assert await streamed(client, "7") == ["a"]
        client.send(message)
        assert await streamed(client, "7") == ["a", "a"]


async def test_more_streams_than_allowed_are_refused_one_by_one() -> None:
    gate = Gate()

    class H(Hub):
        async def slowly(self, name: str) -> AsyncIterator[str]:
            yield await gate.pass_through(name)

    async with serve(H, HubOptions(maximum_streams_per_client=2)) as server:
        client, other = server.connect(), server.connect()
        first, second, third = (stream(client, "Slowly", name) for name in "abc")
        answer = await client.answer(third)
        assert answer["error"] == (
            "Failed to invoke 'Slowly' due to an error on the server. HubException: "
            "The connection would have more than 2 streams open (maximum_streams_per_client)."
        )
        gate.open("d")
        assert await streamed(other, stream(other, "Slowly", "d")) == ["d"]
        gate.open("a")
        assert await streamed(client, first) == ["a"]
        assert await streamed(client, stream(client, "Slowly", "d")) == ["d"]
        gate.open("b")
        assert await streamed(client, second) == ["b"]


async def test_each_stream_has_a_hub_of_its_own_for_as_long_as_it_lasts() -> None:
    hubs: list[Hub] = []

    class H(Hub):
        async def who(self) -> AsyncIterator[str]:
            hubs.append(self)
            yield self.context.connection_id
            await self.clients.caller.send("Said")
            yield "again"

    async with serve(H) as server:
        client = server.connect()
        for _ in range(2):
            assert await streamed(client, stream(client, "Who")) == ["c1", "again"]
        assert client.calls("Said") == [[], []]
        assert len(set(hubs)) == 2


async def test_decorators_of_generators_stay_in_effect() -> None:
    def doubled(function: Callable[..., AsyncIterator[int]]) -> Callable[..., AsyncIterator[int]]:
        async def wrapper(self: Hub, start: int) -> AsyncIterator[int]:
            async for number in function(self, start):
                yield number * 2

        return wrapper

    class H(Hub):
        @doubled
        async def numbers(self, start: int) -> AsyncIterator[int]:
            yield start
            yield start + 1

    async with serve(H) as server:
        client = server.connect()
        assert await streamed(client, stream(client, "Numbers", 3)) == [6, 8]
