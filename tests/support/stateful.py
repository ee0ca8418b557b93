"""A hub's HTTP surface whose clients may come back, and one of them."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from signalr_py.options import HttpConnectionOptions
from signalr_py.types import TransferFormat
from tests.support.endpoints import Negotiated, ServedHub

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from tests.support.endpoints import SocketKind
    from tests.support.exchanges import WebSocketExchange
    from tests.support.handlers import RecordingHandler

__all__ = ["back", "opened", "served"]


def served(sockets: Sequence[SocketKind] = ("ASGI",), **options: Any) -> ServedHub:
    """Serve a hub that allows stateful reconnect, over some kinds of sockets and with further options."""
    options = {"allow_stateful_reconnects": True, "disconnect_timeout": 15, **options}
    return ServedHub(HttpConnectionOptions(**options), sockets=sockets)


@asynccontextmanager
async def opened(hub: ServedHub) -> AsyncIterator[tuple[Negotiated, WebSocketExchange, RecordingHandler]]:
    """Yield a connection over a socket, whose hub has shaken hands and allows a return."""
    negotiated = await hub.negotiate(stateful=True)
    async with hub.websocket(id=negotiated.token) as socket:
        handler = await hub.handlers.next()
        handler.duplex.use_format(TransferFormat.TEXT)
        assert handler.duplex.enable_reconnect()
        await socket.until(lambda: socket.is_receiving)
        yield negotiated, socket, handler


async def back(socket: WebSocketExchange, handler: RecordingHandler, number: int = 1) -> None:
    """Wait until the hub knows that the client is back, and the socket is read."""
    await handler.until(lambda: handler.reconnections == number)
    await socket.until(lambda: socket.is_receiving)
