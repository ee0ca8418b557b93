"""The driver keeps its promises to tests, whatever the process behind it does."""

from __future__ import annotations

import asyncio
import sys

import pytest

from tests.clients.base import ClientError, ClientFailure
from tests.clients.driver import ClientDriver

ANSWERING = """
import json, sys
print("ready", file=sys.stderr, flush=True)
late = None
for line in sys.stdin:
    request = json.loads(line)
    if request["op"] == "exit" or request.get("method") == "Die":
        sys.exit(3)
    if request.get("method") == "Ignore":
        continue
    if request.get("method") == "Late":
        late = json.dumps({"id": request["id"], "ok": True, "result": None})
        print(json.dumps({"conn": request["conn"], "event": "Receive", "args": [request["id"]]}), flush=True)
        continue
    if request.get("method") == "Echo" and late:
        print(late)
    if request.get("method") == "Reject":
        print(json.dumps({"conn": None, "event": "$unhandled", "error": "nobody awaited this"}))
    if request.get("method") == "Fail":
        answer = {"id": request["id"], "ok": False, "error": "no", "type": "SomeError"}
    else:
        answer = {"id": request["id"], "ok": True, "result": request.get("args")}
    print(json.dumps({"conn": request["conn"], "event": "Receive", "args": [request["id"]]}))
    print(json.dumps(answer), flush=True)
"""
DEAF = "import time\nwhile True: time.sleep(60)"


def driver(program: str = ANSWERING, timeout: float = 10) -> ClientDriver:
    return ClientDriver([sys.executable, "-c", program], timeout=timeout)


async def test_values_go_there_and_back_bytes_included() -> None:
    async with driver() as client:
        connection = await client.connect("http://nowhere")
        assert await connection.invoke("Echo", 1, None, {"a": [b"\x00\xff", "ü"]}) == [
            1,
            None,
            {"a": [b"\x00\xff", "ü"]},
        ]


async def test_events_are_kept_in_order_until_they_are_waited_for() -> None:
    async with driver() as client:
        connection = await client.connect("http://nowhere")
        await connection.invoke("One")
        await connection.invoke("Two")
        assert [(await connection.wait_event("Receive")).arguments for _ in range(2)] == [(1,), (2,)]
        assert [event.arguments for event in connection.pending("Receive")] == [(3,)]
        assert connection.pending("Receive") == []


async def test_an_error_of_the_client_is_raised_with_its_name() -> None:
    async with driver() as client:
        connection = await client.connect("http://nowhere")
        with pytest.raises(ClientError, match="no") as error:
            await connection.invoke("Fail")
        assert error.value.kind == "SomeError"


async def test_a_wait_without_end_fails_with_the_log() -> None:
    async with driver(timeout=1) as client:
        connection = await client.connect("http://nowhere")
        with pytest.raises(ClientFailure, match=r"(?s)no answer to .*Ignore.* within 1 s.*running.*ready"):
            await connection.invoke("Ignore")
        with pytest.raises(ClientFailure, match=r"(?s)no event 'Never' on connection c1 within 1 s.*ready"):
            await connection.wait_event("Never")


async def test_a_process_that_dies_ends_every_wait_at_once() -> None:
    async with driver(timeout=1000) as client:
        connection = await client.connect("http://nowhere")
        with pytest.raises(ClientFailure, match=r"(?s)the client ended before the answer.*ready"):
            await connection.invoke("Die")
        with pytest.raises(ClientFailure, match="the client ended before the event"):
            await connection.wait_event("Receive late")


async def test_a_rejected_promise_that_nobody_awaited_fails_the_test() -> None:
    client = await driver().__aenter__()
    connection = await client.connect("http://nowhere")
    await connection.invoke("Reject")
    with pytest.raises(ClientFailure, match="nobody awaited this"):
        await client.__aexit__(None, None, None)


async def test_a_process_is_passed_on_without_connections_and_errors() -> None:
    async with driver() as client:
        first, second = await client.connect("http://nowhere"), await client.connect("http://nowhere")
        await first.stop()
        await client.stop_all()
        assert (first.is_stopped, second.is_stopped) == (True, True)
        third = await client.connect("http://nowhere")
        await third.invoke("Reject")
        with pytest.raises(ClientFailure, match="nobody awaited this"):
            await client.stop_all()
        await client.stop_all()


async def test_an_answer_that_nobody_waits_for_any_more_harms_nothing() -> None:
    async with driver() as client:
        connection = await client.connect("http://nowhere")
        asking = asyncio.create_task(connection.invoke("Late", "never mind"))
        await connection.wait_event("Receive")
        await connection.wait_event("Receive")
        asking.cancel()
        assert await connection.invoke("Echo", "still here") == ["still here"]


async def test_a_process_that_does_not_listen_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.clients.driver._EXIT_TIMEOUT", 0.2)
    async with driver(DEAF, timeout=0.2) as client:
        with pytest.raises(ClientFailure):
            await client.connect("http://nowhere")
    assert client.exit_status is not None
