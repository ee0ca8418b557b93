from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from signalr_py.exceptions import BindingError, RemoteProtocolError
from signalr_py.protocol.framing import TextFrameReader
from signalr_py.protocol.messages import (
    AckMessage,
    CancelInvocationMessage,
    CloseMessage,
    CompletionMessage,
    InvocationBindingFailure,
    InvocationMessage,
    PingMessage,
    SequenceMessage,
    StreamBindingFailure,
    StreamInvocationMessage,
    StreamItemMessage,
)
from signalr_py.protocol.replay import Replay, Resumption, is_sequenced

if TYPE_CHECKING:
    from signalr_py.protocol.messages import HubMessage

SIDES = st.sampled_from(["client", "server"])


def with_kept(*messages: bytes) -> Replay:
    replay = Replay()
    for message in messages:
        replay.keep(message)
    return replay


def with_received(count: int) -> Replay:
    replay = Replay()
    assert all(replay.receive() for _ in range(count))
    return replay


@pytest.mark.parametrize(
    "message",
    [
        InvocationMessage("f"),
        StreamItemMessage("1", None),
        CompletionMessage("1"),
        StreamInvocationMessage("1", "f"),
        CancelInvocationMessage("1"),
        InvocationBindingFailure("f", None, BindingError("no")),
        StreamBindingFailure("1", BindingError("no")),
    ],
    ids=lambda message: type(message).__name__,
)
def test_calls_items_and_their_ends_are_counted_even_when_their_values_do_not_fit(message: HubMessage) -> None:
    assert is_sequenced(message)


@pytest.mark.parametrize(
    "message",
    [PingMessage(), CloseMessage(), AckMessage(1), SequenceMessage(1)],
    ids=lambda message: type(message).__name__,
)
def test_what_belongs_to_one_socket_is_not_counted(message: HubMessage) -> None:
    assert not is_sequenced(message)


def test_the_first_message_has_number_one() -> None:
    assert Replay().resume() == Resumption(1, ())
    assert with_kept(b"a").resume() == Resumption(1, (b"a",))


def test_what_is_not_acknowledged_is_sent_again_behind_its_number() -> None:
    replay = with_kept(b"a", b"bb", b"ccc")
    assert (len(replay), replay.size) == (3, 6)
    assert replay.acknowledge(1)
    assert (len(replay), replay.size) == (2, 5)
    assert replay.resume() == Resumption(2, (b"bb", b"ccc"))


def test_what_is_sent_again_stays_until_it_is_acknowledged() -> None:
    replay = with_kept(b"a")
    assert replay.resume() == replay.resume()
    assert replay.acknowledge(1)
    assert replay.resume() == Resumption(2, ())


def test_numbers_go_on_behind_what_was_acknowledged() -> None:
    replay = with_kept(b"a", b"b", b"c", b"d", b"e")
    replay.acknowledge(3)
    replay.keep(b"f")
    assert replay.resume() == Resumption(4, (b"d", b"e", b"f"))


@pytest.mark.parametrize("sequence_id", [-(2**63), -1, 0, 1, 2])
def test_an_acknowledgement_of_the_past_changes_nothing(sequence_id: int) -> None:
    replay = with_kept(b"a", b"b", b"c")
    replay.acknowledge(2)
    assert not replay.acknowledge(sequence_id)
    assert replay.resume() == Resumption(3, (b"c",))


@pytest.mark.parametrize("sequence_id", [4, 2**63])
def test_an_acknowledgement_of_the_future_drops_what_there_is(sequence_id: int) -> None:
    replay = with_kept(b"a", b"b", b"c")
    assert replay.acknowledge(sequence_id)
    assert (len(replay), replay.size) == (0, 0)
    replay.keep(b"d")
    assert replay.resume() == Resumption(4, (b"d",))


def test_every_message_of_one_socket_is_new() -> None:
    with_received(3)


def test_what_came_before_is_dropped_when_it_comes_again() -> None:
    replay = with_received(3)
    replay.expect(2)
    assert [replay.receive() for _ in range(3)] == [False, False, True]


def test_a_client_that_goes_on_where_it_was_has_no_duplicates() -> None:
    replay = with_received(3)
    replay.expect(4)
    assert replay.receive()


def test_a_sequence_from_the_future_is_an_error() -> None:
    replay = with_received(3)
    with pytest.raises(RemoteProtocolError, match=r"^Sequence ID greater than amount of messages we've received\.$"):
        replay.expect(5)


def test_a_socket_that_broke_before_the_repeated_messages_does_not_make_them_missing() -> None:
    replay = with_received(3)
    replay.expect(1)
    assert replay.acknowledgement() == 3
    replay.expect(4)
    assert replay.receive()


def test_a_sequence_far_in_the_past_only_makes_duplicates() -> None:
    replay = with_received(1)
    replay.expect(-1)
    assert [replay.receive() for _ in range(4)] == [False, False, False, True]


def test_an_acknowledgement_is_owed_only_for_what_is_new() -> None:
    replay = Replay()
    assert replay.acknowledgement() is None
    assert replay.receive()
    assert replay.receive()
    assert replay.acknowledgement() == 2
    assert replay.acknowledgement() is None


def test_an_acknowledgement_that_was_lost_with_its_socket_is_repeated() -> None:
    replay = with_received(2)
    assert replay.acknowledgement() == 2
    replay.expect(2)
    assert replay.acknowledgement() == 2
    assert not replay.receive()
    assert replay.acknowledgement() is None


def test_an_acknowledgement_that_arrived_is_not_repeated() -> None:
    replay = with_received(2)
    assert replay.acknowledgement() == 2
    replay.expect(3)
    assert replay.acknowledgement() is None


@given(st.lists(st.binary(max_size=4)), st.lists(st.integers(-5, 50)))
def test_what_is_kept_is_what_is_sent_behind_the_highest_acknowledgement(
    messages: list[bytes], acknowledged: list[int]
) -> None:
    replay = with_kept(*messages)
    for sequence_id in acknowledged:
        replay.acknowledge(sequence_id)
    highest = max([0, *acknowledged])
    left = tuple(messages[highest:])
    assert replay.resume() == Resumption(min(highest, len(messages)) + 1, left)
    assert (len(replay), replay.size) == (len(left), sum(map(len, left)))


class Side:
    """One end: a `Replay`, what its user wrote and was given (the naive model), and the bytes on their way from it."""

    def __init__(self) -> None:
        self.replay = Replay()
        self.written: list[bytes] = []
        self.given: list[bytes] = []
        self.cable = bytearray()
        self.is_attached = True
        self.reader = TextFrameReader()

    def send(self, data: bytes) -> None:
        if self.is_attached:
            self.cable += data

    def write(self) -> None:
        data = b"m%d\x1e" % len(self.written)
        self.written.append(data)
        self.replay.keep(data)
        self.send(data)

    def acknowledge(self) -> None:
        if (sequence_id := self.replay.acknowledgement()) is not None:
            self.send(b"a%d\x1e" % sequence_id)

    def take(self, data: bytes) -> None:
        self.reader.feed(data)
        while (frame := self.reader.next_frame()) is not None:
            if frame.startswith(b"s"):
                self.replay.expect(int(frame[1:]))
            elif frame.startswith(b"a"):
                self.replay.acknowledge(int(frame[1:]))
            elif self.replay.receive():
                self.given.append(frame + b"\x1e")

    def detach(self) -> None:
        self.is_attached = False

    def attach(self) -> None:
        self.is_attached = True
        self.reader = TextFrameReader()
        resumption = self.replay.resume()
        self.cable[:] = b"s%d\x1e" % resumption.sequence_id + b"".join(resumption.messages)


class LossySockets(RuleBasedStateMachine):
    """A client and a server joined by sockets that deliver late, in any pieces, and break at any byte.

    Bytes on their way only lose their tail, as with TCP. The client may come back while the server still has the old
    socket; what the server writes there until it takes up the new one reaches nobody.
    """

    def __init__(self) -> None:
        super().__init__()
        self.client = Side()
        self.server = Side()
        self.is_waiting = False

    def pair(self, name: str) -> tuple[Side, Side]:
        return (self.client, self.server) if name == "client" else (self.server, self.client)

    @rule(name=SIDES, count=st.integers(1, 4))
    def write(self, name: str, count: int) -> None:
        for _ in range(count):
            self.pair(name)[0].write()

    @rule(name=SIDES)
    def acknowledge(self, name: str) -> None:
        self.pair(name)[0].acknowledge()

    @precondition(lambda self: not self.is_waiting)
    @rule(name=SIDES, size=st.integers(1, 30))
    def deliver(self, name: str, size: int) -> None:
        sender, receiver = self.pair(name)
        data = bytes(sender.cable[:size])
        del sender.cable[:size]
        receiver.take(data)

    @rule(name=SIDES, lost=st.integers(0, 20))
    def cut(self, name: str, lost: int) -> None:
        side, _ = self.pair(name)
        side.detach()
        del side.cable[max(0, len(side.cable) - lost) :]

    @rule()
    def come_back(self) -> None:
        self.is_waiting = True
        self.server.cable.clear()
        self.client.attach()

    @precondition(lambda self: self.is_waiting)
    @rule()
    def take_up(self) -> None:
        self.is_waiting = False
        self.server.attach()

    @invariant()
    def everything_arrives_once_and_in_order(self) -> None:
        for name in ("client", "server"):
            sender, receiver = self.pair(name)
            assert receiver.given == sender.written[: len(receiver.given)]

    @invariant()
    def what_is_kept_is_the_end_of_what_was_written(self) -> None:
        for name in ("client", "server"):
            sender, receiver = self.pair(name)
            kept = len(sender.replay)
            assert len(sender.written) - len(receiver.given) <= kept <= len(sender.written)
            assert sender.replay.size == sum(map(len, sender.written[len(sender.written) - kept :]))

    def teardown(self) -> None:
        self.come_back()
        self.take_up()
        for _ in range(2):
            for name in ("client", "server"):
                self.deliver(name, 1_000_000)
                self.acknowledge(name)
        for name in ("client", "server"):
            self.deliver(name, 1_000_000)
        for name in ("client", "server"):
            sender, receiver = self.pair(name)
            assert receiver.given == sender.written
            assert (len(sender.replay), sender.replay.size) == (0, 0)


def test_every_message_arrives_once_and_in_order_over_sockets_that_break() -> None:
    run_state_machine_as_test(LossySockets)
