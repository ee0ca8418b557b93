"""Where the hubs are served in these tests: on every host, and under every mount on one of them."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from signalr_py.servers.uvicorn.choosing import FAST_WEB_SOCKET_CLASS
from tests.hosts.application import SHAPES, AppOptions, Shape
from tests.support.processes import server_process

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from tests.support.processes import ServerProcess

__all__ = ["FAST", "HOSTS", "HOSTS_AND_LOOPS", "PLACES", "UVICORN", "Place"]


@dataclass(frozen=True)
class Place:
    """A server with an application.

    Attributes:
        arguments: Arguments of `tests.hosts.serve`, which name the host.
        app: The application.
    """

    arguments: tuple[str, ...]
    app: AppOptions = field(default_factory=AppOptions)

    def run(self) -> AbstractContextManager[ServerProcess]:
        """Return the running server, ready for requests."""
        return server_process(
            [sys.executable, "-m", "tests.hosts.serve", *self.arguments, "--port", "{port}"],
            env=self.app.to_environment(),
        )

    def url(self, server: ServerProcess, hub: str = "/hub") -> str:
        """Return the address of a hub."""
        return server.url + self.app.prefix + hub


_FAST_CLASS: Final = ("uvicorn", "--ws", FAST_WEB_SOCKET_CLASS)

HOSTS: Final = {
    "uvicorn-websockets-sansio": ("uvicorn",),
    "uvicorn-websockets": ("uvicorn", "--ws", "websockets"),
    "uvicorn-wsproto": ("uvicorn", "--ws", "wsproto"),
    "uvicorn-uvloop": ("uvicorn", "--loop", "uvloop"),
    "uvicorn-fast-uvloop": (*_FAST_CLASS, "--loop", "uvloop"),
    "hypercorn": ("hypercorn",),
    "granian": ("granian",),
}
"""Arguments of `tests.hosts.serve` for each host.

The fast class is here on uvloop, which is installed with it. `tests/hosts/asgi` shows on both event loops what the
class makes of frames, requests and ends; a whole conversation, and clients that read too little, meet it on asyncio's
as well.
"""

UVICORN: Final = "uvicorn-websockets-sansio"

FAST: Final = "uvicorn-fast"

HOSTS_AND_LOOPS: Final = {**HOSTS, FAST: _FAST_CLASS}
"""Every host, and the fast class on both event loops."""

_PATIENT: Final = {"transport_send_timeout": 600}
_OUTSIDE: Final = (*HOSTS[UVICORN], "--root-path", "/outside")


def _shaped(shape: Shape) -> Place:
    arguments = _OUTSIDE if shape == "everything" else HOSTS[UVICORN]
    return Place(arguments, AppOptions(shape=shape, http=_PATIENT))


PLACES: Final = {
    **{name: Place(arguments, AppOptions(http=_PATIENT)) for name, arguments in HOSTS_AND_LOOPS.items()},
    **{shape: _shaped(shape) for shape in SHAPES if shape != "starlette"},
    "root-path": Place(_OUTSIDE, AppOptions(http=_PATIENT)),
}
"""Every host with the plain application, and every other application on uvicorn."""
