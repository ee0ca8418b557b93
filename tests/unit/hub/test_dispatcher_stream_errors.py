"""Streams that fail: the words that the client gets, and what the log says."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import (  # noqa: TC003 - annotations of hubs are read at start-up
    AsyncIterator,
)
from typing import TYPE_CHECKING, Any

import pytest
from starlette.authentication import AuthCredentials

from signalr_py import Hub, HubOptions
from tests.support.duplex import make_request
from tests.support.hub_server import serve
from tests.support.streams import items, stream
from tests.unit.hub.test_dispatcher_streams import CounterHub, Unspeakable

if TYPE_CHECKING:
    from tests.support.hub_client import ProtocolName

DETAILED = HubOptions(enable_detailed_errors=True)
PROTOCOLS = pytest.mark.parametrize("protocol", ["json", "messagepack"])
FAILED = "An unexpected error occurred invoking '{}' on the server."
STREAM_FAILED = "An error occurred on the server while streaming results."


TEXTS: list[tuple[str, list[Any], list[Any], str, str]] = [
    ("Perhaps", [0], [], "The value returned by the streaming method 'Perhaps' is not an AsyncIterable.", ""),
    ("Wrong", [], [], "The value returned by the streaming method 'Wrong' is not an AsyncIterable.", ""),
    ("FailAtOnce", [], [], FAILED.format("FailAtOnce"), "LookupError: the password is hunter2"),
    ("RefuseAtOnce", [], [], FAILED.format("RefuseAtOnce") + " HubException: no numbers", ""),
    ("Fail", [0], [], STREAM_FAILED, "LookupError: the password is hunter2"),
    ("Fail", [2], [0, 1], STREAM_FAILED, "LookupError: the password is hunter2"),
    ("Refuse", [2], [0, 1], STREAM_FAILED + " HubException: no more numbers", ""),
    ("AwaitWhatWasCancelled", [], [1], STREAM_FAILED, "CancelledError: "),
    ("Secrets", [], [], "Failed to invoke 'Secrets' because user is unauthorized", ""),
    (
        *("Add", [1, 2], []),
        *("The client attempted to invoke the non-streaming 'Add' method with a streaming invocation.", ""),
    ),
    (
        "Missing",
        [],
        [],
        "Failed to invoke 'Missing' due to an error on the server. HubException: Method does not exist.",
        "",
    ),
    (
        *("Count", [], [], "Failed to invoke 'Count' due to an error on the server."),
        "BindingError: Invocation provides 0 argument(s) but target expects 1.",
    ),
]


@PROTOCOLS
@pytest.mark.parametrize("row", TEXTS, ids=[f"{row[0]}{row[1]}" for row in TEXTS])
async def test_the_words_of_a_stream_that_fails(
    protocol: ProtocolName, row: tuple[str, list[Any], list[Any], str, str]
) -> None:
    target, arguments, expected, text, detail = row
    for options, words in ((HubOptions(), text), (DETAILED, f"{text} {detail}" if detail else text)):
        async with serve(CounterHub, options) as server:
            client = server.connect(protocol, request=make_request(auth=AuthCredentials()))
            call = stream(client, target, *arguments)
            assert await client.answer(call) == {"type": 3, "invocationId": call, "error": words}
            assert items(client, call) == expected
            assert await client.invoke("Add", 1, 2) == 3
            assert len(client.received) == len(expected) + 2


async def test_a_stream_called_as_an_ordinary_method_is_refused() -> None:
    async with serve(CounterHub) as server:
        client = server.connect()
        assert await client.error("count", 3) == (
            "The client attempted to invoke the streaming 'Count' method with a non-streaming invocation."
        )
        client.send({"type": 1, "target": "Count", "arguments": [3]})
        assert await client.invoke("Add", 1, 2) == 3
        assert len(client.received) == 2


@PROTOCOLS
async def test_an_item_that_cannot_be_written_fails_the_stream(
    caplog: pytest.LogCaptureFixture, protocol: ProtocolName
) -> None:
    async with serve(CounterHub) as server:
        client = server.connect(protocol)
        call = stream(client, "Unspeakable")
        assert await client.answer(call) == {"type": 3, "invocationId": call, "error": STREAM_FAILED}
        assert items(client, call) == [1]
        assert await client.invoke("IsClosed") is True
    (record,) = caplog.records
    assert record.getMessage() == "CounterHub.Unspeakable failed for connection c1."
    assert record.exc_info is not None
    assert "Unspeakable" in str(record.exc_info[1])


async def test_an_item_that_cannot_be_written_is_the_error_also_inside_of_a_task_group(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class H(Hub):
        async def grouped(self) -> AsyncIterator[Any]:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(asyncio.Event().wait())
                await asyncio.sleep(0)
                yield Unspeakable()

        async def closes_badly(self) -> AsyncIterator[int]:
            yield 1
            raise BaseExceptionGroup("several", [GeneratorExit(), ValueError("why")])

    async with serve(H) as server:
        client = server.connect()
        for target, expected in (("Grouped", []), ("ClosesBadly", [1])):
            call = stream(client, target)
            assert (await client.answer(call))["error"] == STREAM_FAILED
            assert items(client, call) == expected
    assert "Unspeakable" in str(caplog.records[0].exc_info)
    assert "several" in str(caplog.records[1].exc_info)


async def test_a_stream_without_an_annotation_is_no_stream(caplog: pytest.LogCaptureFixture) -> None:
    async with serve(CounterHub) as server:
        assert await server.connect().error("WithoutAnnotation") == FAILED.format("WithoutAnnotation")
    assert "async_generator" in caplog.text


async def test_failures_are_logged_and_refusals_are_not_errors(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with serve(CounterHub) as server:
        client = server.connect()
        for target in ("Fail", "Refuse"):
            await client.answer(stream(client, target, 1))
    failed, refused = caplog.records
    assert (failed.levelno, failed.getMessage()) == (logging.ERROR, "CounterHub.Fail failed for connection c1.")
    assert (refused.levelno, refused.getMessage()) == (
        logging.INFO,
        "CounterHub.Refuse: connection c1: no more numbers",
    )
