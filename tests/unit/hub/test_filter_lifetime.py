"""Filters around the beginning and the end of connections, and in front of their messages."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import AsyncIterable  # noqa: TC003 evaluated at run time
from typing import Any

import pytest

from signalr_py import (
    ConnectedHandler,
    DisconnectedHandler,
    Hub,
    HubException,
    HubFilter,
    HubLifetimeContext,
    HubMessageContext,
    HubOptions,
)
from tests.support.hub_server import serve

PATIENCE = 10


class Plain(Hub):
    async def echo(self, value: Any) -> Any:
        return value

    async def count(self, end: int) -> AsyncIterable[int]:
        for number in range(end):
            yield number

    async def add(self, numbers: AsyncIterable[int]) -> int:
        return sum([number async for number in numbers])


class Hooked(Plain):
    trace: list[str]

    async def on_connected(self) -> None:
        self.trace.append("hub connected")

    async def on_disconnected(self, error: Exception | None) -> None:
        self.trace.append(f"hub disconnected {error}")


class Lifetime(HubFilter):
    def __init__(self, name: str, trace: list[str]) -> None:
        self.name = name
        self.trace = trace

    async def on_connected(self, context: HubLifetimeContext, call_next: ConnectedHandler) -> None:
        self.trace.append(f"{self.name} before")
        await call_next(context)
        self.trace.append(f"{self.name} after")

    async def on_disconnected(
        self, context: HubLifetimeContext, error: Exception | None, call_next: DisconnectedHandler
    ) -> None:
        self.trace.append(f"{self.name} before the end")
        await call_next(context, error)
        self.trace.append(f"{self.name} after the end")


async def test_filters_are_around_both_hooks() -> None:
    trace: list[str] = []
    hub = type("Traced", (Hooked,), {"trace": trace})
    async with serve(hub, filters=[Lifetime("a", trace), Lifetime("b", trace)]) as server:
        client = server.connect()
        assert await client.invoke("Echo", 1) == 1
        assert trace == ["a before", "b before", "hub connected", "b after", "a after"]
        trace.clear()
        client.leave()
        await client.ended()
    assert trace == [
        "a before the end",
        "b before the end",
        "hub disconnected None",
        "b after the end",
        "a after the end",
    ]


async def test_filters_run_for_a_hub_without_hooks_of_its_own() -> None:
    trace: list[str] = []
    async with serve(Plain, filters=[Lifetime("a", trace)]) as server:
        client = server.connect()
        await client.invoke("Echo", 1)
        client.leave()
        await client.ended()
    assert trace == ["a before", "a after", "a before the end", "a after the end"]


async def test_calls_wait_until_the_filters_let_the_client_in() -> None:
    arrived, may_pass = asyncio.Event(), asyncio.Event()

    class Doorkeeper(HubFilter):
        async def on_connected(self, context: HubLifetimeContext, call_next: ConnectedHandler) -> None:
            await context.hub.groups.add(context.context.connection_id, "guests")
            arrived.set()
            await may_pass.wait()
            await call_next(context)

    async with serve(Plain, filters=[Doorkeeper()]) as server, asyncio.timeout(PATIENCE):
        client = server.connect()
        call = client.start("Echo", 1)
        await arrived.wait()
        await server.context.clients.group("guests").send("Hello")
        assert client.calls("Hello") == [[]]
        assert not [m for m in client.received if m["type"] == 3]
        may_pass.set()
        assert (await client.answer(call))["result"] == 1


@pytest.mark.parametrize("after_the_hub", [False, True])
async def test_a_filter_that_refuses_a_connection_closes_it_for_good(after_the_hub: bool) -> None:
    trace: list[str] = []

    class Refusing(Lifetime):
        async def on_connected(self, context: HubLifetimeContext, call_next: ConnectedHandler) -> None:
            if after_the_hub:
                await call_next(context)
            raise HubException("full")

    hub = type("Traced", (Hooked,), {"trace": trace})
    async with serve(hub, filters=[Refusing("a", trace)]) as server:
        client = server.connect()
        assert await client.ended() == {"type": 7, "error": "Connection closed with an error. HubException: full"}
    assert trace == (["hub connected"] if after_the_hub else [])


@pytest.mark.parametrize("detailed", [False, True])
async def test_other_errors_of_a_filter_are_hidden(detailed: bool) -> None:
    class Broken(HubFilter):
        async def on_connected(self, context: HubLifetimeContext, call_next: ConnectedHandler) -> None:
            raise ValueError("inner workings")

    async with serve(Plain, HubOptions(enable_detailed_errors=detailed), filters=[Broken()]) as server:
        client = server.connect()
        detail = " ValueError: inner workings" if detailed else ""
        assert await client.ended() == {"type": 7, "error": f"Connection closed with an error.{detail}"}


async def test_a_filter_that_skips_the_hook_lets_the_client_in_all_the_same() -> None:
    trace: list[str] = []

    class Skipping(Lifetime):
        async def on_connected(self, context: HubLifetimeContext, call_next: ConnectedHandler) -> None:
            self.trace.append("skipped")

    hub = type("Traced", (Hooked,), {"trace": trace})
    async with serve(hub, filters=[Skipping("a", trace)]) as server:
        assert await server.connect().invoke("Echo", 1) == 1
    assert trace[0] == "skipped"
    assert "hub connected" not in trace


async def test_a_failing_end_is_logged_and_the_connection_still_ends(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(HubFilter):
        async def on_disconnected(
            self, context: HubLifetimeContext, error: Exception | None, call_next: DisconnectedHandler
        ) -> None:
            await call_next(context, error)
            raise ValueError("at the end")

    trace: list[str] = []
    hub = type("Traced", (Hooked,), {"trace": trace})
    with caplog.at_level(logging.ERROR, "signalr_py.hub"):
        async with serve(hub, filters=[Broken()]) as server:
            client = server.connect()
            await client.invoke("Echo", 1)
            client.leave()
            await client.ended()
            assert client.duplex.closes == [True]
    assert trace == ["hub connected", "hub disconnected None"]
    assert any("on_disconnected failed" in record.getMessage() for record in caplog.records)


async def test_a_filter_learns_why_a_connection_ended_and_may_say_otherwise() -> None:
    trace: list[str] = []

    class Renaming(HubFilter):
        async def on_disconnected(
            self, context: HubLifetimeContext, error: Exception | None, call_next: DisconnectedHandler
        ) -> None:
            await call_next(context, ValueError(f"was {error}"))

    hub = type("Traced", (Hooked,), {"trace": trace})
    async with serve(hub, filters=[Renaming()]) as server:
        client = server.connect()
        client.send({"type": 7, "error": "tired"})
        await client.ended()
    assert trace == ["hub connected", "hub disconnected was tired"]


class RateLimit(HubFilter):
    """Lets every connection make some calls, whether their methods exist or not."""

    def __init__(self, calls: int) -> None:
        self.calls = calls

    def on_message(self, context: HubMessageContext) -> None:
        if context.target is not None:
            used = context.context.items["calls"] = context.context.items.get("calls", 0) + 1
            if used > self.calls:
                raise HubException("Too many calls.")


async def test_a_rate_limit_counts_every_call_also_of_unknown_methods() -> None:
    async with serve(Plain, filters=[RateLimit(3)]) as server:
        client = server.connect()
        assert await client.invoke("Echo", 1) == 1
        assert "Method does not exist" in await client.error("Nowhere")
        assert "due to an error on the server" in await client.error("Echo")
        for target in ("Echo", "Nowhere"):
            assert await client.error(target, 1) == (
                f"Failed to invoke '{target}' due to an error on the server. HubException: Too many calls."
            )
        assert client.closing is None
        assert await server.connect().invoke("Echo", 2) == 2


async def test_a_message_is_seen_once_and_before_anything_is_done() -> None:
    seen: list[tuple[str, str | None, str | None]] = []

    class Watching(HubFilter):
        def on_message(self, context: HubMessageContext) -> None:
            assert context.context.connection_id == "w1"
            seen.append((context.kind, context.target, context.invocation_id))

    async with serve(Plain, filters=[Watching()]) as server:
        client = server.connect(connection_id="w1")
        client.send(
            {"type": 6},
            {"type": 1, "target": "nowhere", "arguments": []},
            {"type": 1, "invocationId": "a", "target": "add", "arguments": [], "streamIds": ["s"]},
            {"type": 2, "invocationId": "s", "item": 3},
            {"type": 2, "invocationId": "s", "item": 4},
            {"type": 3, "invocationId": "s"},
            {"type": 4, "invocationId": "b", "target": "count", "arguments": [1]},
            {"type": 4, "invocationId": "c", "target": "nowhere", "arguments": []},
            {"type": 5, "invocationId": "b"},
        )
        assert (await client.answer("a"))["result"] == 7
    assert seen == [
        ("invocation", "nowhere", None),
        ("invocation", "add", "a"),
        ("stream_item", None, "s"),
        ("stream_item", None, "s"),
        ("completion", None, "s"),
        ("stream_invocation", "count", "b"),
        ("invocation", "nowhere", "c"),
        ("cancel_invocation", None, "b"),
    ]


async def test_a_refused_item_fails_its_upload_alone() -> None:
    class NoItems(HubFilter):
        def on_message(self, context: HubMessageContext) -> None:
            if context.kind == "stream_item":
                raise HubException("too fast")

    async with serve(Plain, filters=[NoItems()]) as server:
        client = server.connect()
        client.send(
            {"type": 1, "invocationId": "a", "target": "add", "arguments": [], "streamIds": ["s"]},
            {"type": 2, "invocationId": "s", "item": 3},
            {"type": 3, "invocationId": "s"},
        )
        assert "too fast" in (await client.answer("a"))["error"]
        assert await client.invoke("Echo", 1) == 1


async def test_a_refused_answer_fails_the_call_that_waits_for_it() -> None:
    class NoAnswers(HubFilter):
        def on_message(self, context: HubMessageContext) -> None:
            if context.kind == "completion":
                raise HubException("keep it")

    class Asking(Hub):
        async def ask(self) -> int:
            return await self.clients.caller.invoke("Ask", result_type=int, timeout=math.inf)

    async with serve(Asking, filters=[NoAnswers()]) as server:
        client, other = server.connect(), server.connect()
        call = client.start("Ask")
        question = (await client.take(lambda m: m["type"] == 1))["invocationId"]
        client.send({"type": 3, "invocationId": "unknown", "result": 5})
        client.send({"type": 3, "invocationId": question, "result": 5})
        assert (await client.answer(call))["error"].endswith(
            "HubException: The answer was refused. HubException: keep it"
        )
        client.start("Ask")
        question = (await client.take(lambda m: m["type"] == 1))["invocationId"]
        other.send({"type": 3, "invocationId": question, "result": 5})
        assert other.closing is not None


async def test_a_broken_watcher_fails_the_call_and_not_the_connection(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(HubFilter):
        def on_message(self, context: HubMessageContext) -> None:
            raise ZeroDivisionError

    with caplog.at_level(logging.ERROR, "signalr_py.hub"):
        async with serve(Plain, filters=[Broken()]) as server:
            client = server.connect()
            assert await client.error("Echo", 1) == "Failed to invoke 'Echo' due to an error on the server."
            client.send({"type": 1, "target": "Echo", "arguments": [1]})
            assert client.closing is None
    assert len([record for record in caplog.records if "on_message failed" in record.getMessage()]) == 2
