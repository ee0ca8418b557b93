"""Streams that clients upload: in order, never more than fits, and never cut off silently."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator  # noqa: TC003 - annotations of hubs are read at start-up
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from signalr_py import CancellationToken, Hub, HubException, HubOptions
from tests.support.gates import Gate
from tests.support.hub_server import serve
from tests.support.streams import end, invocation, item, items, start, stream, streamed
from tests.support.tasks import settle

if TYPE_CHECKING:
    from tests.support.hub_client import ProtocolName

PROTOCOLS = pytest.mark.parametrize("protocol", ["json", "messagepack"])
DETAILED = HubOptions(enable_detailed_errors=True)
FAILED = "An unexpected error occurred invoking '{}' on the server."
NOT_INVOKED = "Failed to invoke '{}' due to an error on the server."
DISCONNECTED = "ClientDisconnectedError: The underlying connection was closed."


@dataclass(frozen=True)
class Reading:
    sensor: str
    value: float


class UploadHub(Hub):
    async def total(self, numbers: AsyncIterable[int]) -> int:
        return sum([number async for number in numbers])

    async def values(self, values: AsyncIterable[Any]) -> list[Any]:
        return [value async for value in values]

    async def untyped(self, values: AsyncIterator) -> list[Any]:  # type: ignore[type-arg]
        return [value async for value in values]

    async def readings(self, readings: AsyncIterable[Reading]) -> list[str]:
        return [f"{reading.sensor}={reading.value}" async for reading in readings]

    async def join(self, separator: str, texts: AsyncIterable[str], numbers: AsyncIterable[int]) -> str:
        parts = [text async for text in texts]
        parts += [str(number) async for number in numbers]
        return separator.join(parts)

    async def mixed(
        self,
        numbers: AsyncIterable[int],
        factor: int,
        token: CancellationToken,
        offset: int = 100,
        *,
        name: str = "unnamed",
    ) -> str:
        return f"{name} {factor * sum([number async for number in numbers]) + offset} {token.is_set()}"

    async def first(self, numbers: AsyncIterable[int]) -> int:
        async for number in numbers:
            return number
        return 0

    async def double(self, numbers: AsyncIterable[int]) -> AsyncIterator[int]:
        async for number in numbers:
            yield number * 2

    async def add(self, a: int, b: int) -> int:
        return a + b


@PROTOCOLS
async def test_a_method_reads_what_is_uploaded(protocol: ProtocolName) -> None:
    async with serve(UploadHub) as server:
        client = server.connect(protocol)
        call = start(client, "Total", uploads=["s"])
        for number in range(30):
            client.send(item("s", number))
            await settle()
        assert client.received == []
        client.send(end("s"))
        assert (await client.answer(call))["result"] == sum(range(30))


@PROTOCOLS
async def test_a_whole_upload_may_come_in_one_chunk(protocol: ProtocolName) -> None:
    async with serve(UploadHub) as server:
        client = server.connect(protocol)
        message = invocation(client, "Values", uploads=["s"])
        sent = [1, "x", None, [1], {"a": 1.5}] * 20
        client.send(message, *(item("s", value) for value in sent), end("s"))
        assert (await client.answer(message["invocationId"]))["result"] == sent
        assert client.duplex.is_reading


@PROTOCOLS
async def test_items_are_converted(protocol: ProtocolName) -> None:
    async with serve(UploadHub) as server:
        client = server.connect(protocol)
        call = start(client, "Readings", uploads=["s"])
        client.send(item("s", {"sensor": "a", "value": 1.5}), item("s", {"sensor": "b", "value": 2}), end("s"))
        assert (await client.answer(call))["result"] == ["a=1.5", "b=2.0"]


async def test_items_without_a_type_are_anything() -> None:
    async with serve(UploadHub) as server:
        client = server.connect()
        call = start(client, "Untyped", uploads=["s"])
        client.send(item("s", 1), item("s", "x"), end("s"))
        assert (await client.answer(call))["result"] == [1, "x"]


async def test_an_upload_may_be_empty() -> None:
    async with serve(UploadHub) as server:
        client = server.connect()
        call = start(client, "Total", uploads=["s"])
        client.send(end("s"))
        assert (await client.answer(call))["result"] == 0


async def test_two_uploads_of_different_types() -> None:
    async with serve(UploadHub) as server:
        client = server.connect()
        call = start(client, "Join", "-", uploads=["texts", "numbers"])
        client.send(item("numbers", 1), item("texts", "a"), item("numbers", 2), end("numbers"), item("texts", "b"))
        client.send(end("texts"))
        assert (await client.answer(call))["result"] == "a-b-1-2"


async def test_uploads_stand_anywhere_among_the_parameters() -> None:
    async with serve(UploadHub) as server:
        client = server.connect()
        for arguments, result in (
            ([2], "unnamed 106 False"),
            ([2, 0], "unnamed 6 False"),
            ([2, 0, "x"], "x 6 False"),
        ):
            call = start(client, "Mixed", *arguments, uploads=["s"])
            client.send(item("s", 1), item("s", 2), end("s"))
            assert (await client.answer(call))["result"] == result


async def test_upload_and_stream_back_at_once() -> None:
    async with serve(UploadHub) as server:
        client = server.connect()
        call = stream(client, "Double", uploads=["s"])
        for number in range(30):
            client.send(item("s", number))
            await client.until(lambda: len(items(client, call)) > number)  # noqa: B023 - it is asked at once
        client.send(end("s"))
        assert await streamed(client, call) == [number * 2 for number in range(30)]


async def test_two_uploads_at_once() -> None:
    async with serve(UploadHub) as server:
        client = server.connect()
        one, other = (start(client, "Total", uploads=[name]) for name in "ab")
        client.send(item("a", 1), item("b", 10), item("a", 2), item("b", 20), end("b"))
        assert (await client.answer(other))["result"] == 30
        client.send(item("a", 3), end("a"))
        assert (await client.answer(one))["result"] == 6


async def test_an_upload_needs_no_answer() -> None:
    totals: list[int] = []

    class H(Hub):
        async def total(self, numbers: AsyncIterable[int]) -> None:
            totals.append(sum([number async for number in numbers]))

    async with serve(H) as server:
        client = server.connect()
        client.send({"type": 1, "target": "Total", "arguments": [], "streamIds": ["s"]})
        client.send(item("s", 1), item("s", 2), end("s"))
        await settle()
        assert totals == [3]
        assert client.received == []


@PROTOCOLS
async def test_the_clients_error_is_raised_in_the_loop(protocol: ProtocolName) -> None:
    async with serve(UploadHub) as server:
        client = server.connect(protocol)
        call = start(client, "Total", uploads=["s"])
        client.send(item("s", 1), end("s", "sensor on fire"))
        assert (await client.answer(call))["error"] == FAILED.format("Total") + " HubException: sensor on fire"


async def test_a_method_may_catch_the_clients_error_and_keep_what_came_before() -> None:
    class H(Hub):
        async def keep(self, numbers: AsyncIterable[int]) -> list[Any]:
            total: list[Any] = [0]
            try:
                async for number in numbers:
                    total[0] += number
            except HubException as error:
                total.append(str(error))
            return total

    async with serve(H) as server:
        client = server.connect()
        call = start(client, "Keep", uploads=["s"])
        client.send(item("s", 1), item("s", 2), end("s", "enough"))
        assert (await client.answer(call))["result"] == [3, "enough"]


async def test_a_stray_result_at_the_end_of_an_upload_is_a_normal_end() -> None:
    async with serve(UploadHub) as server:
        client = server.connect()
        call = start(client, "Total", uploads=["s"])
        client.send(item("s", 1), {**end("s"), "result": {"not": "a number"}})
        assert (await client.answer(call))["result"] == 1


@PROTOCOLS
@pytest.mark.parametrize("wrong", ["x", None, 1.5, [1]])
async def test_an_item_of_the_wrong_type_is_raised_in_the_loop(protocol: ProtocolName, wrong: Any) -> None:
    for options, has_detail in ((HubOptions(), False), (DETAILED, True)):
        async with serve(UploadHub, options) as server:
            client = server.connect(protocol)
            call = start(client, "Total", uploads=["s"])
            client.send(item("s", 1), item("s", wrong), item("s", 2), end("s"))
            error = (await client.answer(call))["error"]
            text = FAILED.format("Total") + " HubException: Failed to bind Stream message."
            assert error.startswith(text)
            assert ("BindingError" in error) is has_detail
            assert await client.invoke("Add", 1, 2) == 3
            assert len(client.received) == 2


async def test_an_item_may_come_before_the_id_it_belongs_to() -> None:
    async with serve(UploadHub) as server:
        client = server.connect()
        call = start(client, "Total", uploads=["s"])
        client.send_bytes(b'{"type":2,"item":5,"invocationId":"s"}\x1e{"item":6,"invocationId":"?","type":2}\x1e')
        client.send(end("s"))
        assert (await client.answer(call))["result"] == 5


async def test_items_and_ends_of_unknown_streams_are_ignored() -> None:
    gate = Gate()

    class H(Hub):
        async def work(self) -> str:
            return await gate.pass_through("work")

        async def numbers(self) -> AsyncIterator[str]:
            yield await gate.pass_through("stream")

    async with serve(H) as server:
        client = server.connect()
        work, numbers = client.start("Work"), stream(client, "Numbers")
        for stray in ("unknown", work, numbers):
            client.send(item(stray, 1), end(stray), end(stray, "why"), {**end(stray), "result": 1})
        gate.open("work")
        gate.open("stream")
        assert (await client.answer(work))["result"] == "work"
        assert await streamed(client, numbers) == ["stream"]
