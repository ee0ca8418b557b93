"""Filters around the calls of a served hub."""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import TYPE_CHECKING, Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from signalr_py import (
    Hub,
    HubCallerContext,
    HubException,
    HubFilter,
    HubInvocationContext,
    HubOptions,
    InvocationHandler,
    SignalR,
    authorize,
)
from tests.support.hub_server import serve

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

PATIENCE = 10
FAILED = "An unexpected error occurred invoking 'Echo' on the server."


class Echoing(Hub):
    async def echo(self, value: Any, more: Any = None) -> Any:
        return value if more is None else [value, more]

    def in_a_thread(self, value: int) -> int:
        assert threading.current_thread() is not threading.main_thread()
        return value + 1

    async def fail(self) -> None:
        raise HubException("the method")

    async def count(self, end: int) -> AsyncIterator[int]:
        for number in range(end):
            yield number

    @authorize
    async def secret(self) -> str:
        return "secret"


class Around(HubFilter):
    """Does what a test gives it."""

    def __init__(self, run: Callable[[HubInvocationContext, InvocationHandler], Any]) -> None:
        self.run = run

    async def invoke_method(self, context: HubInvocationContext, call_next: InvocationHandler) -> Any:
        return await self.run(context, call_next)


async def test_the_first_filter_is_around_the_others_and_the_method() -> None:
    trace: list[str] = []

    def named(name: str) -> Around:
        async def run(context: HubInvocationContext, call_next: InvocationHandler) -> Any:
            trace.append(f"{name} before {context.method_name}{context.arguments}")
            result = await call_next(context)
            trace.append(f"{name} after {result}")
            return result

        return Around(run)

    async with serve(Echoing, filters=[named("a"), named("b")]) as server:
        client = server.connect()
        assert await client.invoke("echo", 7) == 7
        assert trace == ["a before Echo(7,)", "b before Echo(7,)", "b after 7", "a after 7"]
        trace.clear()
        assert await client.invoke("InAThread", 7) == 8
        assert trace == ["a before InAThread(7,)", "b before InAThread(7,)", "b after 8", "a after 8"]


async def test_a_filter_sees_the_hub_object_that_serves_the_call() -> None:
    async def run(context: HubInvocationContext, call_next: InvocationHandler) -> Any:
        assert isinstance(context.hub, Echoing)
        assert context.hub.context is context.context
        await context.hub.clients.caller.send("Begin", context.context.connection_id)
        return await call_next(context)

    async with serve(Echoing, filters=[Around(run)]) as server:
        client = server.connect()
        await client.invoke("Echo", 1)
        assert client.calls("Begin") == [[client.connection_id]]


async def test_arguments_and_results_may_be_changed() -> None:
    async def run(context: HubInvocationContext, call_next: InvocationHandler) -> Any:
        return {"result": await call_next(context.replace(arguments=(context.arguments[0] * 2, "more")))}

    async with serve(Echoing, filters=[Around(run)]) as server:
        assert await server.connect().invoke("Echo", 4) == {"result": [8, "more"]}


async def test_a_call_may_be_answered_without_the_method_or_tried_again() -> None:
    attempts = 0

    async def run(context: HubInvocationContext, call_next: InvocationHandler) -> Any:
        nonlocal attempts
        if context.method_name == "Echo":
            return "cached"
        try:
            return await call_next(context)
        except HubException:
            attempts += 1
            return await call_next(context)

    async with serve(Echoing, filters=[Around(run)]) as server:
        client = server.connect()
        assert await client.invoke("Echo", 1) == "cached"
        assert await client.error("Fail") == (
            "An unexpected error occurred invoking 'Fail' on the server. HubException: the method"
        )
        assert attempts == 1


@pytest.mark.parametrize("spelling", ["InAThread", "inAThread", "in_a_thread"])
async def test_a_call_may_be_sent_to_another_method(spelling: str) -> None:
    async def run(context: HubInvocationContext, call_next: InvocationHandler) -> Any:
        return await call_next(context.replace(method_name=spelling, arguments=[1]))

    async with serve(Echoing, filters=[Around(run)]) as server:
        assert await server.connect().invoke("Echo", 9) == 2


async def test_a_call_sent_to_a_method_that_does_not_exist_fails() -> None:
    async def run(context: HubInvocationContext, call_next: InvocationHandler) -> Any:
        return await call_next(context.replace(method_name="Nowhere"))

    async with serve(Echoing, filters=[Around(run)]) as server:
        client = server.connect()
        assert await client.error("Echo", 1) == f"{FAILED} HubException: Unknown hub method 'Nowhere'"
        assert client.closing is None


async def test_what_a_filter_raises_is_the_error_of_the_method(caplog: pytest.LogCaptureFixture) -> None:
    async def run(context: HubInvocationContext, call_next: InvocationHandler) -> Any:
        raise context.arguments[0](*context.arguments[1:]) if callable(context.arguments[0]) else ValueError("hidden")

    async def refuse(context: HubInvocationContext, call_next: InvocationHandler) -> Any:
        raise HubException("not today")

    with caplog.at_level(logging.INFO, "signalr_py.hub"):
        async with serve(Echoing, filters=[Around(refuse)]) as server:
            assert await server.connect().error("Echo", 1) == f"{FAILED} HubException: not today"
        async with serve(Echoing, filters=[Around(run)]) as server:
            assert await server.connect().error("Echo", 1) == FAILED
        async with serve(Echoing, HubOptions(enable_detailed_errors=True), filters=[Around(run)]) as server:
            assert await server.connect().error("Echo", 1) == f"{FAILED} ValueError: hidden"
    assert [record.levelname for record in caplog.records if "Echo" in record.getMessage()] == [
        "INFO",
        "ERROR",
        "ERROR",
    ]


async def test_filters_run_behind_binding_and_authorization() -> None:
    seen: list[str] = []

    async def run(context: HubInvocationContext, call_next: InvocationHandler) -> Any:
        seen.append(context.method_name)
        return await call_next(context)

    async with serve(Echoing, filters=[Around(run)]) as server:
        client = server.connect()
        assert "because user is unauthorized" in await client.error("Secret")
        assert "BindingError" not in await client.error("InAThread", "not a number")
        assert "Method does not exist" in await client.error("Nowhere")
        assert seen == []


async def test_a_call_without_an_answer_passes_too() -> None:
    done = asyncio.Event()

    async def run(context: HubInvocationContext, call_next: InvocationHandler) -> Any:
        await call_next(context)
        done.set()

    async with serve(Echoing, filters=[Around(run)]) as server:
        client = server.connect()
        client.send({"type": 1, "target": "Echo", "arguments": [1]})
        async with asyncio.timeout(PATIENCE):
            await done.wait()
        assert client.received == []


async def items_of(client: Any, target: str, *arguments: Any) -> tuple[list[Any], Any]:
    """Return the items of a stream, and the message that ended it."""
    call, message = client.invocation(target, *arguments)
    client.send({**message, "type": 4})
    end = await client.answer(call)
    return [m["item"] for m in client.received if m["type"] == 2 and m["invocationId"] == call], end


async def test_a_filter_gets_a_stream_before_its_first_item_and_may_replace_it() -> None:
    async def doubled(items: Any) -> AsyncIterator[Any]:
        async for item in items:
            yield item * 2

    async def run(context: HubInvocationContext, call_next: InvocationHandler) -> Any:
        items = await call_next(context)
        assert hasattr(items, "__aiter__")
        return doubled(items)

    async with serve(Echoing, filters=[Around(run)]) as server:
        client = server.connect()
        items, end = await items_of(client, "Count", 4)
        assert items == [0, 2, 4, 6]
        assert end == {"type": 3, "invocationId": end["invocationId"]}


async def test_a_filter_that_spoils_a_stream_fails_the_call() -> None:
    async def refuse(context: HubInvocationContext, call_next: InvocationHandler) -> Any:
        raise HubException("no streams")

    async def lose(context: HubInvocationContext, call_next: InvocationHandler) -> Any:
        await (await call_next(context)).aclose()

    async with serve(Echoing, filters=[Around(refuse)]) as server:
        items, end = await items_of(server.connect(), "Count", 4)
        assert items == []
        assert end["error"] == ("An unexpected error occurred invoking 'Count' on the server. HubException: no streams")
    async with serve(Echoing, filters=[Around(lose)]) as server:
        items, end = await items_of(server.connect(), "Count", 4)
        assert items == []
        assert "The value returned by the streaming method 'Count' is not" in end["error"]


async def test_cancellation_of_a_stream_passes_through_a_filter() -> None:
    trace: list[str] = []
    began, ended = asyncio.Event(), asyncio.Event()

    class Endless(Hub):
        async def wait(self) -> AsyncIterator[int]:
            yield 1
            try:
                began.set()
                await asyncio.Event().wait()
            finally:
                trace.append("method")

    async def wrap(items: Any) -> AsyncIterator[int]:
        try:
            async for item in items:
                yield item
        except asyncio.CancelledError:
            trace.append("filter")
            raise
        finally:
            ended.set()

    async def run(context: HubInvocationContext, call_next: InvocationHandler) -> Any:
        return wrap(await call_next(context))

    async with serve(Endless, filters=[Around(run)]) as server:
        client = server.connect()
        call, message = client.invocation("Wait")
        client.send({**message, "type": 4})
        async with asyncio.timeout(PATIENCE):
            await began.wait()
            client.send({"type": 5, "invocationId": call})
            await ended.wait()
        assert await client.answer(call) == {"type": 3, "invocationId": call}
        assert trace == ["method", "filter"]


@pytest.mark.parametrize("is_left_early", [True, False])
async def test_a_stream_inside_of_another_is_closed_before_the_call_ends(is_left_early: object) -> None:
    trace: list[str] = []
    runners: set[object] = set()

    async def session(context: HubCallerContext) -> AsyncIterator[Hub]:
        try:
            yield Counting()
        finally:
            trace.append("session closed")

    class Counting(Hub):
        async def count(self) -> AsyncIterator[int]:
            runners.add(asyncio.current_task())
            try:
                async with asyncio.TaskGroup():
                    while True:
                        yield 1
            finally:
                runners.add(asyncio.current_task())
                trace.append("method closed")

    async def counted(items: Any) -> AsyncIterator[int]:
        async for item in items:
            yield item
            if is_left_early:
                return

    async def wrap(context: HubInvocationContext, call_next: InvocationHandler) -> Any:
        return counted(await call_next(context))

    async with serve(Counting, filters=[Around(wrap)], hub_factory=session) as server:
        client = server.connect()
        client.send({"type": 4, "invocationId": "s", "target": "Count", "arguments": []})
        await client.take(lambda m: m["type"] == 2)
        client.send({"type": 5, "invocationId": "s"})
        assert "error" not in await client.answer("s")
    assert trace == ["method closed", "session closed"]
    assert len(runners) == 1


async def test_a_filter_sees_that_the_client_has_gone() -> None:
    began, aborted = asyncio.Event(), asyncio.Event()

    async def run(context: HubInvocationContext, call_next: InvocationHandler) -> Any:
        began.set()
        await context.context.connection_aborted.wait()
        aborted.set()

    async with serve(Echoing, filters=[Around(run)]) as server:
        client = server.connect()
        client.start("Echo", 1)
        async with asyncio.timeout(PATIENCE):
            await began.wait()
            client.leave()
            await aborted.wait()


async def test_calls_of_several_connections_pass_one_filter_at_once() -> None:
    together = asyncio.Barrier(2)

    async def run(context: HubInvocationContext, call_next: InvocationHandler) -> Any:
        await together.wait()
        return [context.context.connection_id, await call_next(context)]

    async with serve(Echoing, filters=[Around(run)]) as server, asyncio.timeout(PATIENCE):
        one, other = server.connect(connection_id="one"), server.connect(connection_id="other")
        results = tuple(await asyncio.gather(one.invoke("Echo", 1), other.invoke("Echo", 2)))
        assert results == (["one", 1], ["other", 2])


async def test_a_filter_may_run_the_method_in_a_task_of_its_own() -> None:
    async def run(context: HubInvocationContext, call_next: InvocationHandler) -> Any:
        async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
            task = group.create_task(_awaited(call_next, context))
        return task.result()

    async with serve(Echoing, filters=[Around(run)]) as server:
        assert await server.connect().invoke("Echo", 3) == 3


async def _awaited(call_next: InvocationHandler, context: HubInvocationContext) -> Any:
    return await call_next(context)


def test_filters_of_the_server_are_outside_of_those_of_the_hub() -> None:
    trace: list[str] = []

    def named(name: str) -> Around:
        async def run(context: HubInvocationContext, call_next: InvocationHandler) -> Any:
            trace.append(name)
            return await call_next(context)

        return Around(run)

    signalr = SignalR(filters=[named("server 1"), named("server 2")])
    routes = [
        signalr.map_hub("/a", Echoing, filters=[named("hub 1"), named("hub 2")]),
        signalr.map_hub("/b", Echoing, name="Other"),
    ]
    with TestClient(Starlette(routes=routes, lifespan=signalr.lifespan)) as client:
        for path, order in (("/a", ["server 1", "server 2", "hub 1", "hub 2"]), ("/b", ["server 1", "server 2"])):
            with client.websocket_connect(path) as socket:
                socket.send_text('{"protocol":"json","version":1}\x1e')
                assert socket.receive_text() == "{}\x1e"
                socket.send_text('{"type":1,"invocationId":"1","target":"Echo","arguments":[5]}\x1e')
                assert socket.receive_text() == '{"type":3,"invocationId":"1","result":5}\x1e'
            assert trace == order
            trace.clear()
