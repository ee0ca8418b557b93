from __future__ import annotations

import asyncio
import gc
import logging
from typing import TYPE_CHECKING

from signalr_py.transports.disconnect import wait_for_disconnect
from tests.support.tasks import settle

if TYPE_CHECKING:
    import pytest
    from starlette.types import Message


async def test_what_the_client_still_sends_is_dropped_until_it_is_gone() -> None:
    incoming: asyncio.Queue[Message] = asyncio.Queue()
    waiting = asyncio.create_task(wait_for_disconnect(incoming.get))
    for _ in range(3):
        incoming.put_nowait({"type": "http.request", "body": b"", "more_body": False})
    await settle()
    assert not waiting.done()
    incoming.put_nowait({"type": "http.disconnect"})
    await waiting


async def test_a_host_that_raises_means_a_client_that_is_gone(caplog: pytest.LogCaptureFixture) -> None:
    async def receive() -> Message:
        raise ConnectionResetError("a secret in its words")

    with caplog.at_level(logging.DEBUG, logger="signalr_py"):
        await wait_for_disconnect(receive)
    (record,) = caplog.records
    assert record.levelno == logging.DEBUG
    assert record.getMessage() == "A client was lost while its request was open: ConnectionResetError"


async def test_a_watcher_that_nobody_asks_reports_no_error() -> None:
    reported: list[dict[str, object]] = []
    loop = asyncio.get_running_loop()
    handler = loop.get_exception_handler()
    loop.set_exception_handler(lambda _, context: reported.append(context))

    async def receive() -> Message:
        raise ConnectionResetError

    task = asyncio.create_task(wait_for_disconnect(receive))
    await settle()
    assert task.done()
    del task
    gc.collect()
    loop.set_exception_handler(handler)
    assert reported == []
