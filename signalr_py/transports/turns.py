"""Writing each socket once per turn of the event loop, whatever was sent to it during the turn."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final, Protocol, final

if TYPE_CHECKING:
    from collections.abc import Callable

    from signalr_py.transports.direct_socket import MessageEncoder

__all__ = ["Collecting", "TurnWriter", "write_pending"]

_SLICE: Final = 512
_log = logging.getLogger("signalr_py.transports")


class Collecting(Protocol):
    """A socket that collects what it is to write.

    Attributes:
        pending: The message, or the messages, that it has collected.
        encoder: Makes frames of them, once it is chosen.
        write_frames: Writes to the socket.
    """

    pending: bytes | list[bytes] | None
    encoder: MessageEncoder | None
    write_frames: Callable[[bytes], None]

    def choose_encoder(self) -> MessageEncoder:
        """Choose what makes the frames from now on."""
        ...


def write_pending(socket: Collecting) -> None:
    """Write what a socket has collected, in one piece."""
    pending = socket.pending
    if pending is not None:
        socket.pending = None
        encoder = socket.encoder or socket.choose_encoder()
        socket.write_frames(encoder.frames if encoder.message is pending else encoder.encode(pending))


@final
class TurnWriter:
    """Writes what sockets have collected, in the order they were added, at the beginning of the next turn of the loop.

    Writing to a socket costs more than all the rest, so after a message to thousands of clients others have their turn
    between slices of them. It is good for the event loop that runs when it is made, and no other.
    """

    __slots__ = ("_loop", "waiting")

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.waiting: list[Collecting] = []
        """What has something to write; when it is empty, `schedule` comes before something is added."""

    @property
    def is_here(self) -> bool:
        """Whether its event loop is the running one."""
        return self._loop is asyncio.get_running_loop()

    def schedule(self) -> None:
        """Write in the next turn what is added in this one."""
        self._loop.call_soon(self._write)

    def _write(self) -> None:
        waiting = self.waiting
        batch = waiting[:_SLICE]
        del waiting[:_SLICE]
        if waiting:
            self.schedule()
        left = iter(batch)
        while True:
            try:
                for socket in left:
                    # This is `write_pending`, without a call for each of thousands of sockets.
                    pending = socket.pending
                    if pending is not None:
                        socket.pending = None
                        encoder = socket.encoder or socket.choose_encoder()
                        socket.write_frames(encoder.frames if encoder.message is pending else encoder.encode(pending))
            except Exception:  # noqa: BLE001 - one socket's failure must not stop the others
                _log.exception("Writing to a socket failed.")
            else:
                return
