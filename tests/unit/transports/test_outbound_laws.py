"""The queue of a slow client, compared with a list that knows the policies in the plainest words."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from signalr_py.options import HttpConnectionOptions
from signalr_py.transports.outbound import OutboundQueue, QueueLimits
from signalr_py.types import Delivery

HIGH_WATER = 20
MAXIMUM_BYTES = 50
MAXIMUM_MESSAGES = 12
MANY = MAXIMUM_MESSAGES // 2
LIMITS = QueueLimits.of(
    HttpConnectionOptions(
        transport_max_buffer_size=HIGH_WATER,
        maximum_send_buffer_size=MAXIMUM_BYTES,
        maximum_send_buffer_messages=MAXIMUM_MESSAGES,
    )
)
DISCONNECT, WAIT = Delivery(), Delivery("wait")
OLDEST, NEW = Delivery("drop_oldest"), Delivery("drop_new")
KEYED = [Delivery("latest", key) for key in "abc"]
DELIVERIES = [DISCONNECT, WAIT, OLDEST, NEW, *KEYED]


@dataclass(eq=False)
class Waiting:
    """A task that waits, and whether it should still."""

    task: asyncio.Task[None]
    is_free: bool = False


@dataclass(eq=False)
class Message:
    """What was sent; its number is the order."""

    number: int
    data: bytes
    delivery: Delivery


@dataclass
class Model:
    """What the queue should be: a list, what became of everything else, and who waits for what."""

    messages: list[Message] = field(default_factory=list)
    delivered: list[Message] = field(default_factory=list)
    dropped: dict[str, list[Message]] = field(default_factory=lambda: {"drop_oldest": [], "drop_new": [], "latest": []})
    cleared: set[Message] = field(default_factory=set)
    last_without_key: int = -1
    placed: dict[str, int] = field(default_factory=dict)
    earlier: list[Message] = field(default_factory=list)
    has_ended: bool = False
    drainers: list[Waiting] = field(default_factory=list)
    reader: Waiting | None = None

    @property
    def size(self) -> int:
        return sum(len(message.data) for message in self.messages)

    @property
    def keeps_up(self) -> bool:
        return self.size < HIGH_WATER and len(self.messages) < MANY

    @property
    def is_full(self) -> bool:
        return self.size >= MAXIMUM_BYTES or len(self.messages) >= MAXIMUM_MESSAGES

    def drop(self, message: Message) -> None:
        self.messages.remove(message)
        self.dropped[message.delivery.policy].append(message)

    def make_room(self, *, of_values: bool = True) -> bool:
        while self.is_full:
            oldest = [each for each in self.messages if each.delivery is OLDEST]
            newest = [each for each in reversed(self.messages) if each.delivery is NEW]
            earlier = [each for each in self.earlier if each in self.messages and of_values]
            if not (oldest or newest or earlier):
                return False
            self.drop((oldest or newest or earlier)[0])
        return True

    def add(self, message: Message) -> bool:
        match message.delivery.policy:
            case "latest":
                return self.add_latest(message)
            case "drop_oldest":
                while self.is_full and (oldest := [each for each in self.messages if each.delivery is OLDEST]):
                    self.drop(oldest[0])
            case "drop_new":
                pass
            case _ if not self.make_room():
                return False
        if self.is_full:
            self.dropped[message.delivery.policy].append(message)
        else:
            self.last_without_key = message.number
            self.messages.append(message)
        return True

    def add_latest(self, message: Message) -> bool:
        key = message.delivery.key
        assert key is not None
        older = [each for each in self.messages if each.delivery.key == key]
        if not older:
            if not self.make_room():
                return False
            self.placed[key] = message.number
            self.messages.append(message)
            return True
        replaced = older[-1]
        is_overtaken = self.placed[key] < self.last_without_key
        if is_overtaken and len(older) == 1 and self.make_room(of_values=False):
            self.earlier.append(replaced)
            self.placed[key] = message.number
            self.messages.append(message)
            return True
        behind = self.messages[self.messages.index(replaced) + 1 :]
        self.messages.remove(replaced)
        has_room = len(message.data) <= len(replaced.data) or self.make_room()
        stayed = [each for each in behind if each in self.messages]
        place = len(self.messages) - len(stayed)
        if not has_room:
            self.messages.insert(place, replaced)
            return False
        self.dropped["latest"].append(replaced)
        if is_overtaken:
            self.placed[key] = message.number
            self.messages.append(message)
        else:
            self.messages.insert(place, message)
        return True

    def free_drainers(self) -> None:
        for waiting in self.drainers:
            waiting.is_free = True

    def free_reader(self) -> None:
        if self.reader is not None:
            self.reader.is_free = True


class OutboundMachine(RuleBasedStateMachine):
    """Compares the queue with the model, after every step and one turn of the event loop."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.queue = OutboundQueue(LIMITS)
        self.model = Model()
        self.sent: list[Message] = []
        self.refused: set[Message] = set()

    def turn(self) -> None:
        self.loop.run_until_complete(asyncio.sleep(0))
        self.loop.run_until_complete(asyncio.sleep(0))

    def teardown(self) -> None:
        self.queue.end()
        self.turn()
        assert not asyncio.all_tasks(self.loop)
        self.loop.close()

    @precondition(lambda self: not self.model.has_ended)
    @rule(delivery=st.sampled_from(DELIVERIES), sizes=st.lists(st.integers(2, 14), min_size=1, max_size=5))
    def add(self, delivery: Delivery, sizes: list[int]) -> None:
        for size in sizes:
            number = len(self.sent)
            message = Message(number, number.to_bytes(2) + b"." * (size - 2), delivery)
            self.sent.append(message)
            is_fine = self.queue.add(message.data, delivery)
            assert is_fine == self.model.add(message)
            if is_fine:
                self.model.free_reader()
            else:
                self.refused.add(message)
            assert self.queue.size < MAXIMUM_BYTES + max(size, 14)
            assert self.queue.count <= MAXIMUM_MESSAGES

    @precondition(lambda self: self.model.messages)
    @rule(maximum=st.none() | st.integers(1, 30))
    def take(self, maximum: int | None) -> None:
        taken = self.queue.take(maximum)
        parts = [self.model.messages.pop(0)]
        while self.model.messages and (
            maximum is None or sum(len(each.data) for each in [*parts, self.model.messages[0]]) <= maximum
        ):
            parts.append(self.model.messages.pop(0))
        assert taken == b"".join(part.data for part in parts)
        self.model.delivered += parts
        if self.model.size <= HIGH_WATER // 2 and len(self.model.messages) <= MANY // 2:
            self.model.free_drainers()

    @precondition(lambda self: self.model.messages)
    @rule()
    def pop(self) -> None:
        first = self.model.messages.pop(0)
        expected = DISCONNECT if first.delivery is WAIT else first.delivery
        assert self.queue.pop() == (first.data, expected)
        self.model.delivered.append(first)

    @rule()
    def clear(self) -> None:
        self.queue.clear()
        self.model.cleared.update(self.model.messages)
        self.model.messages.clear()
        self.model.free_drainers()

    @rule()
    def end(self) -> None:
        self.queue.end()
        self.model.has_ended = True
        self.model.free_drainers()
        self.model.free_reader()

    @rule()
    def drain(self) -> None:
        is_free = self.model.has_ended or self.model.keeps_up
        self.model.drainers.append(Waiting(self.loop.create_task(self.queue.drain()), is_free))

    @rule()
    def call_when_drained(self) -> None:
        drained = asyncio.Event()
        self.loop.run_until_complete(self.ask_for_a_call(drained))
        is_free = self.model.has_ended or self.model.keeps_up
        self.model.drainers.append(Waiting(self.loop.create_task(wait_for(drained)), is_free))

    async def ask_for_a_call(self, drained: asyncio.Event) -> None:
        self.queue.when_drained(drained.set)

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
        self.model.reader = Waiting(self.loop.create_task(self.queue.wait()), is_free)

    @precondition(lambda self: self.model.reader is not None)
    @rule()
    def give_up_waiting(self) -> None:
        assert self.model.reader is not None
        self.turn()
        self.model.reader.task.cancel()
        self.model.reader.is_free = True

    @rule()
    def wake(self) -> None:
        self.queue.wake()
        self.model.free_reader()

    @invariant()
    def agrees_with_the_model(self) -> None:
        self.turn()
        assert len(self.queue) == len(self.model.messages)
        assert bool(self.queue) == bool(self.model.messages)
        assert self.queue.size == self.model.size
        assert self.queue.ended == self.model.has_ended
        assert self.queue.keeps_up == self.model.keeps_up
        assert self.queue.is_full == self.model.is_full
        for waiting in self.model.drainers:
            assert waiting.task.done() == waiting.is_free
        self.model.drainers = [waiting for waiting in self.model.drainers if not waiting.is_free]
        if self.model.reader is not None:
            assert self.model.reader.task.done() == self.model.reader.is_free
            if self.model.reader.is_free:
                self.model.reader = None

    @invariant()
    def counts_what_it_drops(self) -> None:
        selection = self.queue.selection
        dropped = self.model.dropped
        counts = (0, 0, 0, 0)
        if selection is not None:
            counts = (selection.dropped_oldest, selection.dropped_new, selection.replaced, selection.dropped_size)
        size = sum(len(message.data) for messages in dropped.values() for message in messages)
        assert counts == (*(len(dropped[name]) for name in ("drop_oldest", "drop_new", "latest")), size)
        gone = len(self.model.delivered) + sum(map(len, dropped.values())) + len(self.model.cleared)
        assert len(self.sent) == gone + len(self.queue) + len(self.refused)

    @invariant()
    def keeps_what_must_arrive_and_the_order(self) -> None:
        left = [*self.model.delivered, *self.model.messages]
        lost = self.model.cleared | self.refused
        must_arrive = [each for each in self.sent if each.delivery in (DISCONNECT, WAIT) and each not in lost]
        assert [each for each in left if each.delivery in (DISCONNECT, WAIT)] == must_arrive
        for delivery in KEYED:
            one_key = [each for each in left if each.delivery.key in (None, delivery.key)]
            assert one_key == sorted(one_key, key=lambda message: message.number)
            values = [each for each in self.sent if each.delivery is delivery and each not in self.refused]
            assert not values or values[-1] in left or values[-1] in self.model.cleared
            assert sum(each.delivery is delivery for each in self.model.messages) <= 2


async def wait_for(event: asyncio.Event) -> None:
    await event.wait()


def test_the_queue_agrees_with_a_list() -> None:
    run_state_machine_as_test(
        OutboundMachine, settings=settings(max_examples=100, stateful_step_count=40, deadline=None)
    )
