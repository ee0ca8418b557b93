"""What the load is told to do, one line of JSON each, and what it answers."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

__all__ = [
    "Broadcast",
    "Calls",
    "Close",
    "Command",
    "Connects",
    "Failed",
    "Idle",
    "Measured",
    "Open",
    "Reply",
    "Stream",
    "Target",
]


class Target(Struct, frozen=True):
    """Whom the load talks to.

    Attributes:
        url: The address of the WebSocket.
        dialect: A key of `DIALECTS`.
        pids: The processes of the server, whose CPU time is read.
    """

    url: str
    dialect: str
    pids: list[int]


class Open(Struct, frozen=True, tag=True):
    """Open connections and leave them open; the measured messages are the connections.

    Attributes:
        count: How many.
        at_once: How many may be under way at a time.
    """

    count: int
    at_once: int = 64


class Calls(Struct, frozen=True, tag=True):
    """Make calls on every open connection.

    Attributes:
        method: What to call.
        count: How many calls in sum.
        in_flight: How many of one connection are under way at a time.
    """

    method: Literal["Echo", "EchoReading"]
    count: int
    in_flight: int


class Broadcast(Struct, frozen=True, tag=True):
    """Have messages sent to all open connections; the measured messages are the deliveries.

    Attributes:
        count: How many messages.
        burst: How many are sent at once; the next ones when all have arrived everywhere.
    """

    count: int
    burst: int


class Stream(Struct, frozen=True, tag=True):
    """Receive streams, one after the other on each open connection.

    Attributes:
        items: How many items each has.
        count: How many streams each connection receives.
    """

    items: int
    count: int


class Connects(Struct, frozen=True, tag=True):
    """Open connections and close each at once.

    Attributes:
        count: How many.
        at_once: How many may be under way at a time.
    """

    count: int
    at_once: int = 16


class Idle(Struct, frozen=True, tag=True):
    """Wait, with all connections open; the measured messages are the milliseconds."""

    seconds: float


class Close(Struct, frozen=True, tag=True):
    """Close the open connections; the measured messages are the connections."""


Command: TypeAlias = Open | Calls | Broadcast | Stream | Connects | Idle | Close


class Measured(Struct, frozen=True, tag=True):
    """What a command came to.

    Attributes:
        messages: How many messages were counted.
        server: CPU time of the server in nanoseconds.
        elapsed: Time in nanoseconds.
    """

    messages: int
    server: int
    elapsed: int


class Failed(Struct, frozen=True, tag=True):
    """A command could not be carried out, or what came back was wrong."""

    reason: str


Reply: TypeAlias = Measured | Failed
