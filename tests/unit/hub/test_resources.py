from __future__ import annotations

import asyncio
import threading
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from signalr_py.hub.resources import enter, enter_in_thread, in_thread, is_enterable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

PATIENCE = 10


@asynccontextmanager
async def traced(trace: list[str]) -> AsyncIterator[str]:
    trace.append("open")
    try:
        yield "value"
    except BaseException as error:
        trace.append(type(error).__name__)
        raise
    finally:
        trace.append("closed")


async def fail_behind(opening: Callable[[AsyncExitStack], Awaitable[object]]) -> None:
    async with AsyncExitStack() as scope:
        await opening(scope)
        raise ZeroDivisionError


async def test_a_manager_is_open_as_long_as_the_scope() -> None:
    trace: list[str] = []
    async with AsyncExitStack() as scope:
        assert await enter(traced(trace), scope) == "value"
        assert trace == ["open"]
    assert trace == ["open", "closed"]


async def test_its_exit_sees_what_ended_the_scope() -> None:
    trace: list[str] = []
    with pytest.raises(ZeroDivisionError):
        await fail_behind(lambda scope: enter(traced(trace), scope))
    assert trace == ["open", "ZeroDivisionError", "closed"]


async def generator() -> AsyncIterator[str]:
    yield "yielded"


async def test_an_async_generator_counts_as_a_manager() -> None:
    async with AsyncExitStack() as scope:
        assert await enter(generator(), scope) == "yielded"


def test_what_can_be_entered() -> None:
    assert is_enterable(traced([]))
    assert is_enterable(generator())
    assert is_enterable(AsyncExitStack())
    assert not is_enterable(contextmanager(lambda: iter(())))
    assert not is_enterable(AsyncExitStack)


@pytest.mark.parametrize("in_a_thread", [False, True])
async def test_an_exit_cannot_hide_a_failure(in_a_thread: bool) -> None:
    with pytest.raises(ZeroDivisionError):
        await fail_behind(
            lambda scope: (
                enter_in_thread(suppress(ZeroDivisionError), scope) if in_a_thread else enter(_SuppressingAll(), scope)
            )
        )


class _SuppressingAll:
    async def __aenter__(self) -> None:
        pass

    async def __aexit__(self, *details: object) -> bool:
        return True


async def test_a_failing_exit_is_the_outcome() -> None:
    @asynccontextmanager
    async def failing() -> AsyncIterator[None]:
        yield
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        async with AsyncExitStack() as scope:
            await enter(failing(), scope)


@contextmanager
def traced_in_thread(trace: list[Any]) -> Iterator[str]:
    trace.append(threading.current_thread())
    try:
        yield "value"
    except BaseException as error:
        trace.append(type(error))
        raise
    finally:
        trace.append(threading.current_thread())


async def test_a_plain_manager_never_touches_the_loop() -> None:
    trace: list[Any] = []
    async with AsyncExitStack() as scope:
        assert await enter_in_thread(traced_in_thread(trace), scope) == "value"
    assert len(trace) == 2
    assert threading.current_thread() not in trace


async def test_a_plain_manager_sees_the_failure() -> None:
    trace: list[Any] = []
    with pytest.raises(ZeroDivisionError):
        await fail_behind(lambda scope: enter_in_thread(traced_in_thread(trace), scope))
    assert trace[1] is ZeroDivisionError


async def test_a_manager_that_cannot_be_entered_is_not_left() -> None:
    class Broken:
        def __enter__(self) -> None:
            raise ConnectionRefusedError

        def __exit__(self, *details: object) -> None:
            raise AssertionError

    with pytest.raises(ConnectionRefusedError):
        async with AsyncExitStack() as scope:
            await enter_in_thread(Broken(), scope)


async def test_a_plain_manager_is_closed_when_the_call_is_cancelled_while_it_opens() -> None:
    began, may_open, closed = asyncio.Event(), threading.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    @contextmanager
    def slow() -> Iterator[None]:
        loop.call_soon_threadsafe(began.set)
        assert may_open.wait(PATIENCE)
        try:
            yield
        finally:
            closed.set()

    async def work() -> None:
        async with AsyncExitStack() as scope:
            await enter_in_thread(slow(), scope)

    task = asyncio.create_task(work())
    await began.wait()
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()
    may_open.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert closed.is_set()


async def test_a_cancelled_wait_for_a_thread_ends_with_the_thread() -> None:
    began, may_end, ended = asyncio.Event(), threading.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def block() -> None:
        loop.call_soon_threadsafe(began.set)
        assert may_end.wait(PATIENCE)
        ended.set()
        raise ZeroDivisionError

    task = asyncio.create_task(in_thread(block))
    await began.wait()
    task.cancel()
    may_end.set()
    with pytest.raises(asyncio.CancelledError) as caught:
        await task
    assert ended.is_set()
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


async def test_what_a_thread_raises_arrives() -> None:
    with pytest.raises(ZeroDivisionError):
        await in_thread(lambda: 1 // 0)
    assert await in_thread(lambda: 7) == 7


async def test_closing_needs_no_free_thread() -> None:
    """All threads wait for what is given back by closing; that must not wait for one of them."""
    limiter = anyio.to_thread.current_default_thread_limiter()
    total = limiter.total_tokens
    limiter.total_tokens = 1
    began, given_back = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def wait_for_it() -> bool:
        loop.call_soon_threadsafe(began.set)
        return given_back.wait(PATIENCE)

    try:

        @contextmanager
        def connection() -> Iterator[None]:
            yield
            given_back.set()

        async with AsyncExitStack() as scope:
            await enter_in_thread(connection(), scope)
            waiting = asyncio.create_task(in_thread(wait_for_it))
            await began.wait()
        assert await waiting
    finally:
        limiter.total_tokens = total
