"""Calls that nobody wants any more: cancelled by the client, or because it has gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable  # noqa: TC003 - read at start-up
from typing import TYPE_CHECKING

import pytest

from signalr_py import Hub, HubException, HubOptions, cancellable
from signalr_py.hub.invocations import Invocation
from signalr_py.protocol.messages import InvocationMessage, StreamInvocationMessage
from tests.support.endings import ENDINGS
from tests.support.hub_server import HubServer, serve
from tests.support.streams import cancel, stream, streamed
from tests.support.tasks import SENDS_AT_ONCE, settle
from tests.unit.hub.test_cancelled_calls import WorkHub

if TYPE_CHECKING:
    from tests.support.hub_client import HubClient

DETAILED = HubOptions(enable_detailed_errors=True)
FAILED = "An unexpected error occurred invoking '{}' on the server."


class Trace:
    """What methods tell of their ends."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, line: object) -> None:
        self.lines.append(str(line))


def tracing_hub(trace: Trace) -> type[Hub]:
    class H(Hub):
        async def on_disconnected(self, error: Exception | None) -> None:
            trace.note("on_disconnected")

        async def waits(self) -> AsyncIterator[int]:
            """Is cancelled where it waits for the next item."""
            try:
                yield 1
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                trace.note("CancelledError")
                raise
            finally:
                await asyncio.sleep(0)
                trace.note("finally")

        async def floods(self) -> AsyncIterator[int]:
            """Is cancelled where it hands over an item, once the client is slow."""
            try:
                while True:
                    yield 1
            except asyncio.CancelledError:
                trace.note("CancelledError")
                raise
            finally:
                await asyncio.sleep(0)
                trace.note("finally")

        async def opens(self) -> AsyncIterable[int]:
            """Is cancelled before there is a stream."""
            try:
                await asyncio.Event().wait()
            finally:
                trace.note("finally")
            raise AssertionError

        async def goes_on(self) -> AsyncIterator[int]:
            """Takes no notice of its cancellation."""
            try:
                yield 1
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    trace.note("swallowed")
                while True:
                    yield 2
            finally:
                trace.note("finally")

        async def ends(self) -> AsyncIterator[int]:
            """Takes its cancellation for the end."""
            yield 1
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                trace.note("swallowed")

        async def fails(self) -> AsyncIterator[int]:
            """Fails to clean up."""
            try:
                yield 1
                await asyncio.Event().wait()
            finally:
                raise HubException("cannot close")

    return H


STREAMS = {
    "Waits": ["CancelledError", "finally"],
    "Floods": ["CancelledError", "finally"],
    "Opens": ["finally"],
    "GoesOn": ["swallowed", "finally"],
    "Ends": ["swallowed"],
}


async def running(client: HubClient, target: str) -> str:
    """Call for a stream and let it come as far as it can."""
    client.duplex.is_slow = target == "Floods"
    call = stream(client, target)
    await settle()
    return call


@pytest.mark.parametrize(("target", "expected"), STREAMS.items())
async def test_a_cancelled_stream_ends_without_an_error(target: str, expected: list[str]) -> None:
    trace = Trace()
    async with serve(tracing_hub(trace)) as server:
        client = server.connect()
        call = await running(client, target)
        before = list(client.received)
        client.send(cancel(call))
        assert await client.answer(call) == {"type": 3, "invocationId": call}
        assert trace.lines == expected
        client.send(cancel(call), cancel("unknown"))
        await settle()
        assert len(client.received) == len(before) + 1


async def test_a_stream_may_be_cancelled_twice() -> None:
    trace = Trace()
    async with serve(tracing_hub(trace)) as server:
        client = server.connect()
        call = await running(client, "Waits")
        client.send(cancel(call), cancel(call))
        assert await streamed(client, call) == [1]
        assert trace.lines == ["CancelledError", "finally"]
        assert len(client.received) == 2


async def test_a_stream_that_fails_while_it_is_cancelled_says_so() -> None:
    async with serve(tracing_hub(Trace())) as server:
        client = server.connect()
        call = await running(client, "Fails")
        client.send(cancel(call))
        assert (await client.answer(call))["error"] == (
            "An error occurred on the server while streaming results. HubException: cannot close"
        )


async def test_a_stream_may_be_cancelled_in_the_chunk_that_asks_for_it() -> None:
    trace = Trace()
    async with serve(tracing_hub(trace)) as server:
        client = server.connect()
        _, message = client.invocation("Waits")
        client.send({**message, "type": 4}, cancel("1"))
        assert await streamed(client, "1") == ([1] if SENDS_AT_ONCE else [])
        assert trace.lines == (["CancelledError", "finally"] if SENDS_AT_ONCE else [])


async def test_a_stream_may_end_its_own_connection() -> None:
    ended: list[str] = []

    class H(Hub):
        async def numbers(self) -> AsyncIterator[int]:
            try:
                yield 1
                self.context.abort()
                yield 2
                ended.append("went on")
            finally:
                ended.append("finally")

        @cancellable
        async def build(self) -> None:
            self.context.abort()
            try:
                await asyncio.sleep(0)
            finally:
                ended.append("finally")

    async with serve(H) as server:
        for call in (lambda client: stream(client, "Numbers"), lambda client: client.start("Build")):
            ended.clear()
            client = server.connect()
            call(client)
            assert await client.ended() == {"type": 7}
            assert ended == ["finally"]


async def test_a_stream_that_overflows_its_client_ends() -> None:
    closed: list[str] = []

    class H(Hub):
        async def numbers(self) -> AsyncIterator[int]:
            try:
                while True:
                    yield 1
            finally:
                closed.append("closed")

    async with serve(H) as server:
        client = server.connect()
        client.duplex.on_write = lambda _: client.connection.overflowed() if len(client.duplex.writes) > 5 else None
        stream(client, "Numbers")
        assert await client.ended() == {"type": 7, "allowReconnect": True}
        await settle()
        assert closed == ["closed"]


@pytest.mark.parametrize(("target", "answer"), [("Waits", {}), ("Build", {"error": FAILED.format("Build")})])
async def test_a_call_that_is_cancelled_before_it_starts_never_runs(target: str, answer: dict[str, str]) -> None:
    trace = Trace()

    class H(tracing_hub(trace)):  # type: ignore[misc]
        @cancellable
        async def build(self) -> None:
            trace.note("build")

    async with serve(H) as server:
        client = server.connect()
        method = server.handler.table.find(target)
        assert method is not None
        is_stream = method.is_streaming
        call = StreamInvocationMessage("1", target) if is_stream else InvocationMessage(target, (), "1")
        invocation = Invocation(method, call)
        invocation.cancel()
        await asyncio.ensure_future(server.handler.dispatcher.invoke(client.connection, invocation))
        assert client.received == [{"type": 3, "invocationId": "1", **answer}]
        assert trace.lines == []


async def test_a_token_that_is_set_before_the_call_starts_stops_nothing() -> None:
    async with serve(WorkHub) as server:
        client = server.connect()
        method = server.handler.table.find("watch")
        assert method is not None
        invocation = Invocation(method, InvocationMessage("Watch", (), "1"))
        invocation.cancel()
        await asyncio.ensure_future(server.handler.dispatcher.invoke(client.connection, invocation))
        assert client.received == [{"type": 3, "invocationId": "1", "result": "set: True"}]


@pytest.mark.parametrize("ends", ENDINGS)
@pytest.mark.parametrize(("target", "expected"), STREAMS.items())
async def test_streams_end_with_their_connection(
    ends: Callable[[HubClient], None], target: str, expected: list[str]
) -> None:
    trace = Trace()
    async with serve(tracing_hub(trace)) as server:
        client = server.connect()
        await running(client, target)
        ends(client)
        await client.ended()
        await settle()
        assert sorted(trace.lines) == sorted([*expected, "on_disconnected"])
        assert [m for m in client.received if m["type"] == 3] == []


async def test_streams_do_not_hold_up_the_shutdown() -> None:
    trace = Trace()
    server = HubServer(tracing_hub(trace))
    client = server.connect()
    await running(client, "Waits")
    await server.handler.shut_down(3600)
    await server.handler.finish(3600)
    assert client.closing == {"type": 7, "allowReconnect": True}
    assert sorted(trace.lines) == ["CancelledError", "finally", "on_disconnected"]
