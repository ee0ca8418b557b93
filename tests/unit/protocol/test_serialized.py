from __future__ import annotations

import pytest

from signalr_py.exceptions import LocalProtocolError, SerializationError
from signalr_py.protocol.json import JsonHubProtocol
from signalr_py.protocol.messagepack import MessagePackHubProtocol
from signalr_py.protocol.messages import HubMessage, InvocationMessage
from signalr_py.protocol.serialized import SerializedHubMessage
from signalr_py.types import Delivery


class CountingProtocol(JsonHubProtocol):
    def __init__(self) -> None:
        super().__init__()
        self.encoded = 0

    def encode(self, message: HubMessage) -> bytes:
        self.encoded += 1
        return super().encode(message)


MESSAGE = InvocationMessage("Receive", ("hi",))


def test_a_message_is_encoded_once_for_each_protocol() -> None:
    json, messagepack = CountingProtocol(), MessagePackHubProtocol()
    serialized = SerializedHubMessage(MESSAGE)
    assert serialized.encodings == {}
    assert serialized.encoded(json) is serialized.encoded(json)
    assert json.encoded == 1
    assert serialized.encoded(messagepack) == messagepack.encode(MESSAGE)
    assert serialized.encodings == {"json": json.encode(MESSAGE), "messagepack": messagepack.encode(MESSAGE)}
    assert serialized.message == MESSAGE


def test_bytes_that_are_ready_are_not_made_again() -> None:
    json = CountingProtocol()
    serialized = SerializedHubMessage.from_encodings({"json": b"ready"})
    assert serialized.encoded(json) == b"ready"
    assert json.encoded == 0
    assert serialized.message is None


def test_bytes_that_are_missing_are_an_error_that_says_what_to_do() -> None:
    serialized = SerializedHubMessage.from_encodings({"json": b"ready"})
    with pytest.raises(LocalProtocolError, match=r"\['json'\] and not for 'messagepack'.*supported_protocols"):
        serialized.encoded(MessagePackHubProtocol())


def test_a_message_that_cannot_be_written_keeps_nothing() -> None:
    serialized = SerializedHubMessage(InvocationMessage("Receive", (object(),)))
    for _ in range(2):
        with pytest.raises(SerializationError):
            serialized.encoded(JsonHubProtocol())
    assert serialized.encodings == {}


def test_a_message_carries_its_delivery() -> None:
    delivery = Delivery("drop_new")
    assert SerializedHubMessage(MESSAGE).delivery is None
    assert SerializedHubMessage(MESSAGE, delivery).delivery is delivery
    assert SerializedHubMessage.from_encodings({}).delivery is None
    assert SerializedHubMessage.from_encodings({}, delivery).delivery is delivery
