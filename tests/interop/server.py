"""The Python interop server: `python -m tests.interop.server --port N`, or this file as a script.

The counterpart of the reference's interop server, with the same hubs at the same addresses and the same options, so
that one test body can run against either.
"""

from __future__ import annotations

import argparse
import asyncio
import os
from typing import TYPE_CHECKING, cast

from signalr_py.servers.uvicorn.choosing import FAST_WEB_SOCKET_CLASS
from tests.interop.application import InteropOptions, create_app

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hypercorn.typing import Framework

__all__ = ["HOSTS", "WEB_SOCKET_IMPLEMENTATIONS", "main"]

HOSTS = ("uvicorn", "hypercorn", "granian")
WEB_SOCKET_IMPLEMENTATIONS = ("websockets-sansio", "websockets", "wsproto", "fast")


def run_uvicorn(options: InteropOptions, host: str, port: int, ws: str) -> None:
    """Serve on uvicorn, without the WebSocket pings and the compression that SignalR does not use."""
    import uvicorn

    uvicorn.run(
        create_app(options),
        host=host,
        port=port,
        ws=FAST_WEB_SOCKET_CLASS if ws == "fast" else ws,
        ws_ping_interval=None,
        ws_ping_timeout=None,
        ws_per_message_deflate=False,
        access_log=False,
        log_level="info",
    )


def run_hypercorn(options: InteropOptions, host: str, port: int) -> None:
    """Serve on hypercorn, in this process."""
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    config = Config()
    config.bind = [f"{host}:{port}"]
    config.websocket_ping_interval = None
    asyncio.run(serve(cast("Framework", create_app(options)), config))


def run_granian(options: InteropOptions, host: str, port: int) -> None:
    """Serve on granian, whose worker process imports the application by name."""
    from granian import Granian
    from granian.constants import Interfaces

    os.environ.update(options.to_environment())
    Granian(
        "tests.interop.application:create_app_from_environment",
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
    ).serve()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Serve the interop hubs with signalr_py.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--keepalive", type=float, metavar="SECONDS")
    parser.add_argument("--client-timeout", type=float, metavar="SECONDS")
    parser.add_argument("--detailed", choices=("true", "false"), default="false", help="detailed errors")
    parser.add_argument("--parallel", type=int, default=1, metavar="N", help="calls of one client at once")
    parser.add_argument("--ws", choices=WEB_SOCKET_IMPLEMENTATIONS, default=WEB_SOCKET_IMPLEMENTATIONS[0])
    parser.add_argument("--host-server", choices=HOSTS, default=HOSTS[0])
    return parser


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until the process is told to stop."""
    command = _parser().parse_args(arguments)
    options = InteropOptions(
        keepalive=command.keepalive,
        client_timeout=command.client_timeout,
        detailed=command.detailed == "true",
        parallel=command.parallel,
    )
    match command.host_server:
        case "hypercorn":
            run_hypercorn(options, command.host, command.port)
        case "granian":
            run_granian(options, command.host, command.port)
        case _:
            run_uvicorn(options, command.host, command.port, command.ws)


if __name__ == "__main__":
    main()
