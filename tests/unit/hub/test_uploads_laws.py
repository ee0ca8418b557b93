"""Whatever order items, ends and readers come in: no item is lost, swapped or made up, and no end is mistaken."""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from signalr_py.exceptions import ClientDisconnectedError, HubException, LocalProtocolError
from signalr_py.hub.uploads import UploadStream
from tests.support.tasks import settle

ERRORS = st.sampled_from([None, HubException("x"), ClientDisconnectedError("y")])


class UploadMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.waiting: list[int] = []
        self.ending: object = None
        self.reader: asyncio.Task[Any] | None = None
        self.rooms = self.expected_rooms = 0
        self.count = 0

    def settle(self) -> None:
        self.loop.run_until_complete(settle())

    @initialize(capacity=st.integers(1, 4))
    def open(self, capacity: int) -> None:
        self.capacity = capacity
        self.stream = UploadStream(bytes, capacity, self.has_room)

    def has_room(self) -> None:
        self.rooms += 1

    @precondition(lambda self: len(self.waiting) < self.capacity)
    @rule(is_cancelled_at_once=st.booleans())
    def put(self, is_cancelled_at_once: bool) -> None:
        self.count += 1
        self.stream.put(self.count)
        if self.ending is None:
            self.waiting.append(self.count)
        if is_cancelled_at_once:
            self.cancel()
        self.settle()
        self.reader_takes()

    @rule(error=ERRORS)
    def end(self, error: Exception | None) -> None:
        self.stream.end(error)
        if self.ending is None:
            self.ending = error or StopAsyncIteration
        self.settle()
        self.reader_takes()

    @rule()
    def abandon(self) -> None:
        if len(self.waiting) >= self.capacity:
            self.expected_rooms += 1
        if self.waiting or self.ending is None:
            self.ending = LocalProtocolError
        self.waiting.clear()
        self.stream.abandon()
        self.settle()
        self.reader_takes()

    @rule()
    def read(self) -> None:
        async def next_item() -> Any:
            return await anext(self.stream)

        reader = self.loop.create_task(next_item())
        self.settle()
        if self.reader is not None:
            assert isinstance(reader.exception(), LocalProtocolError)
        else:
            self.reader = reader
            self.reader_takes()

    @rule()
    def cancel(self) -> None:
        if self.reader is not None:
            self.reader.cancel()
            self.settle()
            assert self.reader.cancelled()
            self.reader = None

    def reader_takes(self) -> None:
        """Check what came of the reader, if there is one."""
        if self.reader is None:
            return
        if not self.waiting and self.ending is None:
            assert not self.reader.done()
            return
        reader, self.reader = self.reader, None
        if self.waiting:
            if len(self.waiting) >= self.capacity:
                self.expected_rooms += 1
            assert reader.result() == self.waiting.pop(0)
        elif isinstance(self.ending, type):
            assert type(reader.exception()) is self.ending
        else:
            assert reader.exception() is self.ending

    @invariant()
    def it_is_full_when_it_should_be(self) -> None:
        if hasattr(self, "stream"):
            assert self.stream.is_full is (len(self.waiting) >= self.capacity)
            assert self.rooms == self.expected_rooms

    def teardown(self) -> None:
        self.cancel()
        self.loop.close()


TestUploads = UploadMachine.TestCase
TestUploads.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
