"""A whole hub and a client that keeps the same books, over a wire that loses bytes at both ends."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, ClassVar

from hypothesis import given
from hypothesis import strategies as st

from signalr_py import Hub, HubOptions
from signalr_py.protocol.framing import RECORD_SEPARATOR, TextFrameReader
from signalr_py.protocol.replay import Replay
from tests.support.clock import ManualClock
from tests.support.hub_server import HubServer, serve
from tests.support.tasks import settle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.support.hub_client import HubClient

STEPS = st.one_of(
    st.tuples(st.sampled_from(["call", "publish"]), st.integers(1, 4)),
    st.tuples(st.sampled_from(["deliver", "read"]), st.integers(1, 200)),
    st.tuples(st.just("cut"), st.integers(0, 200)),
    st.tuples(st.sampled_from(["tick", "acknowledge"]), st.just(0)),
)


class NotingHub(Hub):
    noted: ClassVar[list[str]] = []

    async def note(self, text: str) -> None:
        self.noted.append(text)


class Peer:
    """The client: its numbers, and the bytes on their way in both directions."""

    def __init__(self, server: HubServer) -> None:
        self.client: HubClient = server.open(is_stateful=True)
        self.client.request_handshake(version=2)
        self.replay = Replay()
        self.reader = TextFrameReader()
        self.outgoing = bytearray()
        self.called: list[str] = []
        self.heard: list[str] = []
        self._seen = 1
        self._unread = bytearray()

    def call(self) -> None:
        self.called.append(f"{len(self.called)}")
        data = self.encode({"type": 1, "target": "Note", "arguments": [self.called[-1]]})
        self.replay.keep(data)
        self.outgoing += data

    def acknowledge(self) -> None:
        if (sequence_id := self.replay.acknowledgement()) is not None:
            self.outgoing += self.encode({"type": 8, "sequenceId": sequence_id})

    def deliver(self, size: int) -> None:
        data = bytes(self.outgoing[:size])
        del self.outgoing[:size]
        if data:
            self.client.send_bytes(data)

    def read(self, size: int) -> None:
        self._collect()
        self.reader.feed(bytes(self._unread[:size]))
        del self._unread[:size]
        while (frame := self.reader.next_frame()) is not None:
            self._take(json.loads(frame))

    def reconnect(self, heard: int) -> None:
        """Lose the socket, behind some of the bytes that were on their way, and come back."""
        self.read(heard)
        self.client.duplex.lose()
        self._collect()
        self._unread.clear()
        self.reader = TextFrameReader()
        self.client.duplex.come_back()
        resumption = self.replay.resume()
        self.outgoing[:] = self.encode({"type": 9, "sequenceId": resumption.sequence_id})
        self.outgoing += b"".join(resumption.messages)

    def encode(self, message: dict[str, Any]) -> bytes:
        return json.dumps(message).encode() + RECORD_SEPARATOR

    def _collect(self) -> None:
        writes = self.client.duplex.writes
        for data in writes[self._seen :]:
            self._unread += data
        self._seen = len(writes)

    def _take(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case 8:
                self.replay.acknowledge(message["sequenceId"])
            case 9:
                self.replay.expect(message["sequenceId"])
            case 1 if self.replay.receive():
                self.heard += message["arguments"]


async def run(steps: Sequence[tuple[str, int]]) -> None:
    NotingHub.noted.clear()
    clock = ManualClock()
    published: list[str] = []
    async with serve(NotingHub, HubOptions(keep_alive_interval=1_000_000), clock=clock) as server:
        peer = Peer(server)
        for step, number in [*steps, ("cut", 0), ("deliver", 10**6), ("tick", 0), ("read", 10**6)]:
            match step:
                case "call":
                    for _ in range(number):
                        peer.call()
                case "publish":
                    for _ in range(number):
                        published.append(f"{len(published)}")
                        await server.context.clients.all.send("Receive", published[-1])
                case "deliver":
                    peer.deliver(number)
                    await settle()
                case "read":
                    peer.read(number)
                case "cut":
                    peer.reconnect(number)
                case "acknowledge":
                    peer.acknowledge()
                case _:
                    peer.client.connection.tick(clock.advance(1))
            assert NotingHub.noted == peer.called[: len(NotingHub.noted)]
            assert peer.heard == published[: len(peer.heard)]
        assert NotingHub.noted == peer.called
        assert peer.heard == published
        assert len(peer.replay) == 0


@given(st.lists(STEPS, max_size=30))
def test_every_message_arrives_once_and_in_order(steps: list[tuple[str, int]]) -> None:
    asyncio.run(run(steps))
