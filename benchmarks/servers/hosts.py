"""Runs an ASGI application on one of the hosts: `python -m benchmarks.servers.hosts uvicorn APP --port N`.

WebSocket pings and permessage-deflate are off, as in the reference; there is no access log; one worker.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hypercorn.typing import Framework

__all__ = ["HOSTS", "main"]

_BACKLOG: Final = 4096
_HOST: Final = "127.0.0.1"


def _uvicorn(app: str, port: int, ws: str) -> None:
    import uvicorn

    uvicorn.run(
        app,
        host=_HOST,
        port=port,
        ws=ws,
        loop="uvloop",
        http="httptools",
        backlog=_BACKLOG,
        ws_ping_interval=None,
        ws_ping_timeout=None,
        ws_per_message_deflate=False,
        access_log=False,
        log_level="warning",
    )


def _hypercorn(app: str, port: int, _: str) -> None:
    import uvloop
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    module, _, name = app.partition(":")
    application: Framework = getattr(importlib.import_module(module), name)
    config = Config()
    config.bind = [f"{_HOST}:{port}"]
    config.backlog = _BACKLOG
    config.websocket_ping_interval = None
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(application, config))


def _granian(app: str, port: int, _: str) -> None:
    from granian import Granian
    from granian.constants import Interfaces, Loops
    from granian.log import LogLevels

    Granian(
        app,
        address=_HOST,
        port=port,
        interface=Interfaces.ASGI,
        loop=Loops.uvloop,
        workers=1,
        runtime_threads=1,
        backlog=_BACKLOG,
        log_level=LogLevels.warning,
        log_access=False,
    ).serve()


HOSTS: Final[Mapping[str, Callable[[str, int, str], None]]] = {
    "uvicorn": _uvicorn,
    "hypercorn": _hypercorn,
    "granian": _granian,
}
"""How to serve on each host: the application's name, the port, and uvicorn's WebSocket class."""


def main() -> None:
    """Serve until the process is told to end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("host", choices=HOSTS)
    parser.add_argument("app", help="module:name")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--ws", default="websockets-sansio", help="WebSocket class of uvicorn")
    options = parser.parse_args()
    HOSTS[options.host](options.app, options.port, options.ws)


if __name__ == "__main__":
    main()
