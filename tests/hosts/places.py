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

__all__ = ["HOSTS", "PLACES", "UVICORN", "Place"]


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


HOSTS: Final = {
    "uvicorn-websockets-sansio": ("uvicorn",),
    "uvicorn-websockets": ("uvicorn", "--ws", "websockets"),
    "uvicorn-wsproto": ("uvicorn", "--ws", "wsproto"),
    "uvicorn-uvloop": ("uvicorn", "--loop", "uvloop"),
    "uvicorn-fast": ("uvicorn", "--ws", FAST_WEB_SOCKET_CLASS),
    "uvicorn-fast-uvloop": ("uvicorn", "--ws", FAST_WEB_SOCKET_CLASS, "--loop", "uvloop"),
    "hypercorn": ("hypercorn",),
    "granian": ("granian",),
}
"""Arguments of `tests.hosts.serve` for each host."""

UVICORN: Final = "uvicorn-websockets-sansio"

_PATIENT: Final = {"transport_send_timeout": 600}
_OUTSIDE: Final = (*HOSTS[UVICORN], "--root-path", "/outside")


def _shaped(shape: Shape) -> Place:
    arguments = _OUTSIDE if shape == "everything" else HOSTS[UVICORN]
    return Place(arguments, AppOptions(shape=shape, http=_PATIENT))


PLACES: Final = {
    **{name: Place(arguments, AppOptions(http=_PATIENT)) for name, arguments in HOSTS.items()},
    **{shape: _shaped(shape) for shape in SHAPES if shape != "starlette"},
    "root-path": Place(_OUTSIDE, AppOptions(http=_PATIENT)),
}
"""Every host with the plain application, and every other application on uvicorn."""
