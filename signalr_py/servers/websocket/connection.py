"""One accepted WebSocket: frames become messages, close frames are answered, and nothing of it waits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol, final

from picows import WSFrame, WSMsgType, WSTransport

from signalr_py.servers.websocket.closing import NO_CODE, read_close
from signalr_py.servers.websocket.frames import control_frame
from signalr_py.servers.websocket.messages import MessageAssembler, WebSocketError
from signalr_py.servers.websocket.picows_protocol import FrameListener

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from signalr_py.transports.direct_socket import DirectReceiver

__all__ = ["WebSocketConnection", "WebSocketHost"]

_TEXT: Final = WSMsgType.TEXT
_BINARY: Final = WSMsgType.BINARY
_PING: Final = 0x9
_PONG: Final = 0xA
_CLOSE: Final = 0x8
_PROTOCOL_ERROR: Final = 1002
_ABNORMAL: Final = 1006
_CLOSING_TIME: Final = 10.0
_REASON_SIZE: Final = 123


class WebSocketHost(Protocol):
    """What has accepted the WebSocket."""

    def ponged(self, data: bytes) -> None:
        """Learn that the client has answered a ping."""
        ...

    def lost(self) -> None:
        """Learn that the socket is gone; comes once."""
        ...


@final
class WebSocketConnection(FrameListener):
    """Takes the frames that picows reads, and lets go of its host and its receiver at the end.

    Args:
        transport: The socket.
        host: What has accepted it.
        receiver: What gets the messages first.
        assembler: Joins and checks what is not a whole plain message.
        loop: The event loop of the socket.
    """

    __slots__ = (
        "_assembler",
        "_closing",
        "_has_closed",
        "_has_ended",
        "_host",
        "_late_pong",
        "_loop",
        "_receiver",
        "_transport",
        "binary",
        "reason",
        "write",
    )

    def __init__(
        self,
        transport: asyncio.Transport,
        host: WebSocketHost,
        receiver: DirectReceiver,
        assembler: MessageAssembler,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self.write: Callable[[bytes], None] = transport.write
        self.binary: bool = False
        """Whether the message that the receiver is given is binary."""
        self.reason: str = ""
        """What the close frame of the client said."""
        self._transport = transport
        self._host: WebSocketHost | None = host
        self._receiver: DirectReceiver = receiver
        self._assembler = assembler
        self._loop = loop
        self._late_pong: bytes | None = None
        self._closing: asyncio.TimerHandle | None = None
        self._has_closed = False
        self._has_ended = False

    @property
    def has_ended(self) -> bool:
        """Whether the client cannot be reached any more."""
        return self._has_ended

    @property
    def has_closed(self) -> bool:
        """Whether a close frame was sent."""
        return self._has_closed

    def start(self, receiver: DirectReceiver) -> None:
        """Hand every message to another receiver from now on; see `DirectWebSocket.start`."""
        if not self._has_ended:
            self._receiver = receiver

    def pause_reading(self) -> None:
        """Take nothing more of the client."""
        if not self._transport.is_closing():
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Take what the client sends again."""
        if not self._transport.is_closing():
            self._transport.resume_reading()

    def close(self, code: int, reason: str = "") -> None:
        """Send a close frame, unless one was sent, and wait for the client's."""
        if not self._has_closed and not self._transport.is_closing():
            self._has_closed = True
            payload = b"" if code == NO_CODE else code.to_bytes(2, "big") + _shortened(reason)
            self.write(control_frame(_CLOSE, payload))
            self.resume_reading()

    def ping(self, data: bytes) -> None:
        """Send a ping."""
        if not self._has_closed and not self._transport.is_closing():
            self.write(control_frame(_PING, data))

    def abort(self) -> None:
        """Drop the socket."""
        self._transport.abort()

    def end(self, code: int, reason: str = "") -> None:
        """Send a close frame, wait for nothing, and tell the receiver."""
        self.close(code, reason)
        self._end(code)
        self._transport.close()
        if self._closing is None:
            self._closing = self._loop.call_later(_CLOSING_TIME, self._transport.abort)

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Have nothing to do."""

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Take a frame of the client."""
        kind = frame.msg_type
        data = frame.get_payload_as_bytes()
        assembler = self._assembler
        if (
            (kind is _TEXT or kind is _BINARY)
            and frame.fin
            and not frame.rsv1
            and not frame.rsv2
            and not frame.rsv3
            and not assembler.in_progress
            and (kind is _BINARY or data.isascii())
        ):
            self.binary = kind is _BINARY
            if not self._has_closed and not self._has_ended:
                self._receiver.message_received(data, is_last=frame.last_in_buffer)
        elif not self._has_ended:
            try:
                self._take(frame, data)
            except WebSocketError as error:
                self.end(error.code, error.reason)

    def on_fault(self, code: int, reason: str) -> None:
        """Learn that the frames cannot be read on; the last message before the fault may still come."""
        self.pause_reading()
        self._loop.call_soon(self._fail, code, reason)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Learn that the socket is gone."""
        self._end(_ABNORMAL)
        if self._closing is not None:
            self._closing.cancel()
        host, self._host = self._host, None
        assert host is not None
        host.lost()

    def pause_writing(self) -> None:
        """Learn that the client does not take what is written."""
        self._late_pong = b""
        self._receiver.writing_paused()

    def resume_writing(self) -> None:
        """Learn that the client has taken it."""
        pong, self._late_pong = self._late_pong, None
        if pong:
            self._pong(pong)
        self._receiver.writing_resumed()

    def _take(self, frame: WSFrame, data: bytes) -> None:
        """Take a frame that is not simply a whole message."""
        kind = frame.msg_type.value
        if kind < _CLOSE:
            message = self._assembler.take(
                opcode=kind,
                fin=bool(frame.fin),
                rsv1=bool(frame.rsv1),
                rsv2=bool(frame.rsv2),
                rsv3=bool(frame.rsv3),
                data=data,
            )
            if message is not None and not self._has_closed:
                self.binary = self._assembler.binary
                self._receiver.message_received(message, is_last=frame.last_in_buffer)
            return
        if frame.rsv1 or frame.rsv2 or frame.rsv3:
            raise WebSocketError(_PROTOCOL_ERROR, "A control frame has a reserved bit.")
        if kind == _PING:
            self._pong(control_frame(_PONG, data))
        elif kind == _PONG:
            assert self._host is not None
            self._host.ponged(data)
        else:
            code, self.reason = read_close(data)
            self.end(code)

    def _pong(self, pong: bytes) -> None:
        """Answer a ping; while the client does not read, only the last one is kept to be answered."""
        if self._late_pong is not None:
            self._late_pong = pong
        elif not self._has_closed:
            self.write(pong)

    def _fail(self, code: int, reason: str) -> None:
        if not self._has_ended:
            self.end(code, reason)

    def _end(self, code: int) -> None:
        if not self._has_ended:
            self._has_ended = True
            receiver, self._receiver = self._receiver, _NOBODY
            receiver.disconnected(code)


@final
class _Nobody:
    """Stands in for the receiver once it knows of the end."""

    __slots__ = ()

    def message_received(self, data: bytes, *, is_last: bool) -> None:
        """Have nothing to do, as everywhere here."""

    def writing_paused(self) -> None:
        """Have nothing to do."""

    def writing_resumed(self) -> None:
        """Have nothing to do."""

    def disconnected(self, code: int) -> None:
        """Have nothing to do."""


_NOBODY: Final = _Nobody()


def _shortened(reason: str) -> bytes:
    """Return as much of a reason as fits into a close frame."""
    return reason.encode()[:_REASON_SIZE].decode(errors="ignore").encode()
