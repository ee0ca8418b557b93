"""Warnings about settings of uvicorn that SignalR does without, or that it cannot serve."""

from __future__ import annotations

import logging
import multiprocessing
import signal

from signalr_py.servers.uvicorn.choosing import FAST_WEB_SOCKET_CLASS
from signalr_py.servers.uvicorn.signals import is_server

__all__ = ["warn_about_settings", "warn_about_workers"]

_log = logging.getLogger("signalr_py.servers.uvicorn")


def warn_about_settings() -> None:
    """Log a warning where uvicorn does for every WebSocket what SignalR does without.

    It compresses each message for each client by itself, and sends pings besides those of SignalR; ASP.NET Core does
    neither, nor does the fast class, whose absence is told elsewhere. Call it while uvicorn serves, before
    `drain_on_signals`; elsewhere it does nothing.
    """
    server = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    if server is None or not is_server(server):
        return
    config = server.config
    module = getattr(getattr(config, "ws_protocol_class", None), "__module__", "")
    if config.ws == FAST_WEB_SOCKET_CLASS or not module.startswith("uvicorn."):
        return
    zero_means_always = module.endswith(".websockets_impl")
    advice = []
    if config.ws_per_message_deflate:
        advice.append("ws_per_message_deflate=False (--ws-per-message-deflate false)")
    if config.ws_ping_interval or (zero_means_always and config.ws_ping_interval is not None):
        other_class = "--ws websockets-sansio " if zero_means_always else ""
        advice.append(f"ws_ping_interval=None ({other_class}--ws-ping-interval 0)")
    if advice:
        _log.warning(
            "uvicorn works more than SignalR needs for each WebSocket. Run it with --ws %s, or with %s.",
            FAST_WEB_SOCKET_CLASS,
            " and ".join(advice),
        )


def warn_about_workers() -> None:
    """Log a warning in each of several worker processes of uvicorn: connections live in the process they came to.

    Call it while uvicorn serves, before `drain_on_signals`; elsewhere it does nothing.
    """
    server = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    if server is None or not is_server(server) or multiprocessing.parent_process() is None:
        return
    if server.config.workers > 1 and not server.config.should_reload:
        _log.warning(
            "This is one of %d worker processes, and connections live in the process they came to: requests that reach "
            "another one are answered 404, and broadcasts stay in their process. Run one process (--workers 1), or "
            "route each client to one.",
            server.config.workers,
        )
