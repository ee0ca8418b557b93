"""A client that comes back, and whose socket is blocked at times: both sides count the same, whatever is dropped."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from signalr_py.protocol.messages import AckMessage
from signalr_py.protocol.replay import Replay
from signalr_py.transports.base import SendLimits
from signalr_py.types import MUST_ARRIVE, Delivery
from tests.support.reconnection import Site, sequence
from tests.support.tasks import settle

DELIVERIES = [
    MUST_ARRIVE,
    Delivery("drop_oldest"),
    Delivery("drop_new"),
    Delivery("latest", "a"),
    Delivery("latest", "b"),
]
STEPS = st.one_of(
    st.tuples(st.just("write"), st.sampled_from(DELIVERIES)),
    st.tuples(st.sampled_from(["read", "acknowledge", "block", "unblock", "lose", "return"]), st.none()),
)


class Peer:
    """The client: takes the messages of its socket, two digits each, and counts them."""

    def __init__(self) -> None:
        self.site = Site()
        self.site.duplex.send_limits = SendLimits(12, 6)
        self.replay = Replay()
        self.heard: list[int] = []
        self.seen = 0
        self.unread: list[bytes] = []

    def read(self) -> None:
        """Take what was written to the socket."""
        self.collect()
        for data in self.unread:
            prefix = data[: data.index(b"\x1e") + 1] if b"\x1e" in data else b""
            if prefix:
                number = next(each for each in range(1, 10_000) if sequence(each) == prefix)
                self.replay.expect(number)
            body = data[len(prefix) :]
            for start in range(0, len(body), 2):
                if self.replay.receive():
                    self.heard.append(int(body[start : start + 2]))
        self.unread.clear()

    def collect(self) -> None:
        writes = self.site.duplex.writes
        self.unread += writes[self.seen :]
        self.seen = len(writes)

    def acknowledge(self) -> None:
        if (number := self.replay.acknowledgement()) is not None:
            self.site.reconnection.receive(AckMessage(number))

    def lose(self) -> None:
        """Lose the socket with what was on its way."""
        if not self.site.duplex.is_suspended:
            self.collect()
            self.unread.clear()
            self.site.duplex.catch_up()
            self.site.duplex.lose()

    def come_back(self) -> None:
        if self.site.duplex.is_suspended:
            self.site.duplex.is_suspended = False
            self.site.reconnection.reconnected()


async def run(steps: list[tuple[str, Delivery | None]]) -> None:
    peer = Peer()
    sent: list[tuple[int, Delivery]] = []
    duplex = peer.site.duplex
    ending = ["return", "unblock", *["read", "acknowledge"] * 20]
    for step, delivery in [*steps, *((step, None) for step in ending)]:
        match step:
            case "write":
                assert delivery is not None
                sent.append((len(sent), delivery))
                peer.site.reconnection.write(b"%02d" % sent[-1][0], delivery)
            case "read" if not duplex.is_suspended:
                peer.read()
            case "acknowledge" if not duplex.is_suspended:
                peer.acknowledge()
            case "block" if not duplex.is_suspended:
                duplex.is_slow = True
            case "unblock":
                duplex.catch_up()
            case "lose":
                peer.lose()
            case "return":
                peer.come_back()
            case _:
                pass
        await settle()
        if peer.site.overflows:
            return
    by_number = dict(sent)
    assert len(set(peer.heard)) == len(peer.heard)
    assert [each for each in peer.heard if by_number[each] is MUST_ARRIVE] == [n for n, d in sent if d is MUST_ARRIVE]
    for key in ("a", "b"):
        heard = [each for each in peer.heard if by_number[each].key in (None, key)]
        assert heard == sorted(heard)
        values = [number for number, delivery in sent if delivery.key == key]
        assert not values or values[-1] in peer.heard
    statistics = duplex.hold_back().selection
    dropped = 0 if statistics is None else statistics.dropped
    assert len(peer.heard) + dropped == len(sent)
    assert len(peer.replay) == 0


@given(st.lists(STEPS, max_size=40))
def test_the_client_counts_what_the_server_counts(steps: list[tuple[str, Delivery | None]]) -> None:
    asyncio.run(run(steps))
