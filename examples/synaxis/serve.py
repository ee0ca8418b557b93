"""Serves Synaxis: `python examples/synaxis/serve.py --demo`, then open the address that it prints."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from typing import TYPE_CHECKING

import uvicorn

from signalr_py.redaction import install_redaction
from synaxis.application import create_app
from synaxis.settings import Settings, SettingsError

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence

_STARTUP_FAILED = 3
_FAST_WEB_SOCKETS = "signalr_py.servers.uvicorn:FastWebSocketProtocol"
_LEVELS = ("debug", "info", "warning", "error")


class _Server(uvicorn.Server):
    """Says where the page is as soon as it is served."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            port = self.servers[0].sockets[0].getsockname()[1]
            print(f"\n  Synaxis is at http://{_host_to_open(self.config.host)}:{port}\n", flush=True)


def _host_to_open(host: str) -> str:
    if host in ("0.0.0.0", "::", ""):
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to stop, and return the exit status."""
    parser = argparse.ArgumentParser(prog="serve.py", description="Serve Synaxis.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default %(default)s)")
    parser.add_argument(
        "--port", type=int, default=8000, help="port to listen on; 0 for a free one (default %(default)s)"
    )
    parser.add_argument("--demo", action="store_true", default=None, help="let anybody sign in as a demo user")
    parser.add_argument("--log-level", choices=_LEVELS, default="info", help="least level to log (default %(default)s)")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=options.log_level.upper(), format="%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    install_redaction()
    try:
        settings = Settings.from_environment(os.environ, demo=options.demo)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    server = _Server(
        uvicorn.Config(
            create_app(settings),
            host=options.host,
            port=options.port,
            ws=_FAST_WEB_SOCKETS,
            ws_per_message_deflate=False,
            ws_ping_interval=None,
            log_config=None,
            log_level=options.log_level,
        )
    )
    server.run()
    return 0 if server.started else _STARTUP_FAILED


if __name__ == "__main__":
    sys.exit(main())
