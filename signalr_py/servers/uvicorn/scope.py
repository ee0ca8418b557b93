"""What an ASGI application is told of a WebSocket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from uvicorn.protocols.utils import is_ssl

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Mapping

    from uvicorn.config import Config

    from signalr_py.servers.websocket.upgrade import UpgradeRequest

__all__ = ["new_scope"]


def new_scope(
    request: UpgradeRequest,
    transport: asyncio.Transport,
    config: Config,
    *,
    state: dict[str, Any],
    extensions: Mapping[str, object],
) -> dict[str, Any]:
    """Return the scope of a WebSocket.

    Args:
        request: What the client asked for.
        transport: The socket.
        config: Of uvicorn.
        state: What the lifespan of the application has put into `scope["state"]`.
        extensions: What the server offers besides responses that refuse the WebSocket.
    """
    raw_path, _, query = request.target.partition(b"?")
    root_path = config.root_path
    return {
        "type": "websocket",
        "asgi": {"version": config.asgi_version, "spec_version": "2.4"},
        "http_version": "1.1",
        "scheme": "wss" if is_ssl(transport) else "ws",
        "server": _address(transport, "sockname"),
        "client": _address(transport, "peername"),
        "root_path": root_path,
        "path": root_path + unquote(raw_path.decode("ascii")),
        "raw_path": root_path.encode("ascii") + raw_path,
        "query_string": query,
        "headers": request.headers,
        "subprotocols": request.subprotocols,
        "state": state.copy(),
        "extensions": {"websocket.http.response": {}, **extensions},
    }


def _address(transport: asyncio.Transport, end: str) -> tuple[str, int | None] | None:
    """Return the address of one end of a socket, as ASGI has it: host and port, or the path of a Unix socket."""
    address = transport.get_extra_info(end)
    if isinstance(address, tuple):
        return str(address[0]), int(address[1])
    return (address, None) if isinstance(address, str) and address and end == "sockname" else None
