"""Messages that many send at once, some of which are cancelled or fail: one order for all receivers."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Literal

from hypothesis import given, settings
from hypothesis import strategies as st

from signalr_py.hub.broadcasting import Broadcasts
from signalr_py.protocol.messages import InvocationMessage
from signalr_py.protocol.serialized import SerializedHubMessage
from tests.support.clock import ManualClock

RECEIVERS = 200


@dataclass(frozen=True, kw_only=True)
class Sending:
    """A message, when it is sent and what becomes of it."""

    turn: int
    first: int
    count: int
    fate: Literal["nothing", "cancelled", "fails"]
    delay: int


SENDINGS = st.lists(
    st.builds(
        Sending,
        turn=st.integers(0, 8),
        first=st.integers(0, RECEIVERS),
        count=st.integers(0, RECEIVERS),
        fate=st.sampled_from(["nothing", "nothing", "cancelled", "fails"]),
        delay=st.integers(0, 10),
    ),
    max_size=12,
)


class Receiver:
    """Keeps the numbers of messages, and fails once for one of them if told so."""

    def __init__(self, clock: ManualClock, seconds: float) -> None:
        self.received: list[int] = []
        self.fails_at: set[int] = set()
        self._clock = clock
        self._seconds = seconds

    def write(self, message: SerializedHubMessage) -> bool:
        """Keep the number."""
        assert isinstance(message.message, InvocationMessage)
        number = int(message.message.target)
        self.received.append(number)
        self._clock.advance(self._seconds)
        if number in self.fails_at:
            raise ValueError
        return True


async def send_all(sendings: list[Sending], seconds: float) -> tuple[list[Receiver], list[asyncio.Task[None]]]:
    """Send everything, each at its turn of the event loop, and wait for the end."""
    clock = ManualClock()
    broadcasts = Broadcasts(clock)
    receivers = [Receiver(clock, seconds) for _ in range(RECEIVERS)]
    tasks: list[asyncio.Task[None]] = []
    loop = asyncio.get_running_loop()
    cancellations: dict[int, list[asyncio.Task[None]]] = {}
    ordered = sorted(sendings, key=lambda each: each.turn)
    number = turn = 0
    while number < len(ordered) or cancellations:
        for task in cancellations.pop(turn, []):
            task.cancel()
        while number < len(ordered) and ordered[number].turn == turn:
            sending = ordered[number]
            targets = receivers[sending.first : sending.first + sending.count]
            if sending.fate == "fails" and targets:
                targets[len(targets) // 2].fails_at.add(number)
            message = SerializedHubMessage(InvocationMessage(str(number), ()))
            tasks.append(loop.create_task(broadcasts.send(message, targets)))
            if sending.fate == "cancelled":
                cancellations.setdefault(turn + 1 + sending.delay, []).append(tasks[-1])
            number += 1
        await asyncio.sleep(0)
        turn += 1
    async with asyncio.timeout(10):
        await asyncio.gather(*tasks, return_exceptions=True)
        await broadcasts.send(SerializedHubMessage(InvocationMessage("-1", ())), receivers)
    return receivers, tasks


@settings(max_examples=50)
@given(SENDINGS, st.sampled_from([0.0, 0.00001, 0.00005, 0.001]))
def test_all_receivers_see_one_order_and_miss_only_what_was_cancelled_or_failed(
    sendings: list[Sending], seconds: float
) -> None:
    receivers, tasks = asyncio.run(send_all(sendings, seconds))
    ordered = sorted(sendings, key=lambda each: each.turn)
    before: dict[int, set[int]] = {}
    for receiver in receivers:
        assert len(set(receiver.received)) == len(receiver.received)
        for place, number in enumerate(receiver.received):
            before.setdefault(number, set()).update(receiver.received[:place])
    assert not any(first in before[second] and second in before[first] for second in before for first in before[second])
    assert all(receiver.received[-1] == -1 for receiver in receivers)
    for number, (sending, task) in enumerate(zip(ordered, tasks, strict=True)):
        targets = receivers[sending.first : sending.first + sending.count]
        reached = [number in receiver.received for receiver in targets]
        assert reached == sorted(reached, reverse=True)
        assert sum(number in receiver.received for receiver in receivers) == sum(reached)
        if sending.fate == "nothing":
            assert not task.cancelled()
            assert task.exception() is None
        if not task.cancelled() and task.exception() is None:
            assert all(reached)
