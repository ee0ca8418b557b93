from __future__ import annotations

import asyncio
from typing import Any

import pytest

from signalr_py.exceptions import ClientDisconnectedError, HubException, LocalProtocolError
from signalr_py.hub.uploads import UploadStream
from tests.support.tasks import settle


class Upload:
    """A stream with what it tells of its room."""

    def __init__(self, capacity: int = 3) -> None:
        self.rooms = 0
        self.stream = UploadStream(bytes, capacity, self._count)

    def _count(self) -> None:
        assert not self.stream.is_full
        self.rooms += 1

    def put(self, *items: Any) -> None:
        for item in items:
            assert not self.stream.is_full
            self.stream.put(item)


def test_it_knows_how_its_items_are_read() -> None:
    assert Upload().stream.decode is bytes


async def test_items_come_in_order_and_then_the_end() -> None:
    upload = Upload()
    upload.put(1, None, 2)
    upload.stream.end()
    assert [item async for item in upload.stream] == [1, None, 2]
    assert [item async for item in upload.stream] == []


async def test_a_reader_waits_for_the_next_item() -> None:
    upload = Upload()
    reading = asyncio.ensure_future(anext(upload.stream))
    await settle()
    assert not reading.done()
    upload.put("a")
    upload.put("b")
    assert await reading == "a"
    assert await anext(upload.stream) == "b"


async def test_a_reader_waits_for_the_end() -> None:
    upload = Upload()

    async def collect() -> list[Any]:
        return [item async for item in upload.stream]

    reading = asyncio.ensure_future(collect())
    await settle()
    upload.stream.end()
    assert await reading == []


async def test_it_tells_when_there_is_room_again() -> None:
    upload = Upload(capacity=2)
    assert not upload.stream.is_full
    upload.put(1, 2)
    assert upload.stream.is_full
    await anext(upload.stream)
    assert (upload.rooms, upload.stream.is_full) == (1, False)
    await anext(upload.stream)
    assert upload.rooms == 1


async def test_items_before_an_error_are_handed_out_and_the_error_stays() -> None:
    upload = Upload()
    upload.put(1)
    upload.stream.end(HubException("why"))
    assert await anext(upload.stream) == 1
    for _ in range(2):
        with pytest.raises(HubException, match=r"^why$"):
            await anext(upload.stream)


async def test_an_error_reaches_a_reader_that_waits() -> None:
    upload = Upload()
    reading = asyncio.ensure_future(anext(upload.stream))
    await settle()
    upload.stream.end(ClientDisconnectedError("gone"))
    with pytest.raises(ClientDisconnectedError, match=r"^gone$"):
        await reading


async def test_only_the_first_end_counts() -> None:
    upload = Upload()
    upload.stream.end()
    upload.stream.end(HubException("late"))
    upload.stream.put("late")
    assert [item async for item in upload.stream] == []


async def test_it_has_one_reader_at_a_time() -> None:
    upload = Upload()
    reading = asyncio.ensure_future(anext(upload.stream))
    await settle()
    with pytest.raises(LocalProtocolError, match="read by one task at a time"):
        await anext(upload.stream)
    upload.put(1)
    assert await reading == 1


async def test_a_reader_that_is_cancelled_loses_no_item() -> None:
    upload = Upload()
    reading = asyncio.ensure_future(anext(upload.stream))
    await settle()
    upload.put(1)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert await anext(upload.stream) == 1


async def test_an_item_may_come_while_a_cancelled_reader_still_stands_there() -> None:
    upload = Upload()
    reading = asyncio.ensure_future(anext(upload.stream))
    await settle()
    reading.cancel()
    upload.put(1)
    upload.stream.end()
    await settle()
    assert reading.cancelled()
    assert [item async for item in upload.stream] == [1]


async def test_a_time_limit_of_the_reader_loses_no_item() -> None:
    upload = Upload()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await anext(upload.stream)
    upload.put(1)
    assert await anext(upload.stream) == 1


async def test_what_waits_is_dropped_when_the_method_has_ended() -> None:
    upload = Upload(capacity=1)
    upload.put(1)
    upload.stream.abandon()
    assert upload.rooms == 1
    with pytest.raises(LocalProtocolError, match="method that this stream was uploaded to has ended"):
        await anext(upload.stream)


async def test_a_task_that_outlives_the_method_is_not_told_of_a_normal_end() -> None:
    upload = Upload()
    reading = asyncio.ensure_future(anext(upload.stream))
    await settle()
    upload.stream.abandon()
    with pytest.raises(LocalProtocolError, match="has ended"):
        await reading
    assert upload.rooms == 0


async def test_a_stream_that_was_read_to_its_end_stays_so() -> None:
    upload = Upload()
    upload.stream.end()
    upload.stream.abandon()
    assert [item async for item in upload.stream] == []
