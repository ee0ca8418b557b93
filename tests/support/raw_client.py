"""A SignalR client of few lines that speaks JSON over every transport and shows what is on the wire."""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from tests.support.raw_channels import LongPollingChannel, ServerSentEventsChannel, WebSocketChannel, http_client

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncIterator, Callable, Mapping

    import httpx

    from tests.support.raw_channels import Channel

__all__ = [
    "PATIENCE",
    "RS",
    "TRANSPORTS",
    "ConnectionEndedError",
    "InvocationError",
    "Message",
    "Negotiated",
    "RawClient",
    "connect",
    "negotiate",
]

Message: TypeAlias = dict[str, Any]

RS: Final = "\x1e"
PATIENCE: Final = 15.0
"""Seconds after which something that must happen counts as missing."""

TRANSPORTS: Final = ("WebSockets", "ServerSentEvents", "LongPolling")

_PING: Final = 6
_CLOSE: Final = 7


class InvocationError(Exception):
    """A call was answered with an error, which is the message."""


class ConnectionEndedError(Exception):
    """The connection ended before what was waited for arrived."""


@dataclass(frozen=True)
class Negotiated:
    """What `negotiate` answered."""

    connection_id: str
    connection_token: str
    transports: tuple[str, ...]


async def negotiate(http: httpx.AsyncClient, url: str, query: Mapping[str, str] | None = None) -> Negotiated:
    """Negotiate version 1 and return the answer."""
    response = await http.post(f"{url}/negotiate", params={"negotiateVersion": "1", **(query or {})})
    response.raise_for_status()
    answer = response.json()
    return Negotiated(
        answer["connectionId"],
        answer["connectionToken"],
        tuple(entry["transport"] for entry in answer["availableTransports"]),
    )


class RawClient:
    """One connection.

    Attributes:
        connection_id: The public id; empty when negotiation was skipped.
        channel: What carries the connection.
        received: Every message so far, in order, pings included.
    """

    def __init__(self, channel: Channel, connection_id: str) -> None:
        self.channel = channel
        self.connection_id = connection_id
        self.received: list[Message] = []
        self._unread: list[Message] = []
        self._calls = 0
        self._arrived = asyncio.Event()
        self._reader = asyncio.get_running_loop().create_task(self._read())

    async def send(self, *messages: Message | str) -> None:
        """Send messages in one chunk; a string goes as it is."""
        chunk = "".join(m if isinstance(m, str) else json.dumps(m, separators=(",", ":")) + RS for m in messages)
        await self.channel.send(chunk)

    async def shake_hands(self, protocol: str = "json", version: int = 1) -> Message:
        """Send a handshake and return its answer."""
        await self.send({"protocol": protocol, "version": version})
        return await self.take(lambda message: "type" not in message)

    async def start(self, target: str, *arguments: Any) -> str:
        """Call a method without waiting for its answer, and return the id of the call."""
        self._calls += 1
        call_id = str(self._calls)
        await self.send({"target": target, "arguments": list(arguments), "invocationId": call_id, "type": 1})
        return call_id

    async def result(self, call_id: str) -> Any:
        """Wait for the answer to a call.

        Raises:
            InvocationError: It is an error.
        """
        answer = await self.take(lambda message: message.get("type") == 3 and message["invocationId"] == call_id)
        if "error" in answer:
            raise InvocationError(answer["error"])
        return answer["result"]

    async def invoke(self, target: str, *arguments: Any) -> Any:
        """Call a method and return its result.

        Raises:
            InvocationError: The answer is an error.
        """
        return await self.result(await self.start(target, *arguments))

    async def expect(self, target: str) -> list[Any]:
        """Wait for the server to call a method, and return the arguments."""
        call = await self.take(lambda message: message.get("type") == 1 and message["target"] == target)
        arguments: list[Any] = call["arguments"]
        return arguments

    async def expect_close(self) -> Message:
        """Wait for a Close message."""
        return await self.take(lambda message: message.get("type") == _CLOSE)

    async def take(self, is_wanted: Callable[[Message], bool]) -> Message:
        """Wait for the first message, not taken before, that is wanted.

        Raises:
            ConnectionEndedError: The connection ended without one.
        """
        async with asyncio.timeout(PATIENCE):
            while True:
                for number, message in enumerate(self._unread):
                    if is_wanted(message):
                        return self._unread.pop(number)
                if self._reader.done():
                    self._reader.result()
                    raise ConnectionEndedError(f"{self.channel.ending}; last messages: {self.received[-3:]}")
                self._arrived.clear()
                await self._arrived.wait()

    async def wait_ended(self) -> str:
        """Wait until the server has ended the transport, and return how it did."""
        async with asyncio.timeout(PATIENCE):
            await asyncio.wait([self._reader])
        self._reader.result()
        return self.channel.ending

    @property
    def has_ended(self) -> bool:
        """Whether the transport has ended."""
        return self._reader.done()

    async def stop_reading(self) -> None:
        """Stop taking what the server sends, and keep the transport open."""
        self._reader.cancel()
        await asyncio.wait([self._reader])

    async def aclose(self) -> None:
        """Leave without a Close message, as a client that is stopped may."""
        self._reader.cancel()
        await asyncio.wait([self._reader])
        await self.channel.aclose()

    async def _read(self) -> None:
        try:
            while (chunk := await self.channel.receive()) is not None:
                assert chunk.endswith(RS), f"a chunk holds a part of a message: {chunk[-80:]!r}"
                for text in chunk.split(RS)[:-1]:
                    message: Message = json.loads(text)
                    self.received.append(message)
                    if message.get("type") != _PING:
                        self._unread.append(message)
                self._arrived.set()
        finally:
            self._arrived.set()


@contextlib.asynccontextmanager
async def connect(
    url: str,
    transport: str = "WebSockets",
    *,
    handshake: bool = True,
    skip_negotiation: bool = False,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    sock: socket.socket | None = None,
) -> AsyncIterator[RawClient]:
    """Open a connection for as long as the block lasts.

    Args:
        url: Address of the hub.
        transport: One of `TRANSPORTS`.
        handshake: Whether to finish the handshake.
        skip_negotiation: Whether to open a WebSocket without negotiating.
        headers: Headers of every request.
        query: Query values of every request.
        sock: A connected socket for a WebSocket.
    """
    async with http_client(headers) as http:
        if skip_negotiation:
            negotiated = Negotiated("", "", ("WebSockets",))
            parameters = dict(query or {})
        else:
            negotiated = await negotiate(http, url, query)
            parameters = {**(query or {}), "id": negotiated.connection_token}
        assert transport in negotiated.transports
        channel = await _open(transport, http, url, parameters, headers or {}, sock)
        client = RawClient(channel, negotiated.connection_id)
        try:
            if handshake:
                answer = await client.shake_hands()
                assert answer == {}, answer
            yield client
        finally:
            await client.aclose()


async def _open(
    transport: str,
    http: httpx.AsyncClient,
    url: str,
    parameters: Mapping[str, str],
    headers: Mapping[str, str],
    sock: socket.socket | None,
) -> Channel:
    if transport == "WebSockets":
        return await WebSocketChannel.open(url, parameters, headers, sock)
    if transport == "ServerSentEvents":
        return await ServerSentEventsChannel.open(http, url, parameters)
    return await LongPollingChannel.open(http, url, parameters)
