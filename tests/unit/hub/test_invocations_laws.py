"""Whatever ids a client makes up, in whatever order: items reach the one stream they belong to, or nobody."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from signalr_py import HubOptions
from signalr_py.exceptions import ClientDisconnectedError, HubException
from signalr_py.hub import texts
from signalr_py.hub.invocations import ActiveInvocations, Invocation
from signalr_py.protocol.messages import (
    CompletionMessage,
    InvocationMessage,
    StreamInvocationMessage,
    StreamItemMessage,
)
from tests.unit.hub.test_invocations import TABLE

IDS = st.sampled_from("abcd")
TARGETS = st.sampled_from(["Plain", "Numbers", "Build", "Watch", "Collect", "Pair"])
READS = {"Collect": 1, "Pair": 2}


@dataclass
class Sent:
    """What the model knows of an upload."""

    items: list[int] = field(default_factory=list)
    ending: object = None


@dataclass
class Call:
    """What the model knows of a call."""

    invocation: Invocation
    opened: dict[str, Sent]
    is_cancelled: bool = False


class InvocationsMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.running: list[Call] = []
        self.count = 0
        self.is_open = True

    @initialize(capacity=st.integers(1, 3), maximum=st.sampled_from([None, 1, 3, 6]))
    def connect(self, capacity: int, maximum: int | None) -> None:
        self.capacity, self.maximum = capacity, maximum
        options = HubOptions(stream_buffer_capacity=capacity, maximum_streams_per_client=maximum)
        self.calls = ActiveInvocations(options, lambda: None)

    def upload(self, stream_id: str) -> Sent | None:
        found = [c.opened[stream_id] for c in self.running if stream_id in c.opened]
        still = [sent for sent in found if sent.ending is None]
        return still[0] if still else None

    def refusal(self, invocation: Invocation) -> str | None:
        """Say in the plainest way what the answer must be."""
        name, ids = invocation.method.name, invocation.call.stream_ids
        is_stream = invocation.is_stream
        streams = sum(len(c.invocation.call.stream_ids) + c.invocation.is_stream for c in self.running)
        if (ids or is_stream) and self.maximum is not None and streams + len(ids) + is_stream > self.maximum:
            return texts.too_many_streams(name, self.maximum)
        for number, stream_id in enumerate(ids):
            if self.upload(stream_id) is not None or stream_id in ids[:number]:
                return texts.stream_id_in_use(name, stream_id)
        if is_stream or name in ("Build", "Watch"):
            others = [c.invocation for c in self.running]
            if any(o.invocation_id == invocation.invocation_id and o.is_cancellable for o in others):
                return texts.invocation_id_in_use(str(invocation.invocation_id))
        return None

    @precondition(lambda self: self.is_open)
    @rule(name=TARGETS, call=IDS, ids=st.lists(IDS, max_size=3), is_stream=st.booleans())
    def begin(self, name: str, call: str, ids: list[str], is_stream: bool) -> None:
        method = TABLE.find(name)
        assert method is not None
        message = (
            StreamInvocationMessage(call, name, (), tuple(ids))
            if is_stream
            else InvocationMessage(name, (), call, tuple(ids))
        )
        invocation = Invocation(method, message)
        refusal = self.refusal(invocation)
        reads = READS.get(name, 0)
        decoders: tuple[Any, ...] = (bytes,) * reads
        assert self.calls.begin(invocation, decoders) == refusal
        if refusal is None:
            opened = {stream_id: Sent() for stream_id in ids} if reads == len(ids) else {}
            assert len(invocation.uploads) == len(opened)
            self.running.append(Call(invocation, opened))

    @rule(number=st.integers(0, 20))
    def end(self, number: int) -> None:
        if self.running:
            call = self.running.pop(number % len(self.running))
            self.loop.run_until_complete(self.check(call))
            self.calls.end(call.invocation)

    async def check(self, call: Call) -> None:
        """Read what waits for a call, as far as it goes."""
        for (_, sent), stream in zip(call.opened.items(), call.invocation.uploads, strict=True):
            for item in sent.items:
                assert await anext(stream) == item
            if isinstance(sent.ending, type):
                with pytest.raises(sent.ending):
                    await anext(stream)
            sent.items.clear()

    @rule(stream_id=IDS)
    def item(self, stream_id: str) -> None:
        self.count += 1
        sent = self.upload(stream_id)
        is_full = sent is not None and len(sent.items) >= self.capacity
        assert self.calls.take_item(StreamItemMessage(stream_id, self.count)) is not is_full
        if sent is not None and not is_full:
            sent.items.append(self.count)

    @rule(stream_id=IDS, error=st.sampled_from([None, "", "x"]))
    def complete(self, stream_id: str, error: str | None) -> None:
        sent = self.upload(stream_id)
        assert self.calls.end_upload(CompletionMessage(stream_id, error=error)) is (sent is not None)
        if sent is not None:
            sent.ending = StopAsyncIteration if error is None else HubException

    @rule(stream_id=IDS)
    def fail(self, stream_id: str) -> None:
        sent = self.upload(stream_id)
        self.calls.fail_upload(stream_id, ValueError(), detailed=False)
        if sent is not None:
            sent.ending = HubException

    @rule(call=IDS)
    def cancel(self, call: str) -> None:
        self.calls.cancel(call)
        for each in self.running:
            if each.invocation.invocation_id == call and each.invocation.is_cancellable:
                each.is_cancelled = True

    @rule()
    def leave(self) -> None:
        self.is_open = False
        self.calls.connection_ended(ClientDisconnectedError())
        for each in self.running:
            each.is_cancelled = each.is_cancelled or each.invocation.is_cancellable
            for sent in each.opened.values():
                sent.ending = sent.ending or ClientDisconnectedError

    @invariant()
    def only_what_was_cancelled_is(self) -> None:
        for call in self.running:
            assert call.invocation.is_cancelled is call.is_cancelled

    def teardown(self) -> None:
        while self.running:
            self.end(0)
        if hasattr(self, "calls"):
            assert not self.calls._by_id
            assert not self.calls._uploads
            assert not self.calls._cancellable
            assert self.calls._stream_count == 0
        self.loop.close()


TestInvocations = InvocationsMachine.TestCase
TestInvocations.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
