"""A client that talks JSON or MessagePack to a hub connection in memory, with codecs of its own."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, TypeAlias, final

import msgpack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from signalr_py.hub.connection import HubConnection
    from tests.support.duplex import InMemoryDuplex

__all__ = ["PATIENCE", "RS", "HubClient", "Message", "ProtocolName", "codec"]

Message: TypeAlias = dict[str, Any]
ProtocolName: TypeAlias = Literal["json", "messagepack"]

RS: Final = b"\x1e"
PATIENCE: Final = 10.0
"""Seconds after which something that must happen counts as missing."""


class Codec(Protocol):
    """Turns messages, spelled as in JSON, into bytes and back."""

    def encode(self, message: Message) -> bytes:
        """Return the framed bytes of a message."""
        ...

    def decode(self, data: bytes) -> list[Message]:
        """Return the messages in a write, which must all be whole."""
        ...


class _Json:
    def encode(self, message: Message) -> bytes:
        return json.dumps(message).encode() + RS

    def decode(self, data: bytes) -> list[Message]:
        *texts, rest = data.split(RS)
        assert rest == b"", "a write ends inside a message"
        return [json.loads(text) for text in texts]


class _MessagePack:
    _MEMBERS: Final = {
        1: ("headers", "invocationId", "target", "arguments", "streamIds"),
        2: ("headers", "invocationId", "item"),
        4: ("headers", "invocationId", "target", "arguments", "streamIds"),
        5: ("headers", "invocationId"),
        6: (),
        7: ("error", "allowReconnect"),
        8: ("sequenceId",),
        9: ("sequenceId",),
    }
    _EMPTY: Final[Message] = {"headers": {}, "streamIds": [], "allowReconnect": False}

    def encode(self, message: Message) -> bytes:
        kind = message["type"]
        if kind == 3:
            ending = [1, message["error"]] if "error" in message else [2]
            ending = [3, message["result"]] if "result" in message else ending
            return self.frame([kind, {}, message["invocationId"], *ending])
        return self.frame([kind, *(message.get(name, self._EMPTY.get(name)) for name in self._MEMBERS.get(kind, ()))])

    def frame(self, items: list[Any]) -> bytes:
        body: bytes = msgpack.packb(items)
        length, prefix = len(body), b""
        while length >= 0x80:
            prefix += bytes((length & 0x7F | 0x80,))
            length >>= 7
        return prefix + bytes((length,)) + body

    def decode(self, data: bytes) -> list[Message]:
        messages = []
        while data:
            length = shift = 0
            while True:
                byte, data = data[0], data[1:]
                length |= (byte & 0x7F) << shift
                shift += 7
                if byte < 0x80:
                    break
            assert length <= len(data), "a write ends inside a message"
            messages.append(self._message(msgpack.unpackb(data[:length], timestamp=3)))
            data = data[length:]
        return messages

    def _message(self, items: list[Any]) -> Message:
        kind, *values = items
        if kind == 3:
            _, call, ending, *value = values
            named = {1: "error", 3: "result"}
            return {"type": 3, "invocationId": call, **({named[ending]: value[0]} if ending in named else {})}
        members = dict(zip(self._MEMBERS[kind], values, strict=True))
        return {"type": kind, **{n: v for n, v in members.items() if v is not None and v != self._EMPTY.get(n)}}


def codec(protocol: str) -> Codec:
    """Return the codec of a hub protocol."""
    return _Json() if protocol == "json" else _MessagePack()


@final
class HubClient:
    """One client of a hub.

    Attributes:
        duplex: What carries the connection.
        connection: The hub's side of it.
        protocol: Name of the hub protocol.
    """

    def __init__(self, duplex: InMemoryDuplex, connection: HubConnection, protocol: ProtocolName = "json") -> None:
        self.duplex = duplex
        self.connection = connection
        self.protocol = protocol
        self._codec = codec(protocol)
        self._received: list[Message] = []
        self._decoded_writes = 1
        self._taken: set[int] = set()
        self._calls = 0
        duplex.connect(connection)

    @property
    def connection_id(self) -> str:
        """The public id."""
        return self.duplex.connection_id

    @property
    def handshake_answer(self) -> Message | None:
        """What the handshake was answered with, if it was."""
        return json.loads(self.duplex.writes[0].removesuffix(RS)) if self.duplex.writes else None

    @property
    def received(self) -> list[Message]:
        """Every message behind the handshake's answer."""
        for data in self.duplex.writes[self._decoded_writes :]:
            self._received += self._codec.decode(data)
            self._decoded_writes += 1
        return self._received

    @property
    def closing(self) -> Message | None:
        """The Close message, if it has come; nothing may follow it."""
        kinds = [message["type"] for message in self.received]
        assert 7 not in kinds[:-1]
        return self.received[-1] if kinds[-1:] == [7] else None

    def calls(self, target: str) -> list[list[Any]]:
        """Return the arguments of every call that the server made of a method."""
        return [m["arguments"] for m in self.received if m["type"] == 1 and m["target"] == target]

    def encode(self, *messages: Message) -> bytes:
        """Return the bytes of messages."""
        return b"".join(map(self._codec.encode, messages))

    def send_bytes(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.duplex.receive(data)

    def send(self, *messages: Message) -> None:
        """Send messages in one chunk."""
        self.send_bytes(self.encode(*messages))

    def request_handshake(self, *, version: int = 1, behind: bytes = b"") -> None:
        """Send a handshake, with bytes behind it in the same chunk."""
        self.send_bytes(json.dumps({"protocol": self.protocol, "version": version}).encode() + RS + behind)

    def invocation(self, target: str, *arguments: Any) -> tuple[str, Message]:
        """Return the id of a new call, and its message."""
        self._calls += 1
        call = str(self._calls)
        return call, {"type": 1, "invocationId": call, "target": target, "arguments": list(arguments)}

    def start(self, target: str, *arguments: Any) -> str:
        """Call a method without waiting for the answer, and return the id of the call."""
        call, message = self.invocation(target, *arguments)
        self.send(message)
        return call

    async def answer(self, call: str) -> Message:
        """Wait for the end of a call."""
        return await self.take(lambda m: m["type"] == 3 and m["invocationId"] == call)

    async def invoke(self, target: str, *arguments: Any) -> Any:
        """Call a method and return its result."""
        answer = await self.answer(self.start(target, *arguments))
        assert "error" not in answer, answer
        return answer["result"]

    async def error(self, target: str, *arguments: Any) -> str:
        """Call a method that fails, and return the text of the error."""
        answer = await self.answer(self.start(target, *arguments))
        assert answer.keys() == {"type", "invocationId", "error"}, answer
        return str(answer["error"])

    async def expect(self, target: str) -> list[Any]:
        """Wait for the next call of a method by the server, and return its arguments."""
        message = await self.take(lambda m: m["type"] == 1 and m["target"] == target)
        arguments: list[Any] = message["arguments"]
        return arguments

    async def take(self, is_wanted: Callable[[Message], bool]) -> Message:
        """Wait for the first message, not taken before, that is wanted."""

        def find() -> Iterable[tuple[int, Message]]:
            return ((n, m) for n, m in enumerate(self.received) if n not in self._taken and is_wanted(m))

        await self.until(lambda: any(True for _ in find()))
        number, message = next(iter(find()))
        self._taken.add(number)
        return message

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something is true of the duplex.

        Raises:
            TimeoutError: It is not, whatever happens.
        """
        try:
            async with asyncio.timeout(PATIENCE):
                while not holds():
                    self.duplex.changed.clear()
                    await self.duplex.changed.wait()
        except TimeoutError:
            raise TimeoutError(f"missing; last messages: {self.received[-3:]}") from None

    async def ended(self) -> Message | None:
        """Wait until the hub has closed the connection, and return its Close message."""
        await self.until(lambda: bool(self.duplex.closes))
        return self.closing

    def leave(self) -> None:
        """Leave as a client does that ends its transport."""
        self.connection.end_of_input()
