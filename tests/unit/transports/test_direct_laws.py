"""Writes, reads, pauses and losses in any order: what is written arrives in order and once, or the connection ends."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from signalr_py.options import HttpConnectionOptions
from signalr_py.types import TransferFormat
from tests.support.connections import DirectSite, OutlivingSite
from tests.support.tasks import settle

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from starlette.types import Message

OPTIONS = HttpConnectionOptions(
    maximum_send_buffer_messages=12, maximum_send_buffer_size=400_000, application_max_buffer_size=6
)
SIZES = st.sampled_from([1, 10, 30_000, 70_000])
BURSTS = st.lists(SIZES, max_size=6)


class DirectConnection(RuleBasedStateMachine):
    """A connection whose hub numbers what it writes and what it reads."""

    @property
    def site_type(self) -> type[DirectSite]:
        """The kind of the connection."""
        return DirectSite

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.written: list[str] = []
        self.spoken: list[bytes] = []
        self.answers: list[int] = []
        self.closes_next = False
        self.has_closed = False
        self.has_left = False
        self.planned: list[Callable[[], object]] = []
        self.run(self.open())

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something on the event loop of this machine."""
        self.runner.run(work)

    async def open(self) -> None:
        """Open the connection."""
        self.site = self.site_type(OPTIONS, close_timeout=600)
        self.site.handlers.ends_with_input = False
        self.socket = self.site.direct
        await self.socket.__aenter__()
        await self.site.connected()
        self.site.connection.use_format(TransferFormat.TEXT)
        self.site.handler.on_feed = self.answer

    def write(self, size: int) -> None:
        """Write a message that says which it is."""
        text = f"[{len(self.written)}]"
        text += "." * (size - len(text))
        self.site.write(text.encode())
        if not self.has_closed and not self.has_left:
            self.written.append(text)
        if self.site.handler.overflows:
            self.has_closed = self.has_left = True

    def answer(self, _: bytes) -> None:
        """Answer a message with what is next."""
        answers, self.answers = self.answers, []
        for size in answers:
            self.write(size)
        if self.closes_next:
            self.close_hub()

    def close_hub(self) -> None:
        """End the connection."""
        self.has_closed = True
        self.site.handler.close()

    @property
    def is_open(self) -> bool:
        """Whether both sides are there."""
        return not self.has_closed and not self.has_left

    @rule(turns=st.integers(1, 3))
    def let_pass(self, turns: int) -> None:
        """Do what has been planned in one turn of the event loop, and let it turn."""
        self.run(self.pass_turns(turns))

    async def pass_turns(self, turns: int) -> None:
        """Do what has been planned."""
        planned, self.planned = self.planned, []
        for action in planned:
            action()
        for _ in range(turns):
            await asyncio.sleep(0)

    @rule(sizes=BURSTS)
    def write_some(self, sizes: list[int]) -> None:
        """Plan to write outside of a message."""
        self.planned += [partial(self.write, size) for size in sizes]

    @rule(answers=BURSTS, count=st.integers(1, 4), closes=st.sampled_from([False] * 9 + [True]))
    def speak(self, answers: list[int], count: int, *, closes: bool) -> None:
        """Plan messages that come in one read, of which the first is answered."""

        def action() -> None:
            self.answers = answers
            self.closes_next = closes
            messages: list[Message] = []
            for _ in range(count):
                text = f"{len(self.spoken)};"
                self.spoken.append(text.encode())
                messages.append({"type": "websocket.receive", "text": text})
            self.socket.deliver_together(*messages)

        self.planned.append(action)

    @rule(room=st.integers(0, 2))
    def fill(self, room: int) -> None:
        """Plan that the socket becomes full."""
        self.planned.append(lambda: self.socket.fill(room))

    @rule()
    def pong(self) -> None:
        """Plan that the host writes something of its own."""
        self.planned.append(lambda: self.socket.pong())

    @rule(room=st.sampled_from([0, 1, 2, None]))
    def take_up(self, room: int | None) -> None:
        """Plan that the client reads."""
        self.planned.append(lambda: self.socket.take_up(room))

    @rule(steps=st.lists(st.sampled_from(["fill", "write", "pong", "read"]), min_size=4, max_size=8))
    def crowd(self, steps: list[str]) -> None:
        """Plan much of what may meet in one turn."""
        actions: dict[str, Callable[[], object]] = {
            "fill": lambda: self.socket.fill(),
            "write": lambda: self.write(10),
            "pong": lambda: self.socket.pong(),
            "read": lambda: self.socket.take_up(None),
        }
        self.planned += [actions[step] for step in steps]

    @rule(is_paused=st.booleans())
    def pause_the_hub(self, *, is_paused: bool) -> None:
        """Plan that the hub takes nothing, or goes on."""
        connection = self.site.connection
        self.planned.append(lambda: connection.pause_reading() if is_paused else connection.resume_reading())

    @rule(chance=st.integers(0, 9))
    def end(self, chance: int) -> None:
        """Plan that the hub ends the connection, sometimes."""
        if chance == 0:
            self.planned.append(self.close_hub)

    @rule(chance=st.integers(0, 9), code=st.sampled_from([1000, 1006]))
    def leave(self, chance: int, code: int) -> None:
        """Plan that the client leaves, sometimes."""

        def action() -> None:
            self.has_left = True
            self.socket.drop(code)

        if chance == 0:
            self.planned.append(action)

    @invariant()
    def what_has_arrived_is_the_beginning_of_what_was_written(self) -> None:
        """Nothing is lost in between, doubled or overtaken."""
        arrived = "".join(str(frame) for frame in self.socket.frames)
        assert "".join(self.written).startswith(arrived)

    @invariant()
    def what_was_fed_is_the_beginning_of_what_was_spoken(self) -> None:
        """The hub reads in order, too."""
        assert b"".join(self.spoken).startswith(self.site.handler.data)

    @invariant()
    def little_waits(self) -> None:
        """Memory is bounded while the client takes nothing."""
        assert self.site.connection.statistics().messages_waiting <= OPTIONS.maximum_send_buffer_messages

    def teardown(self) -> None:
        """Let the client read everything: then it has arrived, unless somebody has ended that."""
        self.run(self.pass_turns(1))
        self.run(self.finish())
        self.runner.close()

    async def finish(self) -> None:
        """Compare the end."""
        self.socket.take_up(None)
        self.site.connection.resume_reading()
        await settle()
        was_open, has_left = self.is_open, self.has_left
        arrived = "".join(str(frame) for frame in self.socket.frames)
        if not has_left:
            assert arrived == "".join(self.written)
            assert (self.socket.close_code is None) == was_open
        if was_open:
            assert self.site.handler.data == b"".join(self.spoken)
        self.socket.disconnect()
        await settle()
        assert self.site.handler.ends == 1
        assert not self.site.connection.is_attached
        self.site.handler.close()
        await self.socket.finished()
        await self.socket.__aexit__(None, None, None)


class OutlivingConnection(DirectConnection):
    """The same, but its request does not last as long."""

    @property
    def site_type(self) -> type[DirectSite]:
        """The kind of the connection."""
        return OutlivingSite


def test_laws() -> None:
    run_state_machine_as_test(DirectConnection, settings=settings(max_examples=40, stateful_step_count=30))


def test_laws_of_those_that_outlive_their_requests() -> None:
    run_state_machine_as_test(OutlivingConnection, settings=settings(max_examples=40, stateful_step_count=30))
