from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from signalr_py.options import HttpConnectionOptions
from signalr_py.transports.outbound import OutboundBuffer
from tests.support.tasks import settle

HIGH_WATER = 16
MAXIMUM_BYTES = 40
MAXIMUM_MESSAGES = 12
MANY = MAXIMUM_MESSAGES // 2
OPTIONS = HttpConnectionOptions(
    transport_max_buffer_size=HIGH_WATER,
    maximum_send_buffer_size=MAXIMUM_BYTES,
    maximum_send_buffer_messages=MAXIMUM_MESSAGES,
)


@dataclass(eq=False)
class Waiting:
    """A task that waits, and whether it should still."""

    task: asyncio.Task[None]
    is_free: bool = False


@dataclass
class Model:
    """What the buffer should be: a list, and who waits for what."""

    messages: list[bytes] = field(default_factory=list)
    has_ended: bool = False
    drainers: list[Waiting] = field(default_factory=list)
    reader: Waiting | None = None

    @property
    def size(self) -> int:
        return len(b"".join(self.messages))

    @property
    def keeps_up(self) -> bool:
        return self.size < HIGH_WATER and len(self.messages) < MANY

    def free_drainers(self) -> None:
        for waiting in self.drainers:
            waiting.is_free = True

    def free_reader(self) -> None:
        if self.reader is not None:
            self.reader.is_free = True


class OutboundMachine(RuleBasedStateMachine):
    """Compares the buffer with the model, after every step and one turn of the event loop."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.buffer = OutboundBuffer(OPTIONS)
        self.model = Model()

    def turn(self) -> None:
        self.loop.run_until_complete(asyncio.sleep(0))
        self.loop.run_until_complete(asyncio.sleep(0))

    def teardown(self) -> None:
        self.buffer.end()
        self.turn()
        assert not asyncio.all_tasks(self.loop)
        self.loop.close()

    @precondition(lambda self: not self.model.has_ended)
    @rule(data=st.binary(min_size=1, max_size=12))
    def append(self, data: bytes) -> None:
        self.buffer.append(data)
        self.model.messages.append(data)
        self.model.free_reader()

    @precondition(lambda self: self.model.messages)
    @rule(maximum=st.none() | st.integers(1, 30))
    def take(self, maximum: int | None) -> None:
        taken = self.buffer.take(maximum)
        parts = [self.model.messages.pop(0)]
        while self.model.messages and (
            maximum is None or len(b"".join(parts)) + len(self.model.messages[0]) <= maximum
        ):
            parts.append(self.model.messages.pop(0))
        assert taken == b"".join(parts)
        if self.model.size <= HIGH_WATER // 2 and len(self.model.messages) <= MANY // 2:
            self.model.free_drainers()

    @rule()
    def clear(self) -> None:
        self.buffer.clear()
        self.model.messages.clear()
        self.model.free_drainers()

    @rule()
    def end(self) -> None:
        self.buffer.end()
        self.model.has_ended = True
        self.model.free_drainers()
        self.model.free_reader()

    @rule()
    def drain(self) -> None:
        is_free = self.model.has_ended or self.model.keeps_up
        self.model.drainers.append(Waiting(self.loop.create_task(self.buffer.drain()), is_free))

    @precondition(lambda self: self.model.drainers)
    @rule(data=st.data())
    def give_up_draining(self, data: st.DataObject) -> None:
        self.turn()
        waiting = data.draw(st.sampled_from(self.model.drainers))
        waiting.task.cancel()
        waiting.is_free = True

    @precondition(lambda self: self.model.reader is None)
    @rule()
    def wait(self) -> None:
        is_free = self.model.has_ended or bool(self.model.messages)
        self.model.reader = Waiting(self.loop.create_task(self.buffer.wait()), is_free)

    @precondition(lambda self: self.model.reader is not None)
    @rule()
    def give_up_waiting(self) -> None:
        assert self.model.reader is not None
        self.turn()
        self.model.reader.task.cancel()
        self.model.reader.is_free = True

    @rule()
    def wake(self) -> None:
        self.buffer.wake()
        self.model.free_reader()

    @invariant()
    def agrees_with_the_model(self) -> None:
        self.turn()
        assert len(self.buffer) == len(self.model.messages)
        assert bool(self.buffer) == bool(self.model.messages)
        assert self.buffer.size == self.model.size
        assert self.buffer.ended == self.model.has_ended
        assert self.buffer.keeps_up == self.model.keeps_up
        assert self.buffer.overflows == (
            self.model.size >= MAXIMUM_BYTES or len(self.model.messages) >= MAXIMUM_MESSAGES
        )
        for waiting in self.model.drainers:
            assert waiting.task.done() == waiting.is_free
        self.model.drainers = [waiting for waiting in self.model.drainers if not waiting.is_free]
        if self.model.reader is not None:
            assert self.model.reader.task.done() == self.model.reader.is_free
            if self.model.reader.is_free:
                self.model.reader = None


def test_the_buffer_agrees_with_a_list() -> None:
    run_state_machine_as_test(
        OutboundMachine, settings=settings(max_examples=60, stateful_step_count=30, deadline=None)
    )


@pytest.fixture
def buffer() -> OutboundBuffer:
    return OutboundBuffer(OPTIONS)


def test_taking_from_an_empty_buffer_gives_nothing(buffer: OutboundBuffer) -> None:
    assert buffer.take() == b""
    assert buffer.take(10) == b""


def test_one_write_is_taken_as_it_is(buffer: OutboundBuffer) -> None:
    data = b"one write, larger than the frame"
    buffer.append(data)
    assert buffer.take(5) is data


def test_one_write_of_any_size_fits_an_empty_buffer(buffer: OutboundBuffer) -> None:
    assert not buffer.overflows
    buffer.append(b"x" * (MAXIMUM_BYTES + 1))
    assert buffer.overflows


def test_the_limit_of_bytes_is_reached_when_so_many_wait(buffer: OutboundBuffer) -> None:
    buffer.append(b"x" * (MAXIMUM_BYTES - 1))
    assert not buffer.overflows
    buffer.append(b"x")
    assert buffer.overflows


async def test_a_reader_is_woken_by_the_first_write_and_finds_them_all(buffer: OutboundBuffer) -> None:
    waiting = asyncio.create_task(buffer.wait())
    await settle()
    buffer.append(b"a")
    buffer.append(b"b")
    await waiting
    assert buffer.take() == b"ab"


async def test_those_who_drain_wait_for_half_of_the_high_water_mark(buffer: OutboundBuffer) -> None:
    for _ in range(4):
        buffer.append(b"four")
    draining = asyncio.create_task(buffer.drain())
    await settle()
    buffer.take(4)
    await settle()
    assert not draining.done()
    buffer.take(4)
    await draining


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (HttpConnectionOptions(transport_max_buffer_size=0, maximum_send_buffer_size=8), 4),
        (HttpConnectionOptions(transport_max_buffer_size=100, maximum_send_buffer_size=8), 4),
        (HttpConnectionOptions(transport_max_buffer_size=100, maximum_send_buffer_messages=8), 4),
        (HttpConnectionOptions(maximum_send_buffer_size=1), 1),
        (HttpConnectionOptions(maximum_send_buffer_messages=1), 1),
    ],
)
async def test_senders_are_held_back_before_the_connection_ends(options: HttpConnectionOptions, expected: int) -> None:
    buffer = OutboundBuffer(options)
    sent = 0
    while buffer.keeps_up:
        assert not buffer.overflows
        buffer.append(b"x")
        sent += 1
    assert sent == expected
    draining = asyncio.create_task(buffer.drain())
    await settle()
    buffer.take()
    await draining
    assert buffer.keeps_up


async def test_the_end_frees_everybody(buffer: OutboundBuffer) -> None:
    reading = asyncio.create_task(buffer.wait())
    await settle()
    buffer.append(b"x" * HIGH_WATER)
    draining = asyncio.create_task(buffer.drain())
    await settle()
    buffer.end()
    await asyncio.gather(reading, draining)
    assert buffer.take() == b"x" * HIGH_WATER


async def test_who_gave_up_draining_is_no_obstacle(buffer: OutboundBuffer) -> None:
    buffer.append(b"x" * HIGH_WATER)
    impatient, patient = asyncio.create_task(buffer.drain()), asyncio.create_task(buffer.drain())
    await settle()
    impatient.cancel()
    await settle()
    buffer.take()
    await patient
    assert impatient.cancelled()
