"""The host's `send`, and those that an application wraps around it: each call is one task in one context."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import sys
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from signalr_py.options import HttpConnectionOptions
from tests.support.connections import HostError, WebSocketSite
from tests.support.exchanges import WebSocketExchange, websocket_scope
from tests.support.tasks import SENDS_AT_ONCE, settle

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.types import Message, Receive, Scope, Send

    Wrapper = Callable[[Message, Send], Awaitable[None]]

variable: ContextVar[str] = ContextVar("variable", default="nothing")


def wrapped(site: WebSocketSite, wrapper: Wrapper) -> WebSocketExchange:
    """Let an application stand between the host's `send` and the connection."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        def wrapping_send(message: Message) -> Awaitable[None]:
            return wrapper(message, send)

        variable.set("the request's")
        await site.application(scope, receive, wrapping_send)

    site.socket = WebSocketExchange(application, websocket_scope())
    return site.socket


@pytest.mark.parametrize("is_slow", [False, True])
async def test_a_wrapper_may_set_and_reset_a_variable_around_a_send(*, is_slow: bool) -> None:
    site = WebSocketSite()
    seen: list[str] = []

    async def wrapper(message: Message, send: Send) -> None:
        seen.append(variable.get())
        token = variable.set("the wrapper's")
        if is_slow:
            await asyncio.sleep(0)
        await send(message)
        variable.reset(token)

    async with wrapped(site, wrapper) as socket:
        await site.connected()
        variable.set("the sender's")
        for text in ("a", "b", "c"):
            site.write(text.encode())
            assert variable.get() == "the sender's"
        await socket.until(lambda: "".join(map(str, socket.frames)) == "abc")
        site.handler.close()
        await socket.closed()
    assert set(seen) == {"the request's"}


async def test_a_variable_that_a_wrapper_sets_is_not_there_for_the_next_send() -> None:
    site = WebSocketSite()
    seen: list[str] = []

    async def wrapper(message: Message, send: Send) -> None:
        if message["type"] == "websocket.send":
            seen.append(variable.get())
            variable.set("left behind")
        await send(message)

    async with wrapped(site, wrapper) as socket:
        await site.connected()
        for number, text in enumerate("ab"):
            site.write(text.encode())
            await socket.frames_are(*"ab"[: number + 1])
    assert seen[0] == "the request's"
    assert seen == ["the request's"] * 2 or sys.version_info < (3, 12)


@pytest.mark.parametrize("library", ["asyncio", "anyio"])
@pytest.mark.parametrize("caller", ["a task", "a callback"])
async def test_a_wrapper_may_limit_the_time_of_a_send(library: str, caller: str) -> None:
    site = WebSocketSite()
    finished: list[Message] = []

    async def wrapper(message: Message, send: Send) -> None:
        if library == "asyncio":
            async with asyncio.timeout(60):
                await send(message)
        else:
            with anyio.fail_after(60):
                await send(message)
        finished.append(message)

    async with wrapped(site, wrapper) as socket:
        await site.connected()
        for is_held in (False, True):
            if is_held:
                socket.hold()
            if caller == "a task":
                site.write(b"x")
            else:
                asyncio.get_running_loop().call_soon(site.write, b"x")
            await settle()
            socket.release()
            await settle()
        assert len(finished) == 3
        assert site.handler.ends == 0


async def test_a_wrapper_that_gives_up_in_time_does_not_touch_who_wrote() -> None:
    site = WebSocketSite()

    async def wrapper(message: Message, send: Send) -> None:
        limit = 0.001 if message["type"] == "websocket.send" else None
        async with asyncio.timeout(limit):
            await send(message)

    async with wrapped(site, wrapper) as socket:
        await site.connected()
        socket.hold()
        site.write(b"x")
        await site.handler.ended()
        await socket.finished()
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_a_send_that_is_no_coroutine_function_is_awaited() -> None:
    site = WebSocketSite()

    def wrapper(message: Message, send: Send) -> asyncio.Future[None]:
        return asyncio.ensure_future(send(message))

    async with wrapped(site, wrapper) as socket:
        await site.connected()
        site.write(b"a")
        site.write(b"b")
        await socket.frames_are("a", "b") if sys.version_info >= (3, 12) else await socket.frames_are("ab")
        await settle()


async def test_a_wrapper_may_write_to_the_same_connection() -> None:
    site = WebSocketSite()

    async def wrapper(message: Message, send: Send) -> None:
        if message.get("text") == "first":
            site.write(b"second")
        await send(message)

    async with wrapped(site, wrapper) as socket:
        await site.connected()
        site.write(b"first")
        await socket.frames_are("first", "second")


async def test_a_wrapper_may_write_to_the_same_connection_and_suspend() -> None:
    site = WebSocketSite()

    async def wrapper(message: Message, send: Send) -> None:
        if message.get("text") == "first":
            site.write(b"second")
            await asyncio.sleep(0)
        await send(message)

    async with wrapped(site, wrapper) as socket:
        await site.connected()
        site.write(b"first")
        await socket.frames_are("first", "second")
        site.handler.close()
        assert await socket.closed() == 1000


async def test_a_write_behind_a_send_that_has_suspended_alone_is_sent_by_the_call_itself() -> None:
    site = WebSocketSite()
    async with site.socket as socket:
        await site.connected()
        tasks = asyncio.all_tasks()
        for text in ("a", "b", "c"):
            socket.hold()
            site.write(text.encode())
            await settle()
            socket.release()
            await socket.until(lambda: not socket.held)
            await settle()
        assert socket.frames == ["a", "b", "c"]
        assert len(asyncio.all_tasks() - tasks) == (0 if SENDS_AT_ONCE else 1)


async def test_each_write_of_a_busy_connection_has_its_own_time() -> None:
    site = WebSocketSite(HttpConnectionOptions(transport_send_timeout=10))
    async with site.socket as socket:
        await site.connected()
        socket.hold()
        frames = ["a", "b" * 70_000, "c" * 70_000]
        for frame in frames:
            site.write(frame.encode())
        for number in (1, 2):
            await settle()
            site.advance(6)
            socket.release()
            socket.hold()
            await socket.frames_are(*frames[:number])
        await settle()
        site.advance(9.9)
        assert site.handler.ends == 0
        site.advance(0.1)
        await socket.finished()
    assert site.handler.ends == 1


# Failures.


async def test_a_loss_is_not_told_to_the_hub_within_the_write_that_finds_it() -> None:
    site = WebSocketSite()
    async with site.socket as socket:
        await site.connected()
        socket.fail(ConnectionResetError())
        site.write(b"news")
        assert site.write(b"more")
        assert site.handler.ends == 0
        await site.handler.ended()
        socket.disconnect()
        await socket.finished()
    assert site.handler.ends == 1
    assert not site.connection.outbound


async def test_a_send_that_fails_while_the_connection_ends_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    site = WebSocketSite()
    async with site.socket as socket:
        await site.connected()
        socket.hold()
        site.write(b"goodbye")
        await socket.until(lambda: socket.held == 1)
        site.handler.close()
        await settle()
        with caplog.at_level(logging.DEBUG, logger="signalr_py"):
            socket.fail(ConnectionResetError())
            await socket.finished()
    assert len(caplog.records) == 1
    assert socket.close_code is None


@pytest.mark.parametrize("is_busy", [False, True])
async def test_a_wrapper_that_swallows_a_cancellation_of_its_own_goes_on(*, is_busy: bool) -> None:
    site = WebSocketSite()

    async def wrapper(message: Message, send: Send) -> None:
        if message.get("text") == "a":
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(0)
        await send(message)

    async with wrapped(site, wrapper) as socket:
        await site.connected()
        for text in "abc":
            site.write(text.encode())
            if not is_busy:
                await settle()
        await socket.until(lambda: "".join(map(str, socket.frames)) == "abc")


async def test_text_that_cannot_be_sent_ends_its_own_connection() -> None:
    site = WebSocketSite()
    async with site.socket as socket:
        await site.connected()
        assert site.write(b"\xff") or not SENDS_AT_ONCE
        await site.handler.ended()
        socket.disconnect()
        await socket.finished()
    assert socket.frames == []


@pytest.mark.parametrize("moment", ["at once", "suspended", "in the writer"])
async def test_a_faulty_send_of_the_application_is_logged(moment: str, caplog: pytest.LogCaptureFixture) -> None:
    site = WebSocketSite()
    failing = "b" if moment == "in the writer" else "a"

    async def wrapper(message: Message, send: Send) -> None:
        if moment != "at once":
            await asyncio.sleep(0)
        if message.get("text") == failing:
            raise HostError
        await send(message)

    async with wrapped(site, wrapper) as socket:
        await site.connected()
        site.write(b"a")
        await settle()
        site.write(b"b")
        await site.handler.ended()
        socket.disconnect()
        await socket.finished()
    (record,) = (record for record in caplog.records if record.levelno == logging.ERROR)
    assert record.getMessage().startswith("Connection the id is closed, since `send` raised.")
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], HostError)


@pytest.mark.parametrize("is_slow", [False, True])
async def test_a_send_that_cancels_itself_means_a_connection_that_is_lost(*, is_slow: bool) -> None:
    site = WebSocketSite()

    async def wrapper(message: Message, send: Send) -> None:
        if message["type"] == "websocket.send":
            if is_slow:
                await asyncio.sleep(0)
            raise asyncio.CancelledError
        await send(message)

    async with wrapped(site, wrapper) as socket:
        await site.connected()
        site.write(b"news")
        await site.handler.ended()
        socket.disconnect()
        await socket.finished()
    assert site.handler.ends == 1


@pytest.mark.parametrize("writer", ["has not begun", "waits"])
async def test_an_abort_cancels_a_suspended_send_and_no_failure_is_left_over(writer: str) -> None:
    site = WebSocketSite()
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))

    async def wrapper(message: Message, send: Send) -> None:
        try:
            await send(message)
        except asyncio.CancelledError:
            raise HostError from None

    async with wrapped(site, wrapper) as socket:
        await site.connected()
        socket.hold()
        site.write(b"a")
        if writer == "waits":
            await socket.until(lambda: socket.held == 1)
            await settle()
        site.connection.abort()
        await socket.finished()
        assert socket.held == 0
    gc.collect()
    assert complaints == []
