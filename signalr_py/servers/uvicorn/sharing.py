"""What all WebSockets of one uvicorn server have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, final
from weakref import WeakKeyDictionary

from signalr_py.servers.uvicorn.pings import Pings
from signalr_py.servers.websocket.deflate import DeflateSettings, Inflater, compressor, negotiate
from signalr_py.servers.websocket.frames import FrameEncoder

if TYPE_CHECKING:
    from collections.abc import Callable

    from uvicorn.config import Config

    from signalr_py.servers.websocket.deflate import NegotiatedDeflate

__all__ = ["Shared", "shared_by"]


@final
class Shared:
    """Made once per server.

    Attributes:
        pings: Pings the clients of plain ASGI applications.
    """

    def __init__(self, config: Config) -> None:
        self.pings: Pings = Pings(config.ws_ping_interval, config.ws_ping_timeout)
        self._settings = DeflateSettings() if config.ws_per_message_deflate else None
        self._maximum_size = config.ws_max_size
        self._encoders: dict[tuple[bool, int | None], FrameEncoder] = {}

    def negotiate(self, offers: str) -> NegotiatedDeflate | None:
        """Agree with a client on compression; None when there is to be none."""
        return None if self._settings is None or not offers else negotiate(offers, self._settings)

    def inflate(self, deflate: NegotiatedDeflate | None) -> Callable[[bytes], bytes] | None:
        """Return what inflates the messages of one client."""
        return None if deflate is None else Inflater(deflate, maximum_size=self._maximum_size)

    def encoder(self, *, binary: bool, deflate: NegotiatedDeflate | None) -> FrameEncoder:
        """Return what frames the messages for all clients of one kind."""
        key = binary, None if deflate is None else deflate.window_bits
        encoder = self._encoders.get(key)
        if encoder is None:
            compress = None
            if deflate is not None:
                assert self._settings is not None
                compress = compressor(deflate.window_bits, self._settings)
            encoder = self._encoders[key] = FrameEncoder(binary=binary, compress=compress)
        return encoder


def shared_by(config: Config) -> Shared:
    """Return what the WebSockets of the server with this configuration share."""
    shared = _SHARED.get(config)
    if shared is None:
        shared = _SHARED[config] = Shared(config)
    return shared


_SHARED: Final[WeakKeyDictionary[Config, Shared]] = WeakKeyDictionary()
"""A cache: uvicorn makes each protocol object from its configuration alone."""
