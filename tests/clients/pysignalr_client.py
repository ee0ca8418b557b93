"""pysignalr behind the same surface as the client processes: JSON and MessagePack over WebSockets."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict, deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self, TypeVar

import msgpack
from pysignalr.client import SignalRClient
from pysignalr.messages import CompletionMessage, Message
from pysignalr.protocol.json import JSONProtocol
from pysignalr.protocol.messagepack import MessagepackProtocol
from pysignalr.transport.websocket import DEFAULT_SIGNALR_PING_INTERVAL

from tests.clients.base import (
    DEFAULT_TIMEOUT,
    Abilities,
    ClientError,
    ClientEvent,
    ClientFailure,
    ProtocolName,
    TransportName,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from types import TracebackType

__all__ = ["PysignalrClient", "PysignalrConnection"]

T = TypeVar("T")

_SEVERITIES = ("Info", "Warning", "Critical")
_LOG_LINES = 200


class PysignalrConnection:
    """One `SignalRClient`, run by a task of its own."""

    def __init__(self, client: SignalRClient, protocol: ProtocolName, timeout: float, log: deque[str]) -> None:
        self._client = client
        self._protocol = protocol
        self._timeout = timeout
        self._log = log
        self._events: defaultdict[str, asyncio.Queue[ClientEvent]] = defaultdict(asyncio.Queue)
        self._reported: set[str] = set()
        self._answers: dict[str, Callable[[], Awaitable[object]]] = {}
        self._opened = asyncio.Event()
        self._running: asyncio.Task[None] | None = None
        client.on_open(self._on_open)
        client.on_close(self._on_close)
        client.on_error(self._on_error)

    async def start(self) -> None:
        """Connect; an error on the way is raised as `ClientError`."""
        self._running = asyncio.create_task(self._client.run())
        opened = asyncio.create_task(self._opened.wait())
        try:
            await asyncio.wait({opened, self._running}, timeout=self._timeout, return_when=asyncio.FIRST_COMPLETED)
        finally:
            opened.cancel()
        if self._running.done() and (error := self._running.exception()) is not None:
            raise ClientError(str(error), type(error).__name__) from error
        if not self._opened.is_set():
            raise self._failure("not connected")

    async def invoke(self, method: str, *arguments: object) -> Any:
        """Call a hub method and return its result; its error is raised as `ClientError`."""
        completed: asyncio.Future[Message] = asyncio.get_running_loop().create_future()

        async def complete(message: Message) -> None:
            completed.set_result(message)

        await self._client.send(method, list(arguments), complete)  # type: ignore[arg-type]
        message = await self._bounded(f"answer to {method}", completed)
        assert isinstance(message, CompletionMessage)
        if message.error is not None:
            raise ClientError(message.error, "CompletionMessage")
        return message.result

    async def invoke_void(self, method: str, *arguments: object) -> None:
        """Call a hub method that returns nothing, and wait until it has run; its error is raised as `ClientError`."""
        await self.invoke(method, *arguments)

    async def stream(self, method: str, *arguments: object) -> tuple[list[Any], str | None]:
        """Return the items of a streaming hub method and its error."""
        items: list[Any] = []
        ended: asyncio.Future[Message] = asyncio.get_running_loop().create_future()

        async def take(item: Any) -> None:
            items.append(item)

        async def end(message: Message) -> None:
            ended.set_result(message)

        await self._client.stream(method, list(arguments), take, end, end)  # type: ignore[arg-type]
        message = await self._bounded(f"end of {method}", ended)
        assert isinstance(message, CompletionMessage)
        return items, message.error

    async def order(self, method: str, order: dict[str, Any]) -> dict[str, Any]:
        """Call a hub method with one Order record, spelled as in JSON here and as the protocol wants it there."""
        if self._protocol == "json":
            result: dict[str, Any] = await self.invoke(method, order)
            return result
        return _order_from_messagepack(await self.invoke(method, _order_to_messagepack(order)))

    async def send(self, method: str, *arguments: object) -> None:
        """Call a hub method without waiting for it."""
        await self._client.send(method, list(arguments))  # type: ignore[arg-type]

    async def on(self, event: str, *, arity: int = 1) -> None:
        """Report every call of a client method from now on."""
        self._listen(event)
        self._reported.add(event)

    async def answer(self, event: str, value: object = None, *, error: str | None = None, delay_ms: int = 0) -> None:
        """Answer the server's calls of a client method with a value, or with an error."""

        async def give() -> object:
            await asyncio.sleep(delay_ms / 1000)
            if error is not None:
                raise ValueError(error)
            return value

        self._listen(event)
        self._answers[event] = give

    def _listen(self, event: str) -> None:
        """Take the calls of a client method; pysignalr refuses to answer when it has two callbacks for it."""
        if event in self._reported or event in self._answers:
            return

        async def take(arguments: Sequence[Any]) -> object:
            if event in self._reported:
                self._events[event].put_nowait(ClientEvent(event, tuple(arguments)))
            return await self._answers[event]() if event in self._answers else None

        self._client.on(event, take)

    async def wait_event(self, event: str) -> ClientEvent:
        """Return the next event of a name, in the order in which they came."""
        return await self._bounded(f"event {event!r}", self._events[event].get())

    def pending(self, event: str) -> Sequence[ClientEvent]:
        """Return the events of a name that came and were not waited for."""
        queue = self._events[event]
        return [queue.get_nowait() for _ in range(queue.qsize())]

    async def stop(self) -> None:
        """End the connection from this side: pysignalr leaves its socket open when it is told to end."""
        assert self._running is not None
        self._running.cancel()
        await asyncio.wait({self._running}, timeout=self._timeout)
        if (socket := self._client._transport._ws) is not None:
            await self._bounded("close of the socket", socket.close())

    async def _bounded(self, what: str, waiting: Awaitable[T]) -> T:
        try:
            async with asyncio.timeout(self._timeout):
                return await waiting
        except TimeoutError:
            raise self._failure(f"no {what} within {self._timeout:g} s") from None

    async def _on_open(self) -> None:
        self._opened.set()

    async def _on_close(self) -> None:
        self._events["$closed"].put_nowait(ClientEvent("$closed"))

    async def _on_error(self, message: CompletionMessage) -> None:
        """Leave the error to the caller of the hub method, who gets the same message."""

    def _failure(self, what: str) -> ClientFailure:
        assert self._running is not None
        ended = self._running.exception() if self._running.done() and not self._running.cancelled() else None
        log = "\n".join(self._log) or "(nothing)"
        return ClientFailure(f"{what}\nclient: pysignalr ({ended!r})\n--- log\n{log}")


class PysignalrClient:
    """Connections of pysignalr; `async with PysignalrClient() as client` ends them all.

    pysignalr closes and opens again by itself with the connection token it has, which a server refuses: its `$closed`
    says that a socket ended, not that the client gave up.
    """

    def __init__(self, *, timeout: float = DEFAULT_TIMEOUT) -> None:
        self.abilities = Abilities(transports=("websockets",))
        self._timeout = timeout
        self._connections: list[PysignalrConnection] = []
        self._log: deque[str] = deque(maxlen=_LOG_LINES)
        self._handler = _Lines(self._log)

    async def __aenter__(self) -> Self:
        logging.getLogger("pysignalr").addHandler(self._handler)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        logging.getLogger("pysignalr").removeHandler(self._handler)
        for connection in self._connections:
            await connection.stop()

    async def connect(
        self,
        url: str,
        *,
        protocol: ProtocolName = "json",
        transport: TransportName = "websockets",
        token: str | None = None,
        keep_alive: float | None = None,
    ) -> PysignalrConnection:
        """Open a hub connection; a start that fails is raised as `ClientError`."""
        assert transport in ("websockets", "any"), "pysignalr has WebSockets only"
        client = SignalRClient(
            url,
            protocol=JSONProtocol() if protocol == "json" else MessagepackProtocol(),
            headers={} if token is None else {"Authorization": f"Bearer {token}"},
            signalr_ping_interval=DEFAULT_SIGNALR_PING_INTERVAL if keep_alive is None else int(keep_alive),
            connection_timeout=int(self._timeout),
            max_size=None,
            retry_count=1,
        )
        connection = PysignalrConnection(client, protocol, self._timeout, self._log)
        self._connections.append(connection)
        await connection.start()
        return connection


class _Lines(logging.Handler):
    """Keeps formatted records, for the text of a failure."""

    def __init__(self, lines: deque[str]) -> None:
        super().__init__()
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(f"{record.levelname}: {record.getMessage()}")


def _pascal(record: dict[str, Any]) -> dict[str, Any]:
    return {name[0].upper() + name[1:]: value for name, value in record.items()}


def _camel(record: dict[str, Any]) -> dict[str, Any]:
    return {name[0].lower() + name[1:]: value for name, value in record.items()}


def _order_to_messagepack(order: dict[str, Any]) -> dict[str, Any]:
    return _pascal(
        order
        | {
            "total": str(order["total"]),
            "placedAt": msgpack.Timestamp.from_datetime(datetime.fromisoformat(order["placedAt"])),
            "severity": _SEVERITIES[order["severity"]],
            "items": [_pascal(item) for item in order["items"]],
        }
    )


def _order_from_messagepack(order: dict[str, Any]) -> dict[str, Any]:
    fields = _camel(order)
    placed_at = fields["placedAt"].to_datetime().astimezone(UTC)
    return fields | {
        "total": float(fields["total"]),
        "placedAt": placed_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "severity": _SEVERITIES.index(fields["severity"]),
        "items": [_camel(item) for item in fields["items"]],
    }
