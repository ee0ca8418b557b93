"""Whatever a client does and whenever it goes: each call has at most one answer, and each connection one end."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterable, AsyncIterator  # noqa: TC003 - annotations of hubs are read at start-up
from typing import TYPE_CHECKING, Any, TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from signalr_py import CancellationToken, Hub, HubOptions, cancellable
from tests.support.endings import ENDINGS
from tests.support.hub_server import serve
from tests.support.streams import cancel, end, item, start
from tests.support.tasks import no_task_left, settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.hub_client import HubClient

Step: TypeAlias = tuple[str, Any]

METHODS = {
    "Work": (0, False),
    "Build": (0, False),
    "Watch": (0, False),
    "Numbers": (0, True),
    "Flood": (0, True),
    "Total": (1, False),
    "First": (1, False),
    "Echo": (1, True),
    "Pair": (2, False),
}
STREAMS = st.sampled_from("abc")
STEPS: st.SearchStrategy[Step] = st.one_of(
    st.tuples(st.just("call"), st.tuples(st.sampled_from(sorted(METHODS)), st.lists(STREAMS, min_size=2, max_size=2))),
    st.tuples(st.just("item"), st.tuples(STREAMS, st.one_of(st.integers(0, 9), st.just("wrong")))),
    st.tuples(st.just("end"), st.tuples(STREAMS, st.sampled_from([None, "why"]))),
    st.tuples(st.just("cancel"), st.integers(1, 9)),
    st.tuples(st.sampled_from(["release", "slow", "quick", "settle"]), st.none()),
)


class Site:
    """What the hub of one example writes down, and what its calls wait for."""

    def __init__(self) -> None:
        self.running: Counter[str] = Counter()
        self.ends: Counter[str] = Counter()
        self.releases = asyncio.Semaphore(0)

    def hub(self) -> type[Hub]:
        site = self

        class SiteHub(Hub):
            async def on_connected(self) -> None:
                site.ends["connected"] += 1

            async def on_disconnected(self, error: Exception | None) -> None:
                site.ends["disconnected"] += 1

            async def work(self) -> None:
                await site.releases.acquire()

            @cancellable
            async def build(self) -> None:
                site.running["build"] += 1
                try:
                    await asyncio.Event().wait()
                finally:
                    site.running["build"] -= 1

            async def watch(self, token: CancellationToken) -> None:
                site.running["watch"] += 1
                await token.wait()
                site.running["watch"] -= 1

            async def numbers(self) -> AsyncIterator[int]:
                site.running["numbers"] += 1
                try:
                    yield 1
                    await asyncio.Event().wait()
                finally:
                    site.running["numbers"] -= 1

            async def flood(self) -> AsyncIterator[int]:
                site.running["flood"] += 1
                try:
                    for number in range(200):
                        yield number
                finally:
                    await asyncio.sleep(0)
                    site.running["flood"] -= 1

            async def total(self, numbers: AsyncIterable[int]) -> int:
                site.running["total"] += 1
                try:
                    return sum([number async for number in numbers])
                finally:
                    site.running["total"] -= 1

            async def first(self, numbers: AsyncIterable[int]) -> int:
                async for number in numbers:
                    return number
                return -1

            async def echo(self, numbers: AsyncIterable[int]) -> AsyncIterator[int]:
                async for number in numbers:
                    yield number

            async def pair(self, first: AsyncIterable[int], second: AsyncIterable[int]) -> int:
                return sum([number async for number in first]) + sum([number async for number in second])

        return SiteHub


async def take(client: HubClient, site: Site, step: Step) -> None:
    """Let the client or the network do one thing."""
    kind, value = step
    if kind == "call":
        target, names = value
        count, is_stream = METHODS[target]
        start(client, target, uploads=names[:count], streams=is_stream)
    elif kind == "item":
        client.send(item(*value))
    elif kind == "end":
        client.send(end(*value))
    elif kind == "cancel":
        client.send(cancel(str(value)))
    elif kind == "release":
        site.releases.release()
    elif kind == "slow":
        client.duplex.is_slow = True
    elif kind == "quick":
        client.duplex.catch_up()
    else:
        await settle()


async def play(steps: list[Step], ending: Callable[[HubClient], None], *, slots: int, capacity: int) -> None:
    """Run one example."""
    site = Site()
    options = HubOptions(
        maximum_parallel_invocations_per_client=slots, stream_buffer_capacity=capacity, maximum_streams_per_client=5
    )
    async with no_task_left(), serve(site.hub(), options) as server:
        client, witness = server.connect(), server.connect()
        for step in steps:
            await take(client, site, step)
        ending(client)
        await settle()
        client.leave()
        for _ in steps:
            site.releases.release()
        client.duplex.catch_up()
        await client.ended()
        await settle()
        over: set[str] = set()
        for message in client.received:
            assert message.get("invocationId") not in over
            if message["type"] == 3:
                over.add(message["invocationId"])
        assert site.ends == {"connected": 2, "disconnected": 1}
        assert not +site.running
        call = start(witness, "Total", uploads=["s"])
        witness.send(item("s", 5), end("s"))
        assert (await witness.answer(call))["result"] == 5
    assert site.ends == {"connected": 2, "disconnected": 2}


@settings(deadline=None, max_examples=100)
@given(st.lists(STEPS, max_size=30), st.sampled_from(ENDINGS), st.integers(1, 3), st.integers(1, 3))
def test_every_call_has_at_most_one_answer_and_every_connection_one_end(
    steps: list[Step], ending: Callable[[HubClient], None], slots: int, capacity: int
) -> None:
    asyncio.run(play(steps, ending, slots=slots, capacity=capacity))
