"""The bookkeeping of one connection that its client may come back to, without a connection around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from signalr_py.exceptions import BindingError, RemoteProtocolError
from signalr_py.protocol.messages import (
    AckMessage,
    CloseMessage,
    CompletionMessage,
    InvocationBindingFailure,
    InvocationMessage,
    PingMessage,
    SequenceMessage,
    StreamBindingFailure,
)
from signalr_py.transports.base import SendLimits
from tests.support.reconnection import Site, ack, sequence

if TYPE_CHECKING:
    from signalr_py.protocol.messages import HubMessage


def test_what_is_written_goes_out_as_it_is() -> None:
    site = Site()
    assert site.reconnection.write(b"one")
    assert site.reconnection.write(b"two")
    assert site.duplex.writes == [b"one", b"two"]


def test_a_client_that_does_not_keep_up_is_reported() -> None:
    site = Site()
    site.duplex.is_slow = True
    assert not site.reconnection.write(b"one")


def test_one_message_may_go_beyond_the_limit_and_the_next_one_too_but_whoever_can_wait_is_told() -> None:
    site = Site()
    assert site.reconnection.write(b"x" * 10)
    assert not site.reconnection.write(b"y")
    assert not site.reconnection.write(b"z")
    assert site.written == b"xxxxxxxxxxyz"


def test_what_is_not_acknowledged_is_repeated_behind_its_number() -> None:
    site = Site()
    for data in (b"one", b"two", b"three"):
        site.reconnection.write(data)
    assert not site.reconnection.receive(AckMessage(1))
    site.duplex.is_suspended = True
    site.reconnection.write(b"four")
    site.duplex.is_suspended = False
    site.duplex.writes.clear()
    site.reconnection.reconnected()
    assert site.written == sequence(2) + b"twothreefour"
    site.duplex.writes.clear()
    site.reconnection.reconnected()
    assert site.written == sequence(2) + b"twothreefour"


def test_much_is_repeated_in_chunks_of_whole_messages() -> None:
    site = Site()
    messages = [bytes([65 + number]) * size for number, size in enumerate((30_000, 30_000, 30_000, 200_000, 10))]
    for data in messages:
        site.reconnection.write(data)
    site.duplex.writes.clear()
    site.reconnection.reconnected()
    assert site.duplex.writes == [sequence(1) + messages[0] + messages[1], messages[2], messages[3], messages[4]]


def test_a_sequence_goes_out_even_when_nothing_is_to_be_repeated() -> None:
    site = Site()
    site.reconnection.reconnected()
    assert site.written == sequence(1)


@pytest.mark.parametrize("message", [PingMessage(), CloseMessage()], ids=["ping", "close"])
def test_what_is_not_counted_is_for_the_hub(message: HubMessage) -> None:
    site = Site()
    assert site.reconnection.receive(message)
    site.reconnection.tick(0)
    assert site.written == b""


def test_what_the_hub_has_had_does_not_come_again() -> None:
    site = Site()
    failure = BindingError("no")
    messages: list[HubMessage] = [
        InvocationMessage("f"),
        StreamBindingFailure("1", failure),
        InvocationBindingFailure("f", None, failure),
        CompletionMessage("s1"),
    ]
    assert [site.reconnection.receive(message) for message in messages] == [True] * 4
    assert not site.reconnection.receive(SequenceMessage(2))
    assert [site.reconnection.receive(message) for message in messages[1:]] == [False] * 3
    assert site.reconnection.receive(messages[0])


def test_a_client_that_leaves_messages_out_is_refused() -> None:
    site = Site()
    with pytest.raises(RemoteProtocolError, match="Sequence ID greater than"):
        site.reconnection.receive(SequenceMessage(2))


def test_a_tick_acknowledges_what_has_come_since_the_last_one() -> None:
    site = Site()
    site.reconnection.tick(0)
    assert site.written == b""
    site.reconnection.receive(InvocationMessage("f"))
    site.reconnection.receive(InvocationMessage("f"))
    site.reconnection.tick(1)
    site.reconnection.tick(2)
    assert site.written == ack(2)


def test_nothing_is_acknowledged_into_the_void() -> None:
    site = Site()
    site.reconnection.receive(InvocationMessage("f"))
    site.duplex.is_suspended = True
    site.reconnection.tick(1)
    site.duplex.is_suspended = False
    site.reconnection.reconnected()
    site.reconnection.tick(2)
    assert site.written == sequence(1) + ack(1)


def test_an_acknowledgement_that_was_lost_is_repeated() -> None:
    site = Site()
    site.reconnection.receive(InvocationMessage("f"))
    site.reconnection.tick(1)
    site.reconnection.reconnected()
    site.reconnection.receive(SequenceMessage(1))
    site.duplex.writes.clear()
    site.reconnection.tick(2)
    assert site.written == ack(1)


def test_far_too_many_bytes_end_the_connection_at_once(caplog: pytest.LogCaptureFixture) -> None:
    site = Site()
    site.duplex.send_limits = SendLimits(20, 100)
    site.reconnection.write(b"x" * 20)
    assert not site.overflows
    assert site.reconnection.write(b"y")
    assert len(site.overflows) == 1
    assert site.written == b"x" * 20
    (message,) = caplog.messages
    assert message == (
        "Connection c1 has not acknowledged 1 messages of 20 bytes and is disconnected; the limits are "
        "HttpConnectionOptions(maximum_send_buffer_messages=100, maximum_send_buffer_size=20)."
    )


def test_many_messages_count_only_while_the_client_is_away() -> None:
    site = Site()
    site.duplex.send_limits = SendLimits(100, 2)
    for _ in range(3):
        site.reconnection.write(b"x")
    assert not site.overflows
    site.duplex.is_suspended = True
    site.reconnection.write(b"x")
    assert len(site.overflows) == 1
