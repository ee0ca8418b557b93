"""A WebSocket of a host that offers it for plain calls, in a test's hands and in memory."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, final

from signalr_py.servers.websocket.frames import FrameEncoder
from signalr_py.transports.direct_socket import EXTENSION
from tests.support.exchanges import WebSocketExchange

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from starlette.types import ASGIApp, Message, Scope

    from signalr_py.transports.direct_socket import DirectReceiver, MessageEncoder

__all__ = ["DirectExchange"]

_FINAL = 0x80
_TEXT = 0x1
_BINARY = 0x2
_LENGTHS = {126: 2, 127: 8}


@final
class DirectExchange(WebSocketExchange):
    """One WebSocket, from the upgrade on; satisfies `DirectWebSocket`.

    What is written to it is found in `sent` as if it were ASGI messages, one for each frame. A socket that is held
    keeps what it is given to itself, and pauses its receiver with the first of it, as an event loop does.

    Attributes:
        writes: What was written, one entry for each call.
        receivers: What has taken the messages: one entry once the application has started it.
        pauses: How often reading was paused.
        resumptions: How often it was resumed.
        is_aborted: Whether the application has dropped the socket.

    Args:
        app: The application.
        scope: Of the WebSocket.
        outlives: Whether the WebSocket stays open when the application returns.
    """

    def __init__(self, app: ASGIApp, scope: Scope, *, outlives: bool = False) -> None:
        self._outlives = outlives
        self.writes: list[bytes] = []
        self.receivers: list[DirectReceiver] = []
        self.pauses = 0
        self.resumptions = 0
        self.is_aborted = False
        self._arrived: list[Message] = []
        self._kept: list[Message] = []
        self._room: int | None = None
        self._is_paused = False
        self._is_reading = True
        self._has_closed = False
        self._has_ended = False
        super().__init__(app, {**scope, "extensions": {**scope["extensions"], EXTENSION: self}})

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await super().__aexit__(kind, error, trace)
        self._end(1006)

    @property
    def is_finished(self) -> bool:
        """Whether the application has returned and the WebSocket has ended."""
        return super().is_finished and self._has_ended

    async def finished(self) -> None:
        """Wait until the application has returned and the WebSocket has ended, and raise what it raised."""
        await self.until(lambda: self.is_finished)
        await self.task

    async def returned(self) -> None:
        """Wait until the application has returned, whatever becomes of the WebSocket."""
        await self.until(self.task.done)
        await self.task

    def deliver(self, message: Message) -> None:
        """Let the client send a message, or leave."""
        self.deliver_together(message)

    def deliver_together(self, *messages: Message) -> None:
        """Let the client send messages that arrive in one read."""
        if not self.has_started and messages[0]["type"] == "websocket.connect":
            super().deliver(messages[0])
        else:
            self._arrived += messages
            self._hand_over()

    def hold(self) -> None:
        """Let the socket take nothing more, as that of a client that does not read, not even an acceptance."""
        super().hold()
        self.fill()

    def fill(self, room: int = 0) -> None:
        """Let the socket of an accepted WebSocket take only some more writes."""
        self._room = room

    def release(self) -> None:
        """Let the client take what waits, and everything later."""
        super().release()
        self.take_up(None)

    def take_up(self, room: int | None) -> None:
        """Let the client take what waits, and then so many writes, or everything."""
        self._room = room
        kept, self._kept = self._kept, []
        if not self._has_ended:
            self.sent += kept
        self._changes.note()
        if self._is_paused:
            self._is_paused = False
            self.held -= 1
            if not self._has_ended:
                self._receiver.writing_resumed()

    def pong(self) -> None:
        """Let the host write something of its own, which may fill the socket."""
        if not self._has_closed and not self._has_ended:
            self._take([])

    def drop(self, code: int) -> None:
        """Let the client leave, whether or not the socket is read."""
        self._end(code)

    @property
    def has_started(self) -> bool:
        """Whether the application takes messages by plain calls."""
        return bool(self.receivers)

    @property
    def write(self) -> Callable[[bytes], None]:
        """What takes frames."""
        return self._write

    def start(self, receiver: DirectReceiver) -> None:
        """Hand every message to a receiver from now on."""
        assert not self.has_started
        assert self.sent[0]["type"] == "websocket.accept"
        self.receivers.append(receiver)
        if self._is_paused:
            receiver.writing_paused()
        self._hand_over()
        self.is_receiving = self._is_reading
        self._changes.note()

    def outlive_request(self) -> bool:
        """Stay open when the application returns, if the test says so."""
        return self._outlives

    def encoder(self, *, binary: bool) -> MessageEncoder:
        """Return what makes the frames of a message."""
        return FrameEncoder(binary=binary)

    def pause_reading(self) -> None:
        """Take nothing more of the client."""
        self.pauses += 1
        self._is_reading = self.is_receiving = False

    def resume_reading(self) -> None:
        """Take what the client sends again."""
        self.resumptions += 1
        self._read_on()

    def close(self, code: int) -> None:
        """Send a close frame, and wait for the client's."""
        if not self._has_closed and not self._has_ended:
            self._has_closed = True
            self._take([{"type": "websocket.close", "code": code, "reason": ""}])
            self._read_on()

    def abort(self) -> None:
        """Drop the socket."""
        self.is_aborted = True
        self._kept.clear()
        asyncio.get_running_loop().call_soon(self._end, 1006)

    async def _call(self) -> None:
        try:
            await super()._call()
        except BaseException:
            self._end(1006)
            raise
        if not self._outlives or not self.has_started:
            self._end(1006)

    @property
    def _receiver(self) -> DirectReceiver:
        return self.receivers[0]

    def _write(self, data: bytes) -> None:
        if not self._has_ended and not self.is_aborted:
            assert data
            assert not self._has_closed, "a frame behind the close frame"
            self.writes.append(data)
            self._take(list(_messages(data)))

    def _take(self, messages: list[Message]) -> None:
        if self._room is None:
            self.sent += messages
        elif self._room:
            self._room -= 1
            self.sent += messages
        else:
            self._kept += messages
            if not self._is_paused:
                self._is_paused = True
                self.held += 1
                if self.has_started:
                    self._receiver.writing_paused()
        self._changes.note()

    def _read_on(self) -> None:
        self._is_reading = self.is_receiving = True
        self._changes.note()
        if self._arrived:
            asyncio.get_running_loop().call_soon(self._hand_over)

    def _hand_over(self) -> None:
        """Give the receiver what one read brings: everything that has arrived."""
        if not self.has_started or not self._is_reading:
            return
        arrived, self._arrived = self._arrived, []
        messages = [message for message in arrived if message["type"] == "websocket.receive"]
        for number, message in enumerate(messages, 1):
            if not self._has_closed and not self._has_ended:
                data = message.get("bytes")
                self._receiver.message_received(
                    message["text"].encode() if data is None else data, is_last=number == len(messages)
                )
        for message in arrived:
            if message["type"] == "websocket.disconnect":
                self._end(message["code"])

    def _end(self, code: int) -> None:
        if not self._has_ended:
            self._has_ended = True
            self._kept.clear()
            if self._is_paused:
                self._is_paused = False
                self.held -= 1
            self.is_receiving = False
            if self.has_started:
                self._receiver.disconnected(code)
            self._changes.note()


def _messages(data: bytes) -> Iterator[Message]:
    """Yield the frames of a write as ASGI messages."""
    while data:
        opcode, size, start = data[0] ^ _FINAL, data[1], 2
        assert opcode in (_TEXT, _BINARY)
        if size in _LENGTHS:
            start += _LENGTHS[size]
            size = int.from_bytes(data[2:start], "big")
        payload, data = data[start : start + size], data[start + size :]
        assert len(payload) == size
        if opcode == _TEXT:
            yield {"type": "websocket.send", "text": payload.decode()}
        else:
            yield {"type": "websocket.send", "bytes": payload}
