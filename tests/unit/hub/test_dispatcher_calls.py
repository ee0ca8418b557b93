"""How hub methods run: on the loop or in a thread, each on a hub object of its own."""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Awaitable, Callable  # noqa: TC003 - annotations of hubs are read at start-up
from typing import TYPE_CHECKING, Any

import pytest

from signalr_py import Hub, HubDefinitionError, HubOptions
from tests.support.hub_server import serve
from tests.support.tasks import settle

if TYPE_CHECKING:
    from tests.support.hub_client import HubClient

DETAILED = HubOptions(enable_detailed_errors=True)


def cached(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(self: Hub, key: str) -> Any:
        return "from the cache" if key == "known" else function(self, key)

    return wrapper


class RunningHub(Hub):
    def thread_name(self) -> str:
        return threading.current_thread().name

    def later(self) -> Awaitable[str]:
        return self._helper()

    async def _helper(self) -> str:
        return threading.current_thread().name

    @cached
    async def look_up(self, key: str) -> str:
        return f"looked up {key}"


async def test_an_unknown_method_creates_no_hub() -> None:
    created: list[Hub] = []

    class H(Hub):
        def __init__(self) -> None:
            created.append(self)

        async def method(self) -> None: ...

    async with serve(H) as server:
        client = server.connect()
        created.clear()
        tasks = asyncio.all_tasks()
        await client.error("Missing")
        client.send({"type": 1, "target": "Missing", "arguments": []})
        assert created == []
        assert asyncio.all_tasks() == tasks
        await client.invoke("Method")
        await client.invoke("Method")
        assert len(set(created)) == 2


async def test_a_hub_that_cannot_be_created_for_a_call_fails_that_call() -> None:
    healthy = [True]

    class H(Hub):
        def __init__(self) -> None:
            if not healthy[0]:
                raise ConnectionError("no database")

        async def method(self) -> None: ...

    async with serve(H, DETAILED) as server:
        client = server.connect()
        healthy[0] = False
        assert await client.error("Method") == (
            "An unexpected error occurred invoking 'Method' on the server. ConnectionError: no database"
        )
        healthy[0] = True
        assert await client.invoke("Method") is None


class NeedsArguments(Hub):
    def __init__(self, database: str) -> None:
        self.database = database


async def test_a_hub_that_needs_arguments_is_refused_at_start_up() -> None:
    with pytest.raises(
        HubDefinitionError, match=r"^NeedsArguments cannot be created without arguments, as every call does: .*database"
    ):
        async with serve(NeedsArguments):
            pass


async def test_a_plain_function_runs_in_a_worker_thread() -> None:
    async with serve(RunningHub) as server:
        assert await server.connect().invoke("ThreadName") != threading.current_thread().name


async def test_an_awaitable_of_a_plain_function_is_awaited_on_the_loop() -> None:
    async with serve(RunningHub) as server:
        assert await server.connect().invoke("Later") == threading.current_thread().name


async def test_a_decorator_of_a_coroutine_function_may_return_a_value() -> None:
    async with serve(RunningHub) as server:
        client = server.connect()
        assert await client.invoke("LookUp", "known") == "from the cache"
        assert await client.invoke("LookUp", "other") == "looked up other"


async def test_everything_is_usable_from_a_worker_thread() -> None:
    class H(Hub):
        def work(self, name: str) -> list[Any]:
            self.groups.add_from_thread(self.context.connection_id, "workers")
            self.clients.group("workers").send_from_thread("Hello", name)
            self.clients.caller.send_from_thread("Hello", name)
            self.context.items["name"] = name
            self.groups.remove_from_thread(self.context.connection_id, "workers")
            self.clients.group("workers").send_from_thread("Nobody", name)
            return [self.context.connection_id, self.context.user_identifier, self.context.connection_aborted.is_set()]

        async def item(self) -> Any:
            return self.context.items["name"]

    async with serve(H, user_id=lambda _: "bob") as server:
        client = server.connect()
        assert await client.invoke("Work", "x") == ["c1", "bob", False]
        assert client.calls("Hello") == [["x"], ["x"]]
        assert client.calls("Nobody") == []
        assert await client.invoke("Item") == "x"


async def test_a_thread_learns_that_its_client_has_left() -> None:
    started, may_end = threading.Event(), threading.Event()
    seen: list[bool] = []

    class H(Hub):
        def work(self) -> None:
            started.set()
            may_end.wait(10)
            seen.append(self.context.connection_aborted.is_set())

    async with serve(H) as server:
        client = server.connect()
        client.start("Work")
        await asyncio.to_thread(started.wait, 10)
        client.leave()
        await client.ended()
        may_end.set()
    assert seen == [True]


async def test_items_belong_to_the_connection() -> None:
    class H(Hub):
        async def on_connected(self) -> None:
            self.context.items["calls"] = 0

        async def count(self) -> int:
            self.context.items["calls"] += 1
            number: int = self.context.items["calls"]
            return number

    async with serve(H) as server:
        one, two = server.connect(), server.connect()
        assert [await one.invoke("Count"), await one.invoke("Count"), await two.invoke("Count")] == [1, 2, 1]


def errors_of(client: HubClient) -> int:
    return sum("error" in message for message in client.received)


async def test_a_call_that_is_refused_needs_no_slot() -> None:
    may_end = asyncio.Event()

    class H(Hub):
        async def work(self, number: int) -> None:
            await may_end.wait()

    async with serve(H) as server:
        client = server.connect()
        call = client.start("Work", 1)
        client.start("Work", "x")
        client.start("Missing")
        client.send({"type": 4, "invocationId": "s", "target": "Work", "arguments": [1]})
        await settle()
        assert errors_of(client) == 3
        may_end.set()
        await client.answer(call)
