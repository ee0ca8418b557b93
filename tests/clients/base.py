"""What every client under test looks like to a test, whichever program is behind it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

__all__ = [
    "DEFAULT_TIMEOUT",
    "Abilities",
    "Client",
    "ClientError",
    "ClientEvent",
    "ClientFailure",
    "Connection",
    "ProtocolName",
    "TransportName",
]

ProtocolName: TypeAlias = Literal["json", "messagepack"]
TransportName: TypeAlias = Literal["websockets", "sse", "longpolling", "any"]

DEFAULT_TIMEOUT = 10.0
"""Seconds that a test waits for a client before it fails."""


@dataclass(frozen=True)
class Abilities:
    """What a client offers a connection to choose from."""

    transports: tuple[TransportName, ...] = ("websockets", "sse", "longpolling")
    protocols: tuple[ProtocolName, ...] = ("json", "messagepack")

    def combinations(self) -> list[tuple[TransportName, ProtocolName]]:
        """Return the transports with the protocols that they carry: server-sent events are text."""
        return [
            (transport, protocol)
            for transport in self.transports
            for protocol in self.protocols
            if (transport, protocol) != ("sse", "messagepack")
        ]


class ClientError(Exception):
    """A request that the client answered with an error; `kind` is the client's own name for it."""

    def __init__(self, message: str, kind: str) -> None:
        super().__init__(message)
        self.message = message
        self.kind = kind


class ClientFailure(AssertionError):
    """A client that did not do in time what the test waited for; the text ends with the client's log."""


@dataclass(frozen=True)
class ClientEvent:
    """A call of a client method, or `$closed`, `$reconnecting` and `$reconnected`."""

    name: str
    arguments: tuple[Any, ...] = ()
    error: str | None = None
    connection_id: str | None = field(default=None, kw_only=True)


class Connection(Protocol):
    """One hub connection of a client."""

    async def invoke(self, method: str, *arguments: object) -> Any:
        """Call a hub method and return its result; its error is raised as `ClientError`."""
        ...

    async def invoke_void(self, method: str, *arguments: object) -> None:
        """Call a hub method that returns nothing, and wait until it has run; its error is raised as `ClientError`."""
        ...

    async def order(self, method: str, order: dict[str, Any]) -> dict[str, Any]:
        """Call a hub method with one Order record, spelled as in JSON here and as the protocol wants it there."""
        ...

    async def send(self, method: str, *arguments: object) -> None:
        """Call a hub method without waiting for it."""
        ...

    async def stream(self, method: str, *arguments: object) -> tuple[list[Any], str | None]:
        """Return the items of a streaming hub method and its error."""
        ...

    async def answer(self, event: str, value: object = None, *, error: str | None = None, delay_ms: int = 0) -> None:
        """Answer the server's calls of a client method with a value, or with an error."""
        ...

    async def on(self, event: str, *, arity: int = 1) -> None:
        """Report every call of a client method from now on."""
        ...

    async def wait_event(self, event: str) -> ClientEvent:
        """Return the next event of a name, in the order in which they came."""
        ...

    def pending(self, event: str) -> Sequence[ClientEvent]:
        """Return the events of a name that came and were not waited for."""
        ...

    async def stop(self) -> None:
        """End the connection from this side."""
        ...


class Client(Protocol):
    """A program that holds hub connections; leaving its context ends them all."""

    abilities: Abilities

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...

    async def connect(
        self,
        url: str,
        *,
        protocol: ProtocolName = "json",
        transport: TransportName = "websockets",
        token: str | None = None,
        keep_alive: float | None = None,
    ) -> Connection:
        """Open a hub connection; a start that fails is raised as `ClientError`."""
        ...
