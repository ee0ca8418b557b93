from __future__ import annotations

import asyncio
from typing import Any

import pytest

from signalr_py.exceptions import SerializationError
from signalr_py.hub.lifetime import LocalLifetimeManager
from signalr_py.hub.targets import All, Connections, Groups, Target, Users
from signalr_py.options import JsonPayload
from signalr_py.protocol.json import JsonHubProtocol
from signalr_py.protocol.messages import InvocationMessage
from signalr_py.protocol.serialized import SerializedHubMessage
from tests.support.receivers import JSON, MESSAGEPACK, InMemoryReceiver
from tests.support.tasks import settle


class Unwritable:
    pass


def call(*arguments: Any) -> SerializedHubMessage:
    return SerializedHubMessage(InvocationMessage("Hello", arguments))


def manager(*receivers: InMemoryReceiver) -> LocalLifetimeManager:
    lifetime = LocalLifetimeManager()
    for receiver in receivers:
        lifetime.connected(receiver)
    return lifetime


async def test_a_message_is_encoded_once_per_protocol() -> None:
    receivers = [InMemoryReceiver(str(n), MESSAGEPACK if n % 2 else JSON) for n in range(6)]
    message = call(1)
    await manager(*receivers).send(All(), message)
    json, messagepack = receivers[0].received[0], receivers[1].received[0]
    assert [len(receiver.received) for receiver in receivers] == [1] * 6
    assert all(receiver.received[0] is (messagepack if n % 2 else json) for n, receiver in enumerate(receivers))
    assert message.encodings.keys() == {"json", "messagepack"}


async def test_only_protocols_in_use_are_encoded() -> None:
    gone = InMemoryReceiver("gone", MESSAGEPACK)
    lifetime = manager(InMemoryReceiver("a"), gone)
    lifetime.disconnected(gone)
    message = call(1)
    await lifetime.send(All(), message)
    assert message.encodings.keys() == {"json"}


@pytest.mark.parametrize(
    "target", [All(), All(("b",)), Groups(("g",)), Users(("ann",)), Connections(("a", "b")), Connections(("a",))]
)
async def test_a_message_that_cannot_be_written_reaches_nobody(target: Target) -> None:
    receivers = [InMemoryReceiver("a", JSON, "ann"), InMemoryReceiver("b", MESSAGEPACK, "ann")]
    lifetime = manager(*receivers)
    for receiver in receivers:
        await lifetime.join(receiver.connection_id, "g")
    with pytest.raises(SerializationError, match="Unwritable"):
        await lifetime.send(target, call(Unwritable()))
    assert [receiver.received for receiver in receivers] == [[], []]


async def test_a_message_that_one_protocol_cannot_write_reaches_nobody() -> None:
    class OnlyJson:
        pass

    class Picky(JsonHubProtocol):
        name = "messagepack"  # type: ignore[misc]

        def encode(self, message: Any) -> bytes:
            raise SerializationError("not in this one")

    one, other = InMemoryReceiver("a"), InMemoryReceiver("b", Picky(JsonPayload()))
    with pytest.raises(SerializationError):
        await manager(one, other).send(All(), call(1))
    assert one.received == other.received == []


async def test_a_single_send_waits_for_a_slow_client() -> None:
    slow = InMemoryReceiver("a")
    slow.keeps_up = False
    sending = asyncio.ensure_future(manager(slow).send(Connections(("a",)), call(1)))
    await settle()
    assert len(slow.received) == 1
    assert not sending.done()
    slow.drained.set()
    await sending


@pytest.mark.parametrize("target", [All(), Groups(("g",)), Users(("ann",)), Connections(("a", "b"))])
async def test_a_broadcast_never_waits(target: Target) -> None:
    slow, other = InMemoryReceiver("a", user_id="ann"), InMemoryReceiver("b", user_id="ann")
    slow.keeps_up = other.keeps_up = False
    lifetime = manager(slow, other)
    await lifetime.join("a", "g")
    await lifetime.join("b", "g")
    await lifetime.send(target, call(1))
    assert len(slow.received) == len(other.received) == 1
    assert slow.drains == other.drains == 0


@pytest.mark.parametrize(
    "target", [All(), All(("a",)), Connections(("a",)), Connections(("a", "b")), Groups(("g",)), Users(("u",))]
)
async def test_sending_to_nobody_is_no_error(target: Target) -> None:
    await LocalLifetimeManager().send(target, call(1))


async def test_joining_and_leaving_groups() -> None:
    receiver = InMemoryReceiver("a")
    lifetime = manager(receiver)
    await lifetime.join("a", "g")
    await lifetime.join("unknown", "g")
    await lifetime.send(Groups(("g", "g")), call(1))
    assert len(receiver.received) == 2
    await lifetime.leave("a", "g")
    await lifetime.leave("unknown", "g")
    await lifetime.send(Groups(("g",)), call(1))
    assert len(receiver.received) == 2


async def test_a_connection_is_forgotten_with_its_groups() -> None:
    receiver = InMemoryReceiver("a", user_id="ann")
    lifetime = manager(receiver)
    await lifetime.join("a", "g")
    lifetime.disconnected(receiver)
    lifetime.disconnected(receiver)
    for target in (All(), Groups(("g",)), Users(("ann",)), Connections(("a",))):
        await lifetime.send(target, call(1))
    assert receiver.received == []
    assert lifetime.registry.group_count == len(lifetime.registry) == 0


async def test_messages_of_one_sender_keep_their_order() -> None:
    receiver = InMemoryReceiver("a")
    lifetime = manager(receiver)
    await lifetime.join("a", "g")
    for number in range(10):
        await lifetime.send((All(), Groups(("g",)), Connections(("a",)))[number % 3], call(number))
    assert [data.split(b'"arguments":')[1] for data in receiver.received] == [
        f"[{n}]}}\x1e".encode() for n in range(10)
    ]
