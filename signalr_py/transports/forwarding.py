"""The seam for requests whose connection lives at another node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, final

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from signalr_py.transports.tokens import ConnectionToken

__all__ = ["Forwarder", "NoForwarding"]


class Forwarder(Protocol):
    """Hands a request to the node that has its connection."""

    async def forward(self, token: ConnectionToken, scope: Scope, receive: Receive, send: Send) -> bool:
        """Answer a request at another node.

        Returns:
            Whether it was answered; when not, its connection is unknown and the answer is 404.
        """
        ...


@final
class NoForwarding:
    """Forwarding for a single process: there is no other node."""

    async def forward(self, token: ConnectionToken, scope: Scope, receive: Receive, send: Send) -> bool:
        """Answer nothing."""
        return False
