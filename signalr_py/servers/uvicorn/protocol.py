"""A WebSocket class for uvicorn: any ASGI application runs on it, and SignalR past ASGI's `receive` and `send`.

uvicorn reads the request and hands the socket over. The application accepts as always; then picows reads and checks the
frames. `scope["extensions"]["signalr_py.websocket"]` is this object, for libraries that want plain calls.
"""

from __future__ import annotations

import asyncio
import enum
import logging
from typing import TYPE_CHECKING, Any, Final, cast, final

from uvicorn.protocols.utils import ClientDisconnected, get_client_addr, get_path_with_query_string

from signalr_py.servers.uvicorn.scope import new_scope
from signalr_py.servers.uvicorn.sharing import shared_by
from signalr_py.servers.uvicorn.surroundings import is_surrounded
from signalr_py.servers.websocket.asgi import AsgiReceiver
from signalr_py.servers.websocket.closing import check_close_code
from signalr_py.servers.websocket.connection import WebSocketConnection
from signalr_py.servers.websocket.messages import MessageAssembler
from signalr_py.servers.websocket.picows_protocol import take_over
from signalr_py.servers.websocket.upgrade import (
    UpgradeRefusal,
    UpgradeRequest,
    accept_response,
    parse_request,
    refuse_response,
)
from signalr_py.transports.direct_socket import EXTENSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, MutableMapping

    from uvicorn.config import Config
    from uvicorn.server import ServerState

    from signalr_py.servers.websocket.deflate import NegotiatedDeflate
    from signalr_py.transports.direct_socket import DirectReceiver, MessageEncoder

__all__ = ["FastWebSocketProtocol"]

_CLOSING_TIME: Final = 10.0
_log = logging.getLogger("uvicorn.error")


class _State(enum.Enum):
    CONNECTING = enum.auto()
    REFUSING = enum.auto()
    OPEN = enum.auto()
    CLOSED = enum.auto()


_UNANSWERED: Final = frozenset({_State.CONNECTING, _State.REFUSING})


@final
class FastWebSocketProtocol(asyncio.Protocol):
    """One WebSocket; uvicorn makes it when a client wants an upgrade. Satisfies `DirectWebSocket`.

    uvicorn's settings hold as for its own classes: `ws_max_size`, `ws_ping_interval`, `ws_ping_timeout` and
    `ws_per_message_deflate`, which compresses a message of a broadcast once and small ones not at all.

    Args:
        config: Of uvicorn.
        server_state: What the server knows of its connections and tasks.
        app_state: What the lifespan of the application has put into `scope["state"]`.
    """

    __slots__ = (
        "_app_state",
        "_closing",
        "_config",
        "_connection",
        "_deflate",
        "_early",
        "_has_outlived_request",
        "_loop",
        "_receiver",
        "_refusal",
        "_request",
        "_scope",
        "_server_state",
        "_shared",
        "_state",
        "_task",
        "transport",
    )

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._config = config
        self._shared = shared_by(config)
        self._server_state = server_state
        self._app_state = app_state
        self._loop = _loop or asyncio.get_running_loop()
        self._receiver: AsgiReceiver = AsgiReceiver()
        self._state = _State.CONNECTING
        self._request: UpgradeRequest | None = None
        self._scope: dict[str, Any] = {}
        self._early = b""
        self._refusal: tuple[int, list[tuple[bytes, bytes]], list[bytes]] | None = None
        self._deflate: NegotiatedDeflate | None = None
        self._connection: WebSocketConnection | None = None
        self._closing: asyncio.TimerHandle | None = None
        self._has_outlived_request = False
        self._task: asyncio.Task[None] | None = None
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the socket over from uvicorn's HTTP protocol."""
        self.transport = cast("asyncio.Transport", transport)
        self._server_state.connections.add(cast("Any", self))

    def data_received(self, data: bytes) -> None:
        """Take the request, which comes whole, and keep what follows it until the application has accepted."""
        if self._request is not None:
            self._early += data
            self.transport.pause_reading()
            return
        # uvicorn's protocol and its parser refer to each other, and to the socket; both have done their work.
        getattr(self.transport.get_protocol(), "__dict__", {}).pop("parser", None)
        head, end, self._early = data.partition(b"\r\n\r\n")
        request = parse_request(head + end)
        if isinstance(request, UpgradeRefusal):
            self._state = _State.CLOSED
            self.transport.write(request.response(self._default_headers()))
            self.transport.close()
            return
        self._request = request
        self._scope = new_scope(
            request, self.transport, self._config, state=self._app_state, extensions={EXTENSION: self}
        )
        self._receiver.put({"type": "websocket.connect"})
        if self._loop.get_task_factory() is None:
            self._start(self._scope)
        else:
            # uvicorn makes this the protocol of the socket when this call returns, before which no task may begin.
            self._loop.call_soon(self._start, self._scope)

    def connection_lost(self, exc: Exception | None) -> None:
        """Learn that the client has gone before the upgrade was answered."""
        self._receiver.disconnected(1006)
        self.lost()

    def pause_writing(self) -> None:
        """Have nothing to do: before the upgrade there is one small answer."""

    def eof_received(self) -> None:
        """Let the socket close."""

    def shutdown(self) -> None:
        """End the WebSocket because the server does."""
        if self._connection is not None:
            self._connection.end(1012)
        elif self._state is _State.CONNECTING:
            self._answer(500, [], b"Internal Server Error")
            self.transport.close()
        else:
            self.transport.close()

    @property
    def write(self) -> Callable[[bytes], None]:
        """What takes frames for the client."""
        return self._accepted().write

    def start(self, receiver: DirectReceiver) -> None:
        """Hand every message to a receiver from now on; see `DirectWebSocket.start`."""
        connection = self._accepted()
        connection.start(receiver)
        self._shared.pings.discard(connection)
        self._receiver.hand_over(receiver)

    def outlive_request(self) -> bool:
        """Stay open when the application returns, unless code around it may wait for that."""
        task = asyncio.current_task()
        if task is not None and task is self._task:
            self._has_outlived_request = not is_surrounded(task)
        return self._has_outlived_request

    def encoder(self, *, binary: bool) -> MessageEncoder:
        """Return what makes the frames of a message, shared by all WebSockets of the same kind."""
        return self._shared.encoder(binary=binary, deflate=self._deflate)

    def pause_reading(self) -> None:
        """Take nothing more of the client."""
        self._accepted().pause_reading()

    def resume_reading(self) -> None:
        """Take what the client sends again."""
        self._accepted().resume_reading()

    def close(self, code: int) -> None:
        """Send a close frame, and wait for the client's."""
        self._accepted().close(code)

    def abort(self) -> None:
        """Drop the socket."""
        self.transport.abort()

    def ponged(self, data: bytes) -> None:
        """Learn that the client has answered a ping."""
        self._shared.pings.ponged(self._accepted(), data)

    def lost(self) -> None:
        """Learn that the socket is gone, and let go of what refers back to this object."""
        self._state = _State.CLOSED
        self._scope = {}
        self._server_state.connections.discard(cast("Any", self))
        if self._connection is not None:
            self._shared.pings.discard(self._connection)
        if self._closing is not None:
            self._closing.cancel()

    def _accepted(self) -> WebSocketConnection:
        if self._connection is None:
            raise RuntimeError("The WebSocket is not accepted yet: send `websocket.accept` first.")
        return self._connection

    def _default_headers(self) -> list[tuple[bytes, bytes]]:
        return self._server_state.default_headers

    def _start(self, scope: dict[str, Any]) -> None:
        task = self._loop.create_task(self._run(scope))
        self._server_state.tasks.add(task)
        task.add_done_callback(self._server_state.tasks.discard)

    async def _run(self, scope: dict[str, Any]) -> None:
        self._task = asyncio.current_task()
        try:
            result: Any = await self._config.loaded_app(scope, self._receiver.receive, self._send)
        except ClientDisconnected:
            pass
        except BaseException as error:
            if not isinstance(error, asyncio.CancelledError):
                _log.exception("Exception in ASGI application\n")
            self._fail()
            if not isinstance(error, Exception):
                raise
        else:
            if self._state in _UNANSWERED and not self.transport.is_closing():
                _log.error("ASGI callable returned without completing handshake.")
                self._fail()
            elif result is not None:
                _log.error("ASGI callable should return None, but returned '%s'.", result)
        finally:
            self._task = None
            if self._closing is None and not self._has_outlived_request:
                if self._connection is not None and not self._connection.has_ended:
                    self._connection.end(1000)
                self.transport.close()

    def _fail(self) -> None:
        if self._state in _UNANSWERED:
            self._answer(500, [(b"content-type", b"text/plain; charset=utf-8")], b"Internal Server Error")
        elif self._connection is not None and not self._connection.has_ended:
            self._connection.end(1011)

    async def _send(self, message: MutableMapping[str, Any]) -> None:
        await self._receiver.writable()
        kind = message["type"]
        if self._state is _State.CONNECTING:
            self._open(kind, message)
        elif self._state is _State.REFUSING:
            self._go_on_refusing(kind, message)
        elif self._state is _State.CLOSED or self._accepted().has_ended:
            raise ClientDisconnected
        elif self._accepted().has_closed:
            raise RuntimeError(f"Unexpected ASGI message '{kind}', after sending 'websocket.close'.")
        elif kind == "websocket.send":
            data = message.get("bytes")
            is_text = data is None
            if data is None:
                data = message["text"].encode()
            # An application may send the same `bytearray` again with other contents, and encoders go by identity.
            self._accepted().write(self.encoder(binary=not is_text).encode(bytes(data)))
        elif kind == "websocket.close":
            code = message.get("code", 1000)
            check_close_code(code)
            self._accepted().close(code, message.get("reason") or "")
            self._receiver.disconnected(code)
            self._closing = self._loop.call_later(_CLOSING_TIME, self.transport.abort)
        else:
            raise RuntimeError(f"Expected ASGI message 'websocket.send' or 'websocket.close', but got '{kind}'.")

    def _open(self, kind: str, message: MutableMapping[str, Any]) -> None:
        if kind == "websocket.accept":
            self._log_outcome("[accepted]")
            self._accept(message.get("subprotocol") or None, message.get("headers", ()))
        elif kind == "websocket.close":
            self._log_outcome(403)
            self._answer(403, [], b"")
            self._receiver.disconnected(1006)
            self.transport.close()
        elif kind == "websocket.http.response.start":
            status = message["status"]
            if not 200 <= status < 600:
                raise RuntimeError(f"A WebSocket cannot be refused with status {status}: use one from 200 to 599.")
            self._log_outcome(status)
            self._refusal = (status, list(message.get("headers", ())), [])
            self._state = _State.REFUSING
        else:
            raise RuntimeError(
                "Expected ASGI message 'websocket.accept', 'websocket.close' or 'websocket.http.response.start' "
                f"but got '{kind}'."
            )

    def _accept(self, subprotocol: str | None, headers: Iterable[tuple[bytes, bytes]]) -> None:
        if self.transport.is_closing():
            raise ClientDisconnected
        assert self._request is not None
        self._deflate = self._shared.negotiate(self._request.extensions)
        response = accept_response(
            self._request,
            headers=[*self._default_headers(), *headers],
            subprotocol=subprotocol,
            extensions=None if self._deflate is None else self._deflate.response,
        )
        assembler = MessageAssembler(maximum_size=self._config.ws_max_size, inflate=self._shared.inflate(self._deflate))
        self._connection = WebSocketConnection(self.transport, self, self._receiver, assembler, self._loop)
        self._receiver.source = self._connection
        self._state = _State.OPEN
        self._shared.pings.add(self._connection)
        early, self._early, self._request = self._early, b"", None
        if early:
            self.transport.resume_reading()
        take_over(
            self.transport,
            self._connection,
            response,
            maximum_frame_size=self._config.ws_max_size,
            early=early,
        )

    def _go_on_refusing(self, kind: str, message: MutableMapping[str, Any]) -> None:
        if kind != "websocket.http.response.body":
            raise RuntimeError(f"Expected ASGI message 'websocket.http.response.body' but got '{kind}'.")
        assert self._refusal is not None
        status, headers, body = self._refusal
        body.append(message.get("body", b""))
        if not message.get("more_body", False):
            self._answer(status, headers, b"".join(body))
            self._receiver.disconnected(1006)
            self.transport.close()

    def _answer(self, status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes) -> None:
        """Refuse the upgrade."""
        response = refuse_response(status, [*self._default_headers(), *headers], body)
        self._state = _State.CLOSED
        if not self.transport.is_closing():
            self.transport.write(response)

    def _log_outcome(self, outcome: object) -> None:
        if _log.isEnabledFor(logging.INFO):
            scope = cast("Any", self._scope)
            _log.info('%s - "WebSocket %s" %s', get_client_addr(scope), get_path_with_query_string(scope), outcome)
