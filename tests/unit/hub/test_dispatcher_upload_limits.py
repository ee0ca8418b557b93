"""Uploads that do not fit: wrong numbers, ids in use, limits, and items that nobody reads yet."""

from __future__ import annotations

from collections.abc import AsyncIterable  # noqa: TC003 - annotations of hubs are read at start-up

import pytest

from signalr_py import Hub, HubOptions
from tests.support.gates import Gate
from tests.support.hub_server import serve
from tests.support.streams import end, item, start, stream, streamed
from tests.support.tasks import settle
from tests.unit.hub.test_dispatcher_uploads import UploadHub

FAILED = "An unexpected error occurred invoking '{}' on the server."
NOT_INVOKED = "Failed to invoke '{}' due to an error on the server."


@pytest.mark.parametrize(
    ("target", "uploads", "streams", "text"),
    [
        ("Add", ["s"], False, "HubException: Client sent 1 stream(s), Hub method expects 0."),
        ("Total", [], False, "HubException: Client sent 0 stream(s), Hub method expects 1."),
        ("Total", ["s", "t"], False, "HubException: Client sent 2 stream(s), Hub method expects 1."),
        ("Double", [], True, "HubException: Client sent 0 stream(s), Hub method expects 1."),
    ],
)
async def test_another_number_of_streams_is_refused(target: str, uploads: list[str], streams: bool, text: str) -> None:
    async with serve(UploadHub) as server:
        client = server.connect()
        arguments = [1, 2] if target == "Add" else []
        call = start(client, target, *arguments, uploads=uploads, streams=streams)
        client.send(*(item(stream_id, 1) for stream_id in uploads), *map(end, uploads))
        assert (await client.answer(call))["error"] == f"{FAILED.format(target)} {text}"
        call = start(client, "Total", uploads=["s"])
        client.send(item("s", 1), end("s"))
        assert (await client.answer(call))["result"] == 1


async def test_an_upload_to_a_method_called_in_the_wrong_mode_is_freed() -> None:
    async with serve(UploadHub) as server:
        client = server.connect()
        call = start(client, "Double", uploads=["s"])
        assert "non-streaming invocation" in (await client.answer(call))["error"]
        call = stream(client, "Total", uploads=["s"])
        assert "non-streaming 'Total'" in (await client.answer(call))["error"]
        call = start(client, "Total", uploads=["s"])
        client.send(end("s"))
        assert (await client.answer(call))["result"] == 0


async def test_an_id_that_is_in_use_is_refused_and_the_first_upload_goes_on() -> None:
    async with serve(UploadHub) as server:
        client = server.connect()
        first = start(client, "Total", uploads=["s"])
        client.send(item("s", 1))
        second = start(client, "Total", uploads=["s"])
        assert (await client.answer(second))["error"] == (
            NOT_INVOKED.format("Total") + " HubException: Stream ID 's' is already in use."
        )
        third = start(client, "Join", "-", uploads=["t", "t"])
        assert "Stream ID 't' is already in use." in (await client.answer(third))["error"]
        client.send(item("s", 2), end("s"))
        assert (await client.answer(first))["result"] == 3


async def test_a_refused_upload_that_wants_no_answer_gets_none() -> None:
    async with serve(UploadHub) as server:
        client = server.connect()
        call = start(client, "Total", uploads=["s"])
        client.send({"type": 1, "target": "Total", "arguments": [], "streamIds": ["s"]}, end("s"))
        assert (await client.answer(call))["result"] == 0
        assert len(client.received) == 1


async def test_more_uploads_than_allowed_are_refused_one_by_one() -> None:
    async with serve(UploadHub, HubOptions(maximum_streams_per_client=1)) as server:
        client = server.connect()
        first = start(client, "Total", uploads=["a"])
        for target, uploads in (("Total", ["b"]), ("Join", ["b", "c"])):
            call = start(client, target, *(["-"] if target == "Join" else []), uploads=uploads)
            assert (await client.answer(call))["error"] == (
                NOT_INVOKED.format(target)
                + " HubException: The connection would have more than 1 streams open (maximum_streams_per_client)."
            )
        assert await client.invoke("Add", 1, 2) == 3
        client.send(item("b", 5), end("b"), item("a", 1), end("a"))
        assert (await client.answer(first))["result"] == 1
        again = start(client, "Total", uploads=["b"])
        client.send(item("b", 2), end("b"))
        assert (await client.answer(again))["result"] == 2


async def test_thousands_of_streams_are_one_answer_each() -> None:
    async with serve(UploadHub, HubOptions(maximum_receive_message_size=None)) as server:
        client = server.connect()
        names = [str(number) for number in range(3_000)]
        calls = [start(client, "Total", uploads=[name]) for name in names]
        huge = start(client, "Total", uploads=[f"x{name}" for name in names])
        assert "maximum_streams_per_client" in (await client.answer(huge))["error"]
        assert sum("error" in message for message in client.received) == 2_001
        client.send(*map(end, names))
        for call in calls[:1_000]:
            assert (await client.answer(call))["result"] == 0
        await settle()
        assert await client.invoke("Add", 1, 2) == 3


async def test_a_method_that_returns_early_frees_its_streams() -> None:
    async with serve(UploadHub, HubOptions(stream_buffer_capacity=2)) as server:
        client = server.connect()
        call = start(client, "First", uploads=["s"])
        client.send(*(item("s", number) for number in range(5, 30)))
        assert (await client.answer(call))["result"] == 5
        await settle()
        client.send(item("s", 1), end("s"))
        again = start(client, "Total", uploads=["s"])
        client.send(item("s", 1), end("s"))
        assert (await client.answer(again))["result"] == 1
        assert client.duplex.is_reading


async def test_a_full_upload_holds_up_what_is_behind_it_and_loses_nothing() -> None:
    gate = Gate()

    class H(Hub):
        async def collect(self, numbers: AsyncIterable[int]) -> list[int]:
            found = []
            async for number in numbers:
                await gate.pass_through(str(number))
                found.append(number)
            return found

        async def echo(self, text: str) -> str:
            return text

    async with serve(H, HubOptions(stream_buffer_capacity=2)) as server:
        client = server.connect()
        call = start(client, "Collect", uploads=["s"])
        for number in range(3):
            client.send(item("s", number))
            await settle()
        assert client.duplex.is_reading
        client.send(item("s", 3))
        echo, message = client.invocation("Echo", "behind")
        client.send(message)
        client.send(item("s", 4), end("s"))
        await settle()
        assert not client.duplex.is_reading
        assert client.duplex.waiting == 2
        assert client.received == []
        gate.open("0")
        assert (await client.answer(echo))["result"] == "behind"
        await settle()
        assert not client.duplex.is_reading
        for number in range(1, 5):
            gate.open(str(number))
        assert (await client.answer(call))["result"] == [0, 1, 2, 3, 4]
        assert client.duplex.is_reading


async def test_a_full_upload_holds_up_no_other_client() -> None:
    gate = Gate()

    class H(UploadHub):
        async def wait(self, numbers: AsyncIterable[int]) -> str:
            return await gate.pass_through("wait")

    async with serve(H, HubOptions(stream_buffer_capacity=1)) as server:
        blocked, free = server.connect(), server.connect()
        call = start(blocked, "Wait", uploads=["s"])
        blocked.send(item("s", 1), item("s", 2), item("s", 3), end("s"))
        await settle()
        assert not blocked.duplex.is_reading
        assert await free.invoke("Add", 1, 2) == 3
        gate.open("wait")
        assert (await blocked.answer(call))["result"] == "wait"
        assert await blocked.invoke("Add", 1, 2) == 3


async def test_a_full_upload_does_not_count_as_silence() -> None:
    gate, now = Gate(), [0.0]

    class H(Hub):
        async def wait(self, numbers: AsyncIterable[int]) -> str:
            return await gate.pass_through("wait")

    options = HubOptions(stream_buffer_capacity=1, client_timeout_interval=30)
    async with serve(H, options, clock=lambda: now[0]) as server:
        client = server.connect()
        client.send({"type": 6})
        call = start(client, "Wait", uploads=["s"])
        client.send(item("s", 1), item("s", 2))
        await settle()
        client.connection.tick(now[0])
        now[0] = 1_000
        client.connection.tick(now[0])
        assert client.closing is None
        gate.open("wait")
        assert (await client.answer(call))["result"] == "wait"
        client.connection.tick(now[0])
        client.connection.tick(now[0] + 29)
        assert client.closing is None
        client.connection.tick(now[0] + 30)
        assert client.closing is not None


async def test_calls_that_upload_need_no_slot() -> None:
    gate = Gate()

    class H(UploadHub):
        async def work(self) -> str:
            return await gate.pass_through("work")

    async with serve(H) as server:
        client = server.connect()
        work = client.start("Work")
        calls = [start(client, "Total", uploads=[name]) for name in "abc"]
        client.send(*(item(name, 1) for name in "abc"), *map(end, "abc"))
        for call in calls:
            assert (await client.answer(call))["result"] == 1
        back = stream(client, "Double", uploads=["d"])
        client.send(item("d", 1), end("d"))
        assert await streamed(client, back) == [2]
        gate.open("work")
        assert (await client.answer(work))["result"] == "work"
