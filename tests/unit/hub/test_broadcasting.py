from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from signalr_py.hub.broadcasting import Broadcasts
from signalr_py.protocol.messages import InvocationMessage
from signalr_py.protocol.serialized import SerializedHubMessage
from tests.support.clock import ManualClock
from tests.support.tasks import settle

if TYPE_CHECKING:
    from collections.abc import Callable

LOOK = 64
"""After so many writes the clock is asked."""


class Receiver:
    """Keeps the names of messages, each of which takes some time."""

    def __init__(self, clock: ManualClock, seconds: float = 0.0) -> None:
        self.received: list[str] = []
        self.on_write: Callable[[], object] | None = None
        self._clock = clock
        self._seconds = seconds

    def write(self, message: SerializedHubMessage) -> bool:
        """Keep the name, and let time pass."""
        assert isinstance(message.message, InvocationMessage)
        self.received.append(message.message.target)
        self._clock.advance(self._seconds)
        if self.on_write is not None:
            self.on_write()
        return False


class Site:
    """Broadcasts under test, and receivers of which a full look at the clock takes a slice of time."""

    def __init__(self, receivers: int, *, seconds_per_look: float = 0.002) -> None:
        self.clock = ManualClock()
        self.broadcasts = Broadcasts(self.clock)
        self.receivers = [Receiver(self.clock, seconds_per_look / (LOOK - 1)) for _ in range(receivers)]

    async def send(self, name: str, count: int | None = None) -> None:
        """Send to all receivers, or to the last of them."""
        message = SerializedHubMessage(InvocationMessage(name, ()))
        await self.broadcasts.send(message, self.receivers[-count if count else 0 :])

    def start(self, name: str, count: int | None = None) -> asyncio.Task[None]:
        """Send in a task."""
        return asyncio.create_task(self.send(name, count))

    def counts(self, name: str) -> int:
        """How many have received a message."""
        return sum(name in receiver.received for receiver in self.receivers)


def is_done_without_a_turn(site: Site, name: str, count: int) -> bool:
    """Tell whether a message is out without one turn of the event loop."""
    sending = site.send(name, count)
    try:
        sending.send(None)
    except StopIteration:
        return True
    sending.close()
    return False


@pytest.mark.parametrize("count", [0, 1, LOOK - 1, LOOK])
async def test_a_small_message_is_out_at_once_whatever_the_time(count: int) -> None:
    site = Site(count, seconds_per_look=100)
    assert is_done_without_a_turn(site, "small", count) == (count < LOOK)
    assert site.counts("small") == count


async def test_a_message_to_many_is_out_at_once_if_it_takes_little_time() -> None:
    site = Site(10_000, seconds_per_look=0)
    assert is_done_without_a_turn(site, "big", 10_000)
    assert site.counts("big") == 10_000


async def test_others_have_their_turn_while_a_message_takes_long() -> None:
    site = Site(5 * LOOK + 1)
    seen: list[int] = []
    sending = site.start("big")
    while not sending.done():
        await asyncio.sleep(0)
        seen.append(site.counts("big"))
    assert seen[:6] == [LOOK, 2 * LOOK, 3 * LOOK, 4 * LOOK, 5 * LOOK, 5 * LOOK + 1]
    await sending


async def test_a_small_message_waits_until_the_big_one_is_out() -> None:
    site = Site(3 * LOOK)
    big = site.start("big")
    await asyncio.sleep(0)
    small = site.start("small", 1)
    await asyncio.gather(big, small)
    assert site.receivers[-1].received == ["big", "small"]
    assert is_done_without_a_turn(site, "later", 1)


async def test_nobody_comes_between_one_message_and_the_next_that_waits() -> None:
    site = Site(2 * LOOK)
    first = site.start("first")
    await asyncio.sleep(0)
    second = site.start("second")

    def send_more(_: object) -> None:
        third.append(site.start("third"))

    third: list[asyncio.Task[None]] = []
    first.add_done_callback(send_more)
    await asyncio.gather(first, second)
    await third[0]
    assert {tuple(receiver.received) for receiver in site.receivers} == {("first", "second", "third")}


async def test_a_message_that_is_sent_because_of_another_comes_behind_it_for_all() -> None:
    site = Site(3 * LOOK)
    answers: list[asyncio.Task[None]] = []
    site.receivers[0].on_write = lambda: answers.append(site.start("answer")) if len(answers) < 2 else None
    await site.send("question")
    for answer in answers:
        await answer
    assert {tuple(receiver.received) for receiver in site.receivers} == {("question", "answer", "answer")}


# Those that are cancelled or fail.


async def test_a_message_that_is_cancelled_in_the_middle_lets_the_next_one_go_on() -> None:
    site = Site(3 * LOOK)
    first = site.start("first")
    await asyncio.sleep(0)
    second = site.start("second")
    await asyncio.sleep(0)
    first.cancel()
    await second
    with pytest.raises(asyncio.CancelledError):
        await first
    assert LOOK <= site.counts("first") < 3 * LOOK
    assert site.counts("second") == 3 * LOOK
    assert is_done_without_a_turn(site, "later", 1)


async def test_a_message_that_is_cancelled_while_it_waits_is_left_out() -> None:
    site = Site(3 * LOOK)
    first = site.start("first")
    await asyncio.sleep(0)
    second, third = site.start("second"), site.start("third")
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.gather(first, third)
    assert second.cancelled()
    assert {tuple(receiver.received) for receiver in site.receivers} == {("first", "third")}


async def test_a_message_that_is_cancelled_when_its_turn_has_come_passes_it_on() -> None:
    site = Site(2 * LOOK + 1)
    first = site.start("first")
    await asyncio.sleep(0)
    second, third = site.start("second"), site.start("third")
    site.receivers[-1].on_write = lambda: asyncio.get_running_loop().call_soon(second.cancel)
    await asyncio.gather(first, third)
    with pytest.raises(asyncio.CancelledError):
        await second
    assert site.counts("second") == 0
    assert site.counts("third") == 2 * LOOK + 1
    assert is_done_without_a_turn(site, "later", 1)


async def test_all_who_wait_may_be_cancelled() -> None:
    site = Site(2 * LOOK)
    sending = [site.start(str(number)) for number in range(5)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    for each in sending:
        each.cancel()
    await settle()
    assert all(each.cancelled() for each in sending)
    assert is_done_without_a_turn(site, "later", 1)


@pytest.mark.parametrize("failing", [0, LOOK, 2 * LOOK + 1])
async def test_a_failure_in_a_write_is_raised_and_does_not_stop_other_messages(failing: int) -> None:
    site = Site(3 * LOOK)

    def fail() -> None:
        site.receivers[failing].on_write = None
        raise ValueError("a bug")

    site.receivers[failing].on_write = fail
    first, second = site.start("first"), site.start("second")
    await second
    with pytest.raises(ValueError, match="a bug"):
        await first
    assert site.counts("first") == failing + 1
    assert site.counts("second") == 3 * LOOK
    assert is_done_without_a_turn(site, "later", 1)


async def test_a_failure_in_a_small_message_leaves_nobody_busy() -> None:
    site = Site(1)

    def fail() -> None:
        raise ValueError("a bug")

    site.receivers[0].on_write = fail
    with pytest.raises(ValueError, match="a bug"):
        await site.send("first")
    site.receivers[0].on_write = None
    assert is_done_without_a_turn(site, "second", 1)


async def test_the_receivers_are_those_at_the_time_of_the_call() -> None:
    site = Site(2 * LOOK)
    first = site.start("first")
    await asyncio.sleep(0)
    second = site.start("second")
    await asyncio.sleep(0)
    late = Receiver(site.clock)
    site.receivers.append(late)
    await asyncio.gather(first, second)
    assert late.received == []
