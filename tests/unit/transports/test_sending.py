from __future__ import annotations

import asyncio
import logging
import sys
from contextvars import copy_context

import pytest
from starlette.websockets import WebSocketDisconnect
from uvicorn.protocols.utils import ClientDisconnected
from websockets.exceptions import ConnectionClosedOK

from signalr_py.transports.sending import coroutine_function, report_loss, start_at_once


async def test_a_function_is_started_at_once_where_python_can() -> None:
    done: list[str] = []

    async def work(text: str) -> None:
        done.append(text)

    task = start_at_once(work, "done", asyncio.get_running_loop(), copy_context())
    if sys.version_info >= (3, 12):
        assert task is not None
        assert task.done()
        assert done == ["done"]
    else:
        assert task is None
        assert done == []


async def test_a_coroutine_function_is_taken_as_it_is() -> None:
    async def send(text: str) -> None:
        pass

    assert coroutine_function(send) is send


async def test_a_function_that_returns_anything_awaitable_is_made_a_coroutine_function() -> None:
    sent: list[str] = []

    def send(text: str) -> asyncio.Future[None]:
        sent.append(text)
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        future.set_result(None)
        return future

    coroutine = coroutine_function(send)("text")
    assert asyncio.iscoroutine(coroutine)
    await coroutine
    assert sent == ["text"]


@pytest.mark.parametrize(
    ("error", "level", "has_traceback"),
    [
        (ConnectionResetError("secret"), logging.DEBUG, False),
        (ClientDisconnected("secret"), logging.DEBUG, False),
        (WebSocketDisconnect(1006, "secret"), logging.DEBUG, False),
        (ConnectionClosedOK(None, None), logging.DEBUG, False),
        (RuntimeError("the response is complete"), logging.DEBUG, True),
        (ValueError("a bug"), logging.ERROR, True),
        (asyncio.CancelledError(), logging.ERROR, True),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
def test_only_what_may_be_a_bug_is_shown(
    error: BaseException, level: int, has_traceback: object, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, logger="signalr_py"):
        report_loss("the id", error)
    (record,) = caplog.records
    assert record.levelno == level
    assert "the id" in record.getMessage()
    assert "secret" not in caplog.text
    assert bool(record.exc_info) == has_traceback
