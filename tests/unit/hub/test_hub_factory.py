"""Hubs that the application makes: a session for each call, closed behind it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterable, AsyncIterator  # noqa: TC003 evaluated at run time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from signalr_py import Hub, HubCallerContext, HubException, HubOptions, authorize
from tests.support.hub_server import serve

if TYPE_CHECKING:
    from tests.support.hub_client import HubClient

PATIENCE = 10


class Session:
    """What a call works with, and what became of it."""

    def __init__(self, trace: list[str], fails_to_close: bool = False) -> None:
        self.trace = trace
        self.fails_to_close = fails_to_close
        self.number = trace.count("open") + 1
        trace.append("open")

    def close(self, error: BaseException | None) -> None:
        self.trace.append("closed" if error is None else f"closed by {type(error).__name__}")
        if self.fails_to_close:
            raise OSError("cannot commit")


class SessionHub(Hub):
    began: asyncio.Event

    def __init__(self, session: Session) -> None:
        self.session = session

    async def number(self) -> int:
        return self.session.number

    def number_in_a_thread(self) -> int:
        return self.session.number

    @authorize
    async def secret(self) -> None:
        raise NotImplementedError

    async def fail(self) -> None:
        raise HubException("no")

    async def unserializable(self) -> object:
        return object()

    async def wait(self) -> None:
        self.began.set()
        await self.context.connection_aborted.wait()

    async def count(self, end: int) -> AsyncIterator[int]:
        for number in range(end):
            self.session.trace.append(f"item {number}")
            yield number

    async def broken(self) -> AsyncIterator[int]:
        yield 1
        raise HubException("in the middle")

    async def endless(self) -> AsyncIterator[int]:
        yield 1
        self.began.set()
        await asyncio.Event().wait()

    async def add(self, numbers: AsyncIterable[int]) -> int:
        total = 0
        async for number in numbers:
            self.began.set()
            total += number
        return total


class HookedHub(SessionHub):
    async def on_connected(self) -> None:
        self.session.trace.append(f"connected with {self.session.number}")
        if "refuse" in self.context.request.query_params:
            raise HubException("refused")

    async def on_disconnected(self, error: Exception | None) -> None:
        self.session.trace.append(f"disconnected with {self.session.number}")


def sessions(trace: list[str], hub_type: type[SessionHub] = SessionHub, *, fails_to_close: bool = False) -> Any:
    @asynccontextmanager
    async def factory(context: HubCallerContext) -> AsyncIterator[SessionHub]:
        session = Session(trace, fails_to_close)
        error: BaseException | None = None
        try:
            yield hub_type(session)
        except BaseException as caught:
            error = caught
            raise
        finally:
            session.close(error)

    return factory


def stream(client: HubClient, target: str, *arguments: Any) -> str:
    call, message = client.invocation(target, *arguments)
    client.send({**message, "type": 4})
    return call


async def test_each_call_has_a_hub_and_a_session_of_its_own() -> None:
    trace: list[str] = []
    async with serve(SessionHub, hub_factory=sessions(trace)) as server:
        client, other = server.connect(), server.connect()
        assert trace == []
        assert await client.invoke("Number") == 1
        assert trace == ["open", "closed"]
        assert await other.invoke("Number") == 2
        assert await client.invoke("NumberInAThread") == 3
    assert trace == ["open", "closed"] * 3


async def test_the_session_is_closed_before_the_answer_is_sent() -> None:
    trace: list[str] = []
    async with serve(SessionHub, hub_factory=sessions(trace)) as server:
        client = server.connect()
        client.duplex.on_write = lambda data: trace.append("write")
        await client.invoke("Number")
        assert trace[:3] == ["open", "closed", "write"]


async def test_a_failed_call_closes_with_its_error() -> None:
    trace: list[str] = []
    async with serve(SessionHub, hub_factory=sessions(trace)) as server:
        client = server.connect()
        assert (await client.error("Fail")).endswith("HubException: no")
        assert trace == ["open", "closed by HubException"]
        trace.clear()
        await client.error("Unserializable")
        assert trace == ["open", "closed"]


async def test_a_call_that_is_refused_opens_nothing() -> None:
    trace: list[str] = []
    async with serve(SessionHub, hub_factory=sessions(trace)) as server:
        client = server.connect()
        await client.error("Nowhere")
        await client.error("Number", "too many")
        await client.error("Count", 3)
        assert "unauthorized" in await client.error("Secret")
        call = stream(client, "Number")
        assert "error" in await client.answer(call)
    assert trace == []


async def test_a_failing_close_is_the_error_of_the_call(caplog: pytest.LogCaptureFixture) -> None:
    trace: list[str] = []
    factory = sessions(trace, fails_to_close=True)
    with caplog.at_level(logging.ERROR, "signalr_py.hub"):
        async with serve(SessionHub, HubOptions(enable_detailed_errors=True), hub_factory=factory) as server:
            client = server.connect()
            assert await client.error("Number") == (
                "An unexpected error occurred invoking 'Number' on the server. OSError: cannot commit"
            )
            call = stream(client, "Count", 2)
            end = await client.answer(call)
            assert end["error"].endswith("OSError: cannot commit")
            assert [m["item"] for m in client.received if m["type"] == 2] == [0, 1]
            assert client.closing is None
    assert caplog.records


async def test_a_factory_that_hides_an_error_does_not_make_it_a_success() -> None:
    class Hiding:
        async def __aenter__(self) -> SessionHub:
            return SessionHub(Session([]))

        async def __aexit__(self, *details: object) -> bool:
            return True

    async with serve(SessionHub, hub_factory=lambda context: Hiding()) as server:
        client = server.connect()
        assert (await client.error("Fail")).endswith("HubException: no")
        call = stream(client, "Broken")
        assert (await client.answer(call))["error"].endswith("HubException: in the middle")


async def test_a_failing_factory_is_the_error_of_the_call() -> None:
    async def factory(context: HubCallerContext) -> SessionHub:
        raise HubException("no connection to the database")

    async with serve(SessionHub, hub_factory=factory) as server:
        client = server.connect()
        assert await client.error("Number") == (
            "An unexpected error occurred invoking 'Number' on the server. HubException: no connection to the database"
        )
        assert client.closing is None


async def test_a_factory_that_makes_something_else_fails_the_call() -> None:
    shared = SessionHub(Session([]))
    options = HubOptions(enable_detailed_errors=True)
    async with serve(SessionHub, options, hub_factory=lambda context: Hub()) as server:
        assert "it must make an object of SessionHub" in await server.connect().error("Number")
    async with serve(SessionHub, options, hub_factory=lambda context: shared) as server:
        client = server.connect()
        assert await client.invoke("Number") == 1
        assert "a hub object serves one call" in await client.error("Number")


async def test_a_session_lasts_as_long_as_the_stream() -> None:
    trace: list[str] = []
    async with serve(SessionHub, hub_factory=sessions(trace)) as server:
        client = server.connect()
        await client.answer(stream(client, "Count", 2))
        assert trace == ["open", "item 0", "item 1", "closed"]
        trace.clear()
        await client.answer(stream(client, "Broken"))
        assert trace == ["open", "closed by HubException"]


@pytest.mark.parametrize("how", ["cancelled", "disconnected"])
async def test_a_stream_that_is_cut_off_closes_its_session(how: str) -> None:
    trace: list[str] = []
    began = SessionHub.began = asyncio.Event()
    async with serve(SessionHub, hub_factory=sessions(trace)) as server, asyncio.timeout(PATIENCE):
        client = server.connect()
        call = stream(client, "Endless")
        await began.wait()
        assert trace == ["open"]
        if how == "cancelled":
            client.send({"type": 5, "invocationId": call})
            assert await client.answer(call) == {"type": 3, "invocationId": call}
        else:
            client.leave()
            await client.ended()
    assert trace == ["open", "closed by CancelledError"]


async def test_a_call_whose_client_leaves_closes_its_session() -> None:
    trace: list[str] = []
    began = SessionHub.began = asyncio.Event()
    async with serve(SessionHub, hub_factory=sessions(trace)) as server, asyncio.timeout(PATIENCE):
        client = server.connect()
        client.start("Wait")
        await began.wait()
        client.leave()
        await client.ended()
    assert trace == ["open", "closed"]


async def test_an_upload_cut_off_closes_its_session() -> None:
    trace: list[str] = []
    began = SessionHub.began = asyncio.Event()
    async with serve(SessionHub, hub_factory=sessions(trace)) as server, asyncio.timeout(PATIENCE):
        client = server.connect()
        message = client.invocation("Add")[1]
        client.send({**message, "streamIds": ["s"]}, {"type": 2, "invocationId": "s", "item": 1})
        await began.wait()
        client.leave()
        await client.ended()
    assert trace == ["open", "closed by ClientDisconnectedError"]


async def test_the_hooks_have_sessions_of_their_own() -> None:
    trace: list[str] = []
    async with serve(HookedHub, hub_factory=sessions(trace, HookedHub)) as server:
        client = server.connect()
        assert await client.invoke("Number") == 2
        client.leave()
        await client.ended()
    assert trace == [
        *("open", "connected with 1", "closed"),
        *("open", "closed"),
        *("open", "disconnected with 3", "closed"),
    ]


async def test_a_failing_close_behind_a_hook_counts_as_the_hooks_failure(caplog: pytest.LogCaptureFixture) -> None:
    trace: list[str] = []
    with caplog.at_level(logging.ERROR, "signalr_py.hub"):
        async with serve(HookedHub, hub_factory=sessions(trace, HookedHub, fails_to_close=True)) as server:
            client = server.connect()
            assert await client.ended() == {"type": 7, "error": "Connection closed with an error."}
    assert trace == ["open", "connected with 1", "closed"]
    assert any("on_connected failed" in record.getMessage() for record in caplog.records)


async def test_the_factory_is_given_the_connection() -> None:
    class Greeting(Hub):
        def __init__(self, context: HubCallerContext, greeting: str) -> None:
            self.greeting = f"{greeting} {context.connection_id}"

        async def greet(self) -> str:
            return self.greeting

    async with serve(Greeting, hub_factory=lambda context: Greeting(context, "hello")) as server:
        assert await server.connect(connection_id="c9").invoke("Greet") == "hello c9"


async def test_a_shutdown_closes_what_still_runs() -> None:
    trace: list[str] = []
    began = asyncio.Event()

    class Stubborn(SessionHub):
        async def stay(self) -> None:
            began.set()
            await asyncio.Event().wait()

    async with serve(Stubborn, hub_factory=sessions(trace, Stubborn)) as server, asyncio.timeout(PATIENCE):
        client = server.connect()
        client.start("Stay")
        await began.wait()
        await server.handler.shut_down(0)
        await server.handler.finish(0.01)
    assert trace == ["open", "closed by CancelledError"]
