from __future__ import annotations

from signalr_py.transports.forwarding import NoForwarding
from signalr_py.transports.tokens import ConnectionToken, fingerprint, new_connection_id
from tests.support.exchanges import Exchange, http_scope


async def test_a_single_process_has_nowhere_to_forward_to() -> None:
    token = ConnectionToken(new_connection_id(), b"the home", fingerprint(""), False, 0)

    async def application(*_: object) -> None:
        """Never called."""

    exchange = Exchange(application, http_scope())
    assert not await NoForwarding().forward(token, http_scope(), exchange.receive, exchange.send)
    assert exchange.sent == []
