"""Ordinary calls that nobody wants any more: those that asked for it learn of it, and no others."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterable, AsyncIterator, Callable  # noqa: TC003 - read at start-up
from typing import TYPE_CHECKING, Any

import anyio.lowlevel
import pytest

from signalr_py import CancellationToken, ClientDisconnectedError, Hub, HubOptions, cancellable
from tests.support.endings import ENDINGS, is_sent_away_when_idle
from tests.support.gates import Gate
from tests.support.hub_server import HubServer, serve
from tests.support.streams import cancel, end, item, items, start, stream, streamed
from tests.support.tasks import settle

if TYPE_CHECKING:
    from tests.support.hub_client import HubClient

DETAILED = HubOptions(enable_detailed_errors=True)


class WorkHub(Hub):
    @cancellable
    async def build(self) -> str:
        try:
            await asyncio.Event().wait()
        finally:
            self.context.items["built"] = False
        return "done"

    @cancellable
    async def insist(self) -> str:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.sleep(0)
        return "done anyway"

    @cancellable
    async def group(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(asyncio.Event().wait())
            await asyncio.Event().wait()

    @cancellable
    async def anyio_group(self) -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(anyio.sleep_forever)
            await anyio.sleep_forever()

    @cancellable
    async def time_limit(self) -> None:
        async with asyncio.timeout(3600):
            await asyncio.Event().wait()

    @cancellable
    async def anyio_time_limit(self) -> None:
        with anyio.fail_after(3600):
            await anyio.sleep_forever()

    @cancellable
    async def own_time_limit(self) -> str:
        try:
            async with asyncio.timeout(0):
                await asyncio.Event().wait()
        except TimeoutError:
            return "too late"
        return "in time"

    async def watch(self, token: CancellationToken) -> str:
        await token.wait()
        return f"set: {token.is_set()}"

    async def watch_and_wait(self, seconds: float, token: CancellationToken, *, more: int = 0) -> str:
        await token.wait()
        return f"{seconds} {more}"

    @cancellable
    async def both(self, token: CancellationToken) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            self.context.items["token"] = token.is_set()

    async def plain(self) -> str:
        await self.context.items["gate"].wait()
        return "done"

    async def gate(self) -> None:
        self.context.items["gate"].set()

    async def item(self, name: str) -> Any:
        return self.context.items.get(name)

    async def on_connected(self) -> None:
        self.context.items["gate"] = asyncio.Event()


@pytest.mark.parametrize("target", ["Build", "Both", "Group", "AnyioGroup", "TimeLimit", "AnyioTimeLimit"])
async def test_a_cancelled_call_is_answered_with_an_error(target: str) -> None:
    for options, detail in ((HubOptions(), ""), (DETAILED, " CancelledError: ")):
        async with serve(WorkHub, options) as server:
            client = server.connect()
            await settle()
            call = client.start(target)
            await settle()
            client.send(cancel(call))
            answer = await client.answer(call)
            text = f"An unexpected error occurred invoking '{target}' on the server.{detail}"
            assert (answer["error"].rstrip(), "result" in answer) == (text.rstrip(), False)
            assert await client.invoke("OwnTimeLimit") == "too late"


async def test_a_method_may_answer_although_it_was_cancelled() -> None:
    async with serve(WorkHub) as server:
        client = server.connect()
        await settle()
        call = client.start("Insist")
        await settle()
        client.send(cancel(call), cancel(call))
        assert (await client.answer(call))["result"] == "done anyway"


async def test_a_token_is_set_and_the_method_answers() -> None:
    async with serve(WorkHub) as server:
        client = server.connect()
        await settle()
        call = client.start("Watch")
        await settle()
        assert client.received == []
        client.send(cancel(call))
        assert (await client.answer(call))["result"] == "set: True"


async def test_a_token_takes_no_argument_from_the_wire() -> None:
    async with serve(WorkHub) as server:
        client = server.connect()
        await settle()
        call = client.start("WatchAndWait", 1.5)
        client.send(cancel(call))
        assert (await client.answer(call))["result"] == "1.5 0"
        call = client.start("WatchAndWait", 1.5, 7)
        client.send(cancel(call))
        assert (await client.answer(call))["result"] == "1.5 7"


async def test_a_method_may_have_both() -> None:
    async with serve(WorkHub) as server:
        client = server.connect()
        await settle()
        call = client.start("Both")
        await settle()
        client.send(cancel(call))
        assert "error" in await client.answer(call)
        assert await client.invoke("Item", "token") is True


async def test_a_call_that_asked_for_nothing_is_not_cancelled() -> None:
    async with serve(WorkHub, HubOptions(maximum_parallel_invocations_per_client=2)) as server:
        client = server.connect()
        await settle()
        call = client.start("Plain")
        await settle()
        client.send(cancel(call))
        await client.invoke("Gate")
        assert (await client.answer(call))["result"] == "done"


async def test_a_call_that_was_answered_cannot_be_cancelled() -> None:
    async with serve(WorkHub) as server:
        client = server.connect()
        await settle()
        call = client.start("OwnTimeLimit")
        assert (await client.answer(call))["result"] == "too late"
        client.send(cancel(call))
        await settle()
        assert len(client.received) == 1


async def test_an_id_may_be_used_again_once_it_is_answered() -> None:
    async with serve(WorkHub) as server:
        client = server.connect()
        await settle()
        for _ in range(2):
            client.send({"type": 1, "invocationId": "x", "target": "Build", "arguments": []})
            await settle()
            client.send(cancel("x"))
            assert "error" in await client.answer("x")


async def test_the_id_of_a_cancellable_call_in_use_is_refused() -> None:
    async with serve(WorkHub, HubOptions(maximum_parallel_invocations_per_client=2)) as server:
        client = server.connect()
        await settle()
        message = {"type": 1, "invocationId": "x", "target": "Build", "arguments": []}
        client.send(message, message)
        assert (await client.answer("x"))["error"] == "Invocation ID 'x' is already in use."
        client.send(cancel("x"))
        assert "error" in await client.answer("x")


async def test_a_call_that_wants_no_answer_is_cancelled_with_its_connection() -> None:
    ended: list[str] = []

    class H(Hub):
        @cancellable
        async def build(self) -> None:
            try:
                await asyncio.Event().wait()
            finally:
                ended.append("build")

        async def watch(self, token: CancellationToken) -> None:
            await token.wait()
            ended.append("watch")

    async with serve(H, HubOptions(maximum_parallel_invocations_per_client=2)) as server:
        client = server.connect()
        client.send({"type": 1, "target": "Build", "arguments": []}, {"type": 1, "target": "Watch", "arguments": []})
        await settle()
        client.leave()
        await client.ended()
        await settle()
        assert sorted(ended) == ["build", "watch"]


@pytest.mark.parametrize("ends", ENDINGS)
async def test_calls_that_asked_for_it_end_with_their_connection(
    ends: Callable[[HubClient], None],
) -> None:
    gate, ended = Gate(), []

    class H(Hub):
        async def on_disconnected(self, error: Exception | None) -> None:
            ended.append("on_disconnected")

        @cancellable
        async def build(self) -> None:
            try:
                await asyncio.Event().wait()
            finally:
                ended.append("build")

        async def watch(self, token: CancellationToken) -> None:
            await token.wait()
            ended.append("watch")

        async def plain(self) -> None:
            await gate.pass_through("plain")
            ended.append("plain")

    async with serve(H, HubOptions(maximum_parallel_invocations_per_client=3)) as server:
        client = server.connect()
        calls = [client.start(target) for target in ("Build", "Watch", "Plain")]
        await settle()
        ends(client)
        if ends is is_sent_away_when_idle:
            await settle()
            assert ended == []
            client.send(cancel(calls[0]), cancel(calls[1]))
        else:
            await client.ended()
            await settle()
            assert sorted(ended) == ["build", "on_disconnected", "watch"]
        gate.open("plain")
        await client.ended()
    assert sorted(ended) == ["build", "on_disconnected", "plain", "watch"]


@pytest.mark.parametrize("is_by_message", [True, False])
async def test_a_thread_sees_that_it_is_not_wanted_any_more(is_by_message: object) -> None:
    started, seen = threading.Event(), threading.Event()
    what: list[bool] = []

    class H(Hub):
        def work(self, token: CancellationToken) -> str:
            started.set()
            while not token.is_set():
                seen.wait(0.001)
            what.extend([token.is_set(), self.context.connection_aborted.is_set()])
            return "stopped"

    async with serve(H) as server:
        client = server.connect()
        call = client.start("Work")
        await asyncio.to_thread(started.wait, 10)
        if is_by_message:
            client.send(cancel(call))
            assert (await client.answer(call))["result"] == "stopped"
        else:
            client.leave()
            await client.ended()
    assert what == [True, not is_by_message]


async def test_a_stream_made_in_a_thread_can_be_cancelled_there() -> None:
    started, may_end = threading.Event(), threading.Event()

    class H(Hub):
        def numbers(self) -> AsyncIterable[int]:
            started.set()
            may_end.wait(10)
            return self.count()

        async def count(self) -> AsyncIterator[int]:
            yield 1

    async with serve(H) as server:
        client = server.connect()
        call = stream(client, "Numbers")
        await asyncio.to_thread(started.wait, 10)
        client.send(cancel(call))
        assert await streamed(client, call) == []
        may_end.set()


async def test_a_shutdown_that_lost_its_patience_cancels_what_the_client_had_cancelled_in_vain() -> None:
    cancelled: list[int] = []

    class H(Hub):
        @cancellable
        async def stubborn(self) -> None:
            while len(cancelled) < 2:
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    cancelled.append(1)
            raise asyncio.CancelledError

    server = HubServer(H)
    client = server.connect()
    call = client.start("Stubborn")
    await settle()
    client.send(cancel(call))
    await settle()
    assert len(cancelled) == 1
    await server.handler.shut_down(0)
    await server.handler.finish(0)
    await settle()
    assert len(cancelled) == 2
    assert client.received == [{"type": 7, "allowReconnect": True}]


async def test_uploads_and_streams_of_one_call_end_together() -> None:
    errors: list[str] = []

    class H(Hub):
        async def echo(self, numbers: AsyncIterable[int]) -> AsyncIterator[int]:
            try:
                async for number in numbers:
                    yield number
            except BaseException as error:
                errors.append(type(error).__name__)
                raise

        async def total(self, numbers: AsyncIterable[int]) -> int:
            try:
                return sum([number async for number in numbers])
            except ClientDisconnectedError as error:
                errors.append(f"{type(error).__name__}: {error}")
                raise

    async with serve(H) as server:
        client = server.connect()
        call = stream(client, "Echo", uploads=["a"])
        start(client, "Total", uploads=["b"])
        client.send(item("a", 1), item("b", 1))
        await client.until(lambda: items(client, call) == [1])
        client.send(cancel(call), item("a", 2), end("a"))
        assert await streamed(client, call) == [1]
        assert errors == ["CancelledError"]
        client.leave()
        await client.ended()
        await settle()
        assert errors == ["CancelledError", "ClientDisconnectedError: The underlying connection was closed."]
