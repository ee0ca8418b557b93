"""Choosing the subprotocol of a WebSocket, which SignalR itself has no use for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signalr_py.exceptions import OptionsError

if TYPE_CHECKING:
    from starlette.types import Scope

    from signalr_py.options import SubprotocolSelector

__all__ = ["choose_subprotocol"]


def choose_subprotocol(selector: SubprotocolSelector | None, scope: Scope) -> str | None:
    """Return the subprotocol to accept a WebSocket with, or None for none; a client that offers none gets none.

    Raises:
        OptionsError: The selector returned what the client does not offer, so that it would fail the connection.
    """
    offered = tuple(scope.get("subprotocols", ()))
    if selector is None or not offered:
        return None
    chosen = selector(offered)
    if chosen is not None and chosen not in offered:
        raise OptionsError(
            f"HttpConnectionOptions(websocket_subprotocol_selector={selector!r}) returned {chosen!r}: "
            f"allowed is None, or one of those that the client offers: {offered!r}."
        )
    return chosen
