"""What an ASGI application receives of a WebSocket: a queue that stops the client while the application is behind."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, Protocol, final

if TYPE_CHECKING:
    from collections.abc import Iterable, MutableMapping

    from signalr_py.transports.direct_socket import DirectReceiver

__all__ = ["AsgiReceiver", "ReadingControl"]

_HIGH_WATER_BYTES: Final = 65_536
_HIGH_WATER_MESSAGES: Final = 32


class ReadingControl(Protocol):
    """What the messages come from."""

    @property
    def binary(self) -> bool:
        """Whether the message that is given is binary."""
        ...

    @property
    def reason(self) -> str:
        """What the close frame of the client said."""
        ...

    def pause_reading(self) -> None:
        """Take nothing more of the client."""
        ...

    def resume_reading(self) -> None:
        """Take what the client sends again."""
        ...


@final
class AsgiReceiver:
    """Keeps what `receive` has not returned yet, and makes `send` wait; satisfies `DirectReceiver`.

    Attributes:
        source: What the messages come from; None until the WebSocket is accepted.
    """

    __slots__ = ("_events", "_is_held", "_is_writable", "_size", "_waiters", "_writers", "source")

    def __init__(self) -> None:
        self.source: ReadingControl | None = None
        self._events: list[MutableMapping[str, Any]] = []
        self._size = 0
        self._is_held = False
        self._is_writable = True
        self._waiters: tuple[asyncio.Future[None], ...] = ()
        self._writers: tuple[asyncio.Future[None], ...] = ()

    def put(self, event: MutableMapping[str, Any]) -> None:
        """Add an event for the application."""
        self._events.append(event)
        waiters, self._waiters = self._waiters, ()
        _wake(waiters)

    async def receive(self) -> MutableMapping[str, Any]:
        """Wait for the next event; behind the disconnect there is nothing but the disconnect."""
        while not self._events:
            waiter = asyncio.get_running_loop().create_future()
            self._waiters += (waiter,)
            try:
                await waiter
            except asyncio.CancelledError:
                self._waiters = _without(self._waiters, waiter)
                raise
        event = self._events[0]
        if event["type"] != "websocket.disconnect":
            del self._events[0]
        self._size -= _size(event)
        if self._is_held and self._size <= _HIGH_WATER_BYTES // 2 and len(self._events) <= _HIGH_WATER_MESSAGES // 2:
            self._is_held = False
            assert self.source is not None
            self.source.resume_reading()
        return event

    async def writable(self) -> None:
        """Wait until the client takes what was written, or has gone."""
        while not self._is_writable:
            writable = asyncio.get_running_loop().create_future()
            self._writers += (writable,)
            try:
                await writable
            except asyncio.CancelledError:
                self._writers = _without(self._writers, writable)
                raise

    def hand_over(self, receiver: DirectReceiver) -> None:
        """Tell another receiver what the application has not been told, and let the client go on."""
        events, self._events = self._events, []
        self._size = 0
        if self._is_held:
            self._is_held = False
            assert self.source is not None
            self.source.resume_reading()
        if not self._is_writable:
            receiver.writing_paused()
            self.writing_resumed()
        messages = [data for event in events if (data := _data(event)) is not None]
        for number, message in enumerate(messages, 1):
            receiver.message_received(message, is_last=number == len(messages))
        for event in events:
            if event["type"] == "websocket.disconnect":
                receiver.disconnected(event["code"])

    def message_received(self, data: bytes, *, is_last: bool) -> None:
        """Keep a message."""
        assert self.source is not None
        if self.source.binary:
            self.put({"type": "websocket.receive", "bytes": data})
        else:
            self.put({"type": "websocket.receive", "text": data.decode()})
        self._size += len(data)
        if not self._is_held and (self._size > _HIGH_WATER_BYTES or len(self._events) > _HIGH_WATER_MESSAGES):
            self._is_held = True
            self.source.pause_reading()

    def writing_paused(self) -> None:
        """Make `send` wait."""
        self._is_writable = False

    def writing_resumed(self) -> None:
        """Let `send` go on."""
        self._is_writable = True
        writers, self._writers = self._writers, ()
        _wake(writers)

    def disconnected(self, code: int) -> None:
        """Keep the end for the application."""
        reason = "" if self.source is None else self.source.reason
        self.put({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.writing_resumed()


def _wake(waiters: Iterable[asyncio.Future[None]]) -> None:
    for waiter in waiters:
        if not waiter.done():
            waiter.set_result(None)


def _without(waiters: tuple[asyncio.Future[None], ...], gone: asyncio.Future[None]) -> tuple[asyncio.Future[None], ...]:
    return tuple(waiter for waiter in waiters if waiter is not gone)


def _data(event: MutableMapping[str, Any]) -> bytes | None:
    if event["type"] != "websocket.receive":
        return None
    data: bytes | None = event.get("bytes")
    return str(event["text"]).encode() if data is None else data


def _size(event: MutableMapping[str, Any]) -> int:
    data = _data(event)
    return 0 if data is None else len(data)
