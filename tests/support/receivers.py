"""Connections in memory, as the lifetime manager sees them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, final

from signalr_py.options import JsonPayload, MessagePackPayload
from signalr_py.protocol.json import JsonHubProtocol
from signalr_py.protocol.messagepack import MessagePackHubProtocol
from signalr_py.protocol.messages import CompletionMessage
from tests.support.hub_client import codec

if TYPE_CHECKING:
    from collections.abc import Callable

    from signalr_py.hub.client_results import ClientResults
    from signalr_py.protocol.base import ArgumentsDecoder, HubProtocol, ValueDecoder
    from signalr_py.protocol.serialized import SerializedHubMessage
    from tests.support.hub_client import Message

__all__ = ["JSON", "MESSAGEPACK", "AnsweringClient", "InMemoryReceiver"]

JSON: Final = JsonHubProtocol(JsonPayload())
MESSAGEPACK: Final = MessagePackHubProtocol(MessagePackPayload())


class InMemoryReceiver:
    """A connection that keeps what is written to it.

    Attributes:
        received: Every write.
        keeps_up: What a write returns.
        drains: How often somebody waited for the client.
        drained: Ends these waits.
        on_write: Called after each write.
    """

    def __init__(self, connection_id: str, protocol: HubProtocol = JSON, user_id: str | None = None) -> None:
        self.connection_id = connection_id
        self.user_id = user_id
        self.protocol = protocol
        self.is_open = True
        self.received: list[bytes] = []
        self.keeps_up = True
        self.drains = 0
        self.drained = asyncio.Event()
        self.on_write: Callable[[], None] | None = None

    @property
    def protocol_name(self) -> str:
        """The name of its hub protocol."""
        return self.protocol.name

    @property
    def messages(self) -> list[Message]:
        """What is written to it, as messages."""
        return [message for data in self.received for message in codec(self.protocol_name).decode(data)]

    def prepare(self, message: SerializedHubMessage) -> None:
        """Encode a message."""
        message.encoded(self.protocol)

    def write(self, message: SerializedHubMessage) -> bool:
        """Keep a message."""
        self.received.append(message.encoded(self.protocol))
        if self.on_write is not None:
            self.on_write()
        return self.keeps_up

    async def drain(self) -> None:
        """Wait until the test says that the client has caught up."""
        self.drains += 1
        await self.drained.wait()


@final
class AnsweringClient:
    """The client at the other end of a receiver: answers calls, in bytes.

    Attributes:
        receiver: Its connection.
        parsed: Ids of the calls whose answers were read.
    """

    def __init__(self, receiver: InMemoryReceiver, results: ClientResults) -> None:
        self.receiver = receiver
        self.parsed: list[str] = []
        self._results = results

    def answer(self, invocation_id: str, **ending: Any) -> None:
        """Send a completion with a `result`, an `error`, or none of them."""
        protocol = self.receiver.protocol
        if ending or protocol is JSON:
            data = codec(protocol.name).encode({"type": 3, "invocationId": invocation_id, **ending})
        else:
            data = protocol.encode(CompletionMessage(invocation_id))
        reader = protocol.frame_reader(None)
        reader.feed(data)
        frame = reader.next_frame()
        assert frame is not None
        completion = protocol.decode(frame, self)
        assert isinstance(completion, CompletionMessage)
        self._results.complete(self.receiver.connection_id, completion)

    def arguments_decoder(self, target: str) -> ArgumentsDecoder:
        """Fail: the client makes no calls."""
        raise AssertionError(target)

    def item_decoder(self, stream_id: str) -> ValueDecoder | None:
        """Fail: the client uploads nothing."""
        raise AssertionError(stream_id)

    def result_decoder(self, invocation_id: str) -> ValueDecoder | None:
        """Return what reads an answer, and note that it was asked for."""
        decoder = self._results.result_decoder(invocation_id, self.receiver.protocol)
        if decoder is not None:
            self.parsed.append(invocation_id)
        return decoder
