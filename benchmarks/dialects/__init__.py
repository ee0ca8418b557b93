"""What the load must know of a protocol, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from benchmarks.dialects.bare import BareDialect
from benchmarks.dialects.messages import Dialect, DialectError, Kind, Message
from benchmarks.dialects.signalr import JsonDialect, MessagePackDialect
from benchmarks.dialects.socketio import SocketIoDialect

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["DIALECTS", "Dialect", "DialectError", "Kind", "Message"]

DIALECTS: Final[Mapping[str, Callable[[], Dialect]]] = {
    "json": JsonDialect,
    "messagepack": MessagePackDialect,
    "bare-json": lambda: BareDialect(JsonDialect()),
    "bare-messagepack": lambda: BareDialect(MessagePackDialect()),
    "socketio": SocketIoDialect,
}
"""How to make each dialect."""
