"""picows on a socket that another protocol has accepted: the one place that uses what it does not make public.

picows is made to listen by itself: its protocol class reads the client's request and answers it. Here the request has
been read and answered by others, so it is given a request of ours, and an answer that is ready.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from abc import ABC, abstractmethod
from http import HTTPStatus
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final, cast

from picows import (
    WSAutoPingStrategy,
    WSFrame,
    WSListener,
    WSTransport,
    WSUpgradeResponse,
    WSUpgradeResponseWithListener,
)
from picows.picows import WSProtocol  # type: ignore[attr-defined]

if TYPE_CHECKING:
    from asyncio import Transport
    from collections.abc import Mapping

    from picows import WSUpgradeRequest

__all__ = ["FrameListener", "check", "take_over"]

_VERSIONS: Final = ((2, 3), (3, 0))
_READ_BUFFER_SIZE: Final = 2_048
_REQUEST: Final = b"GET / HTTP/1.1\r\n\r\n"
_HEADERS: Final = {
    "connection": "upgrade",
    "upgrade": "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
}
_CHECK_TIMEOUT: Final = 5.0
_DIALOGUE: Final = ((b"\x82\x82\0\0\0\0!!", b"ready!!"), (b"\x83\x80", b"1002"))
_log = logging.getLogger("signalr_py.servers.websocket")


class FrameListener(WSListener, ABC):
    """What gets the frames."""

    __slots__ = ()

    @abstractmethod
    def on_fault(self, code: int, reason: str) -> None:
        """Learn that picows cannot read on.

        Args:
            code: What the close frame is to say.
            reason: The same in words.
        """


def take_over(
    transport: Transport, listener: FrameListener, response: bytes, *, maximum_frame_size: int, early: bytes = b""
) -> None:
    """Answer an upgrade, and let picows read the socket from now on.

    Args:
        transport: The socket.
        listener: What gets the frames.
        response: The whole response to the client's request.
        maximum_frame_size: Most bytes of a frame's payload.
        early: What the client sent behind its request.
    """

    def answer(request: WSUpgradeRequest) -> WSUpgradeResponseWithListener:
        request.headers = cast("Any", _HEADERS)
        return WSUpgradeResponseWithListener(_NO_RESPONSE, listener)

    protocol = WSProtocol(
        None,
        None,
        False,
        answer,
        _LOGGER,
        True,
        None,
        False,
        None,
        None,
        WSAutoPingStrategy.PING_WHEN_IDLE,
        False,
        maximum_frame_size,
        None,
        _READ_BUFFER_SIZE,
    )
    protocol.connection_made(_PreparedTransport(transport, listener))
    _feed(protocol, _REQUEST)
    transport.write(response)
    transport.set_protocol(protocol)
    if early:
        _feed(protocol, early)


def check() -> str | None:
    """Try out whether picows can take a socket over; return what is wrong, or None."""
    release = version("picows")
    lowest, highest = _VERSIONS
    if not lowest <= tuple(int(part) for part in release.split(".")[:2]) < highest:
        return f"picows {release} is installed, and {'.'.join(map(str, lowest))} to {highest[0]} is what is known."
    faults: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(_try())
        except Exception as error:  # noqa: BLE001 - whatever another picows does, it is not usable
            faults.append(error)

    thread = threading.Thread(target=run, name="signalr_py picows check")
    thread.start()
    thread.join()
    return f"picows {release} works otherwise than expected: {faults[0]!r}." if faults else None


class _NoResponse(WSUpgradeResponse):
    """Stands for the response that others have written, whatever picows adds to it."""

    __slots__ = ()

    def __init__(self) -> None:
        self.status = HTTPStatus.SWITCHING_PROTOCOLS
        self.headers = cast("Any", {})

    def to_bytes(self) -> bytearray:
        return bytearray()


class _QuietLogger:
    """Keeps what picows has to say of a connection, which the listener tells better, to the level of DEBUG."""

    __slots__ = ()

    def isEnabledFor(self, level: int) -> bool:
        return False

    def debug(self, *_: Any) -> None:
        pass

    info = log = debug

    def error(self, text: str, *values: Any) -> None:
        _log.debug(f"picows: {text}", *values)

    warning = error

    def exception(self, text: str, *values: Any) -> None:
        _log.exception(f"picows: {text}", *values)


class _PreparedTransport:
    """A transport on which picows only reads.

    The event loop has set the options of the socket that it needs, and not all are TCP's: picows would set and read six
    of them, each with a system call. What picows writes by itself is an answer to the upgrade, which is empty, and then
    nothing but close frames about what it cannot read; those are for the listener to send, who may have sent one
    already. To a secure socket picows writes by `write`, and never past the transport.
    """

    __slots__ = ("_listener", "_transport")

    def __init__(self, transport: Transport, listener: FrameListener) -> None:
        self._transport = transport
        self._listener = listener

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def get_extra_info(self, name: str) -> Any:
        return _EXTRA_INFO.get(name)

    def write(self, data: bytes) -> None:
        if data:
            payload = data[2 if data[1] < 126 else 4 :]
            self._listener.on_fault(int.from_bytes(payload[:2], "big"), payload[2:].decode(errors="replace"))


class _PreparedSocket:
    __slots__ = ()

    def fileno(self) -> int:
        return -1

    def setsockopt(self, *_: int) -> None:
        pass

    def getsockopt(self, *_: int) -> int:
        return 0


_LOGGER: Final = _QuietLogger()
_NO_RESPONSE: Final = _NoResponse()
_EXTRA_INFO: Final[Mapping[str, object]] = {"socket": _PreparedSocket(), "ssl_object": True}


def _feed(protocol: Any, data: bytes) -> None:
    view = memoryview(data)
    while view:
        buffer = protocol.get_buffer(-1)
        count = min(len(buffer), len(view))
        buffer[:count] = view[:count]
        del buffer
        protocol.buffer_updated(count)
        view = view[count:]


class _Echo(FrameListener):
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        self._transport.write(frame.get_payload_as_bytes())

    def on_fault(self, code: int, reason: str) -> None:
        self._transport.write(b"%d" % code)


async def _try() -> None:
    """Take over one end of a pair of sockets, send a frame through it, and look at what comes back."""
    loop = asyncio.get_running_loop()
    client, server = socket.socketpair()
    with client, server:
        client.setblocking(False)
        server.setblocking(False)
        transport, _ = await loop.create_connection(asyncio.Protocol, sock=server)
        try:
            take_over(transport, _Echo(transport), b"ready", maximum_frame_size=100)
            async with asyncio.timeout(_CHECK_TIMEOUT):
                for sent, expected in _DIALOGUE:
                    await loop.sock_sendall(client, sent)
                    received = b""
                    while len(received) < len(expected):
                        received += await loop.sock_recv(client, 100)
                    if received != expected:
                        raise RuntimeError(f"{received!r} came back")
        finally:
            transport.abort()
