from __future__ import annotations

import asyncio
import sys
from contextvars import copy_context

import pytest

from signalr_py.hub import tasks
from tests.support.tasks import settle


async def test_work_that_does_not_suspend_is_done_at_once_where_python_can() -> None:
    done: list[str] = []

    async def work() -> None:
        done.append("done")

    task = tasks.start(work(), asyncio.get_running_loop(), copy_context())
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

    task = tasks.start(work(), asyncio.get_running_loop(), copy_context())
    assert not task.done()
    assert await task == "result"
    assert steps == [1, 2]


async def test_it_runs_as_a_task_of_its_own() -> None:
    async def current() -> asyncio.Task[object] | None:
        return asyncio.current_task()

    task = tasks.start(current(), asyncio.get_running_loop(), copy_context())
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
