"""What is special to uvicorn: a fast WebSocket class, a goodbye before it drops its sockets, and warnings.

The class is served with `uvicorn --ws signalr_py.servers.uvicorn:FastWebSocketProtocol app:app`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from signalr_py.servers.uvicorn.settings import warn_about_settings, warn_about_workers
from signalr_py.servers.uvicorn.signals import drain_on_signals

if TYPE_CHECKING:
    from signalr_py.servers.uvicorn.protocol import FastWebSocketProtocol

__all__ = ["FastWebSocketProtocol", "drain_on_signals", "warn_about_settings", "warn_about_workers"]


def __getattr__(name: str) -> Any:
    """Import the WebSocket class when somebody asks for it, since it needs the extra `fast`."""
    if name != "FastWebSocketProtocol":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from signalr_py.servers.uvicorn.choosing import fast_web_socket_class

    return fast_web_socket_class()
