"""Uploads whose client or server goes away in the middle."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator  # noqa: TC003 - annotations of hubs are read at start-up
from typing import TYPE_CHECKING, Any

import pytest

from signalr_py import Hub, HubOptions
from signalr_py.exceptions import LocalProtocolError
from tests.support.endings import ENDINGS, is_sent_away_when_idle
from tests.support.gates import Gate
from tests.support.hub_server import HubServer, serve
from tests.support.streams import end, invocation, item, start
from tests.support.tasks import settle
from tests.unit.hub.test_dispatcher_uploads import UploadHub

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.hub_client import HubClient
DISCONNECTED = "ClientDisconnectedError: The underlying connection was closed."


class Collected:
    """What a method has read, and how that ended."""

    def __init__(self) -> None:
        self.lines: list[Any] = []

    def hub(self) -> type[Hub]:
        lines = self.lines

        class H(Hub):
            async def on_disconnected(self, error: Exception | None) -> None:
                lines.append("on_disconnected")

            async def collect(self, numbers: AsyncIterable[int]) -> None:
                try:
                    async for number in numbers:
                        lines.append(number)
                    lines.append("a normal end")
                except ConnectionError as error:
                    lines.append(f"{type(error).__name__}: {error}")
                    raise

        return H


@pytest.mark.parametrize("ends", [each for each in ENDINGS if each is not is_sent_away_when_idle])
async def test_a_cut_is_never_a_normal_end(ends: Callable[[HubClient], None]) -> None:
    collected = Collected()
    async with serve(collected.hub()) as server:
        client = server.connect()
        start(client, "Collect", uploads=["s"])
        await settle()
        client.send(item("s", 1), item("s", 2))
        ends(client)
        await client.ended()
        await settle()
        assert [line for line in collected.lines if line != "on_disconnected"] == [1, 2, DISCONNECTED]
        assert collected.lines.count("on_disconnected") == 1
        assert [m for m in client.received if m["type"] == 3] == []


async def test_a_cut_behind_a_full_upload_is_no_normal_end_either() -> None:
    gate, collected = Gate(), Collected()

    class H(collected.hub()):  # type: ignore[misc]
        async def collect(self, numbers: AsyncIterable[int]) -> None:
            await gate.pass_through("start")
            await super().collect(numbers)

    async with serve(H, HubOptions(stream_buffer_capacity=2)) as server:
        client = server.connect()
        message = invocation(client, "Collect", uploads=["s"])
        client.send(message, *(item("s", number) for number in range(4)), end("s"))
        await settle()
        client.leave()
        await settle()
        gate.open("start")
        await client.ended()
        await settle()
        assert collected.lines == ["on_disconnected", 0, 1, DISCONNECTED]


async def test_a_cut_off_upload_is_no_error_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async with serve(UploadHub) as server:
        client = server.connect()
        start(client, "Total", uploads=["s"])
        client.leave()
        await client.ended()
    assert caplog.messages == []


async def test_an_upload_that_is_called_for_behind_a_waiting_call_fails_when_the_client_has_gone() -> None:
    gate, collected = Gate(), Collected()

    class H(collected.hub()):  # type: ignore[misc]
        async def work(self, name: str) -> None:
            await gate.pass_through(name)

    async with serve(H) as server:
        client = server.connect()
        message = invocation(client, "Collect", uploads=["s"])
        client.send(client.invocation("Work", "a")[1], client.invocation("Work", "b")[1], message, item("s", 1))
        await settle()
        client.leave()
        gate.open("a")
        gate.open("b")
        await client.ended()
        await settle()
        assert sorted(map(str, collected.lines)) == sorted(["1", DISCONNECTED, "on_disconnected"])


async def test_an_upload_that_is_under_way_may_end_while_the_server_leaves() -> None:
    server = HubServer(UploadHub)
    client = server.connect()
    call = start(client, "Total", uploads=["s"])
    client.send(item("s", 1))
    await settle()
    leaving = asyncio.ensure_future(server.handler.shut_down(3600))
    await settle()
    late, message = client.invocation("Add", 1, 2)
    client.send(message)
    client.send(item("s", 2), end("s"))
    await leaving
    await server.handler.finish(3600)
    assert client.received == [
        {"type": 3, "invocationId": call, "result": 3},
        {"type": 7, "allowReconnect": True},
    ]
    assert late not in [m.get("invocationId") for m in client.received]


async def test_a_call_that_waits_for_its_slot_while_the_server_leaves_holds_up_no_upload() -> None:
    gate = Gate()

    class H(UploadHub):
        async def work(self, name: str) -> str:
            return await gate.pass_through(name)

    server = HubServer(H)
    client = server.connect()
    upload = start(client, "Total", uploads=["s"])
    work = client.start("Work", "a")
    client.start("Work", "b")
    client.send(item("s", 1), end("s"))
    await settle()
    leaving = asyncio.ensure_future(server.handler.shut_down(3600))
    await client.answer(upload)
    assert client.duplex.is_reading
    gate.open("a")
    await leaving
    await server.handler.finish(3600)
    assert gate.started == ["a"]
    answers = {m["invocationId"]: m["result"] for m in client.received if m["type"] == 3}
    assert answers == {work: "a", upload: 1}


async def test_a_task_that_outlives_its_method_is_told_so() -> None:
    readers: list[asyncio.Task[int]] = []

    class H(UploadHub):
        async def start(self, numbers: AsyncIterator[int]) -> None:
            async def read() -> int:
                return await anext(numbers)

            readers.append(asyncio.ensure_future(read()))
            await asyncio.sleep(0)

    async with serve(H) as server:
        client = server.connect()
        call = start(client, "Start", uploads=["s"])
        assert "error" not in await client.answer(call)
        with pytest.raises(LocalProtocolError, match="has ended"):
            await readers[0]
