"""Serves the application of `application.py` on one of the hosts: `python -m tests.hosts.serve uvicorn --port N`."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]

_FACTORY: Final = "tests.hosts.application:create_app_from_environment"


def _serve_uvicorn(options: argparse.Namespace) -> None:
    import uvicorn

    uvicorn.run(
        _FACTORY,
        factory=True,
        port=options.port,
        ws=options.ws,
        loop=options.loop,
        workers=options.workers,
        root_path=options.root_path,
        access_log=False,
        ws_ping_interval=20 if options.defaults else None,
        ws_ping_timeout=20 if options.defaults else None,
        ws_per_message_deflate=options.defaults,
    )


def _serve_hypercorn(options: argparse.Namespace) -> int:
    from hypercorn.config import Config
    from hypercorn.run import run

    config = Config()
    config.application_path = f"{_FACTORY}()"
    config.bind = [f"127.0.0.1:{options.port}"]
    config.worker_class = "uvloop" if options.loop == "uvloop" else "asyncio"
    config.workers = options.workers
    return run(config)


def _serve_granian(options: argparse.Namespace) -> None:
    from granian import Granian
    from granian.constants import Interfaces, Loops

    Granian(
        _FACTORY,
        factory=True,
        port=options.port,
        interface=Interfaces.ASGI,
        loop=Loops(options.loop),
        workers=options.workers,
    ).serve()


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until the process is told to stop, and return its exit status."""
    parser = argparse.ArgumentParser(description="Serve the application of these tests.")
    parser.add_argument("host", choices=("uvicorn", "hypercorn", "granian"))
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--ws", default="websockets-sansio", help="uvicorn's WebSocket class")
    parser.add_argument("--loop", default="asyncio", choices=("asyncio", "uvloop"))
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--root-path", default="", help="uvicorn's root path")
    parser.add_argument("--defaults", action="store_true", help="leave uvicorn's pings and compression on")
    options = parser.parse_args(arguments)
    match options.host:
        case "uvicorn":
            _serve_uvicorn(options)
        case "hypercorn":
            return _serve_hypercorn(options)
        case _:
            _serve_granian(options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
