from __future__ import annotations

import asyncio
import contextlib
import sys
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from signalr_py.hub import tasks
from signalr_py.hub.tasks import end_iteration
from tests.support.tasks import settle

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable


async def test_work_that_does_not_suspend_is_done_at_once_where_python_can() -> None:
    done: list[str] = []

    async def work() -> None:
        done.append("done")

    task = tasks.start(work(), copy_context(), set())
    assert task.done() == (sys.version_info >= (3, 12))
    await task
    assert done == ["done"]


async def test_work_that_suspends_goes_on_later() -> None:
    steps: list[int] = []

    async def work() -> str:
        steps.append(1)
        await asyncio.sleep(0)
        steps.append(2)
        return "result"

    task = tasks.start(work(), copy_context(), set())
    assert not task.done()
    assert await task == "result"
    assert steps == [1, 2]


async def test_it_runs_as_a_task_of_its_own() -> None:
    async def current() -> asyncio.Task[object] | None:
        return asyncio.current_task()

    task = tasks.start(current(), copy_context(), set())
    assert await task is task


async def test_a_cancellation_of_the_task_itself_is_told_from_one_within() -> None:
    seen: list[bool] = []

    async def wait_for(other: asyncio.Future[None]) -> None:
        try:
            await other
        except asyncio.CancelledError as error:
            seen.append(tasks.is_cancelled(error))
            if tasks.is_cancelled(error):
                raise

    never = asyncio.get_running_loop().create_future()
    task = asyncio.ensure_future(wait_for(never))
    await settle()
    never.cancel()
    await task
    task = asyncio.ensure_future(wait_for(asyncio.get_running_loop().create_future()))
    await settle()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert seen == [False, True]
    assert not tasks.is_cancelled(ValueError())


class Source:
    """An async generator that writes down how it ends."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    async def generate(self, *, goes_on: bool = False, fails: bool = False) -> AsyncIterator[int]:
        try:
            yield 1
            yield 2
        except asyncio.CancelledError:
            self.lines.append("CancelledError")
            if fails:
                raise ValueError("cannot close") from None
            if not goes_on:
                raise
        try:
            yield 3
        except GeneratorExit:
            self.lines.append("GeneratorExit")
            raise


async def test_a_generator_is_cancelled_where_it_hands_over_an_item() -> None:
    source = Source()
    generator = source.generate()
    await anext(generator)
    await end_iteration(generator)
    assert source.lines == ["CancelledError"]
    assert [item async for item in generator] == []


async def test_a_generator_that_goes_on_is_closed() -> None:
    source = Source()
    generator = source.generate(goes_on=True)
    await anext(generator)
    await end_iteration(generator)
    assert source.lines == ["CancelledError", "GeneratorExit"]


async def test_a_generator_may_take_its_cancellation_for_the_end() -> None:
    async def generate() -> AsyncIterator[int]:
        with contextlib.suppress(asyncio.CancelledError):
            yield 1

    generator = generate()
    await anext(generator)
    await end_iteration(generator)
    assert [item async for item in generator] == []


async def test_what_a_generator_raises_at_its_end_is_raised() -> None:
    generator = Source().generate(fails=True)
    await anext(generator)
    with pytest.raises(ValueError, match="cannot close"):
        await end_iteration(generator)


async def test_a_cancellation_by_somebody_else_is_passed_on() -> None:
    async def generate() -> AsyncIterator[int]:
        try:
            yield 1
        finally:
            await asyncio.Event().wait()

    generator = generate()
    await anext(generator)
    ending = asyncio.ensure_future(end_iteration(generator))
    await settle()
    ending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await ending


@pytest.mark.parametrize("count", [0, 3])
async def test_a_generator_that_has_not_begun_or_has_ended_is_left_alone(count: int) -> None:
    source = Source()
    generator = source.generate()
    for _ in range(count):
        await anext(generator)
    assert [item async for item in generator] == [] if count else True
    await end_iteration(generator)
    assert source.lines == []


class Iterator:
    def __aiter__(self) -> Iterator:
        return self

    async def __anext__(self) -> int:
        return 1


class ClosableIterator(Iterator):
    is_closed = False

    async def aclose(self) -> None:
        self.is_closed = True


async def test_other_iterators_are_closed_if_they_can_be() -> None:
    await end_iteration(Iterator())
    closable = ClosableIterator()
    await end_iteration(closable)
    assert closable.is_closed


@pytest.mark.parametrize("create_group", [asyncio.TaskGroup, anyio.create_task_group])
async def test_a_task_group_around_an_item_ends_without_an_error(create_group: Callable[[], Any]) -> None:
    ended: list[str] = []

    async def child() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("child")

    async def generate() -> AsyncIterator[int]:
        async with create_group() as group:
            if isinstance(group, asyncio.TaskGroup):
                group.create_task(child())
            else:
                group.start_soon(child)
            await asyncio.sleep(0)
            yield 1
        ended.append("went on")

    generator = generate()
    await anext(generator)
    await end_iteration(generator)
    assert ended == ["child"]
