"""Which WebSocket class is served: the fast one, or uvicorn's own where it cannot be."""

from __future__ import annotations

import logging
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

__all__ = ["FAST_WEB_SOCKET_CLASS", "fast_web_socket_class"]

FAST_WEB_SOCKET_CLASS: Final = "signalr_py.servers.uvicorn:FastWebSocketProtocol"
"""What uvicorn's setting `ws` is for the fast class."""

_log = logging.getLogger("signalr_py.servers.uvicorn")


@cache
def fast_web_socket_class() -> Callable[..., asyncio.Protocol]:
    """Return the fast class, tried out; if picows is missing or not as expected, warn and return uvicorn's own.

    Raises:
        ImportError: The fast class cannot be used, and there is no library for uvicorn's own.
    """
    try:
        from signalr_py.servers.uvicorn.protocol import FastWebSocketProtocol
        from signalr_py.servers.websocket.picows_protocol import check

        fault = check()
    except Exception as error:  # noqa: BLE001 - whatever is wrong with picows, uvicorn can serve
        fault = f"{type(error).__name__}: {error}."
    else:
        if fault is None:
            return FastWebSocketProtocol
    return _own_class(fault)


def _own_class(fault: str) -> Callable[..., asyncio.Protocol]:
    from uvicorn.protocols.websockets.auto import AutoWebSocketsProtocol as OwnProtocol

    advice = f"{fault} Install what it needs with `pip install 'signalr-py[fast]'`."
    if OwnProtocol is None:
        raise ImportError(f"The fast WebSocket class cannot be used, and uvicorn has no library for its own: {advice}")
    _log.warning("The fast WebSocket class is not used, but uvicorn's own: %s", advice)
    return OwnProtocol
