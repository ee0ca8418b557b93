"""Noticing that a client has given up its HTTP request."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import Receive

__all__ = ["wait_for_disconnect"]

_log = logging.getLogger("signalr_py.transports")


async def wait_for_disconnect(receive: Receive) -> None:
    """Return when the client has given up its request; what it still sends is dropped."""
    try:
        while (await receive())["type"] != "http.disconnect":
            pass
    except Exception as error:  # noqa: BLE001 - hosts raise errors of their own for a lost client
        _log.debug("A client was lost while its request was open: %s", type(error).__name__)
