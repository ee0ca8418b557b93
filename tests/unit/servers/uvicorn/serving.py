"""`served_application.py` in a process of its own, and what it tells of itself."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.support.interop import ROOT
from tests.support.processes import server_process
from tests.support.raw_channels import open_websocket

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from tests.support.processes import ServerProcess

__all__ = ["APPLICATION", "EXTENSION", "extensions", "serve"]

APPLICATION: Final = Path(__file__).with_name("served_application.py")
EXTENSION: Final = "signalr_py.websocket"


def serve(*more_imports: Path, **settings: Any) -> AbstractContextManager[ServerProcess]:
    """Return the running server.

    Args:
        more_imports: Folders that Python looks for modules in before all others.
        settings: Keyword arguments of `signalr_py.run`.
    """
    folders = ":".join(map(str, (*more_imports, ROOT)))
    command = [sys.executable, str(APPLICATION), "{port}", json.dumps(settings)]
    return server_process(command, env={"PYTHONPATH": folders})


async def extensions(server: ServerProcess) -> tuple[int, list[str]]:
    """Return the id of a process that serves, and the extensions that its WebSocket class offers."""
    socket = await open_websocket(server.url + "/extensions")
    process, names = json.loads(await socket.recv())
    await socket.close()
    return process, names
