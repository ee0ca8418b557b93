from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from signalr_py.transports.base import ConnectionStatistics

if TYPE_CHECKING:
    from signalr_py.hub.connection import HubConnection
    from signalr_py.transports.base import AttachedTransport, ConnectionHandler, Duplex
    from signalr_py.transports.connection import TransportConnection
    from signalr_py.transports.long_polling import LongPollingTransport
    from signalr_py.transports.server_sent_events import ServerSentEventsTransport
    from signalr_py.transports.websocket import WebSocketTransport
    from tests.support.handlers import RecordingHandler

    def the_type_checker_sees_who_satisfies_what(
        connection: TransportConnection,
        handlers: tuple[HubConnection, RecordingHandler],
        transports: tuple[WebSocketTransport, ServerSentEventsTransport, LongPollingTransport],
    ) -> tuple[Duplex, tuple[ConnectionHandler, ...], tuple[AttachedTransport, ...]]:
        return connection, handlers, transports


def test_statistics_cannot_be_changed() -> None:
    statistics = ConnectionStatistics(1, 2, 3, 4, 5)
    with pytest.raises(AttributeError):
        statistics.bytes_sent = 0  # type: ignore[misc]
    assert statistics == ConnectionStatistics(
        bytes_received=1, bytes_sent=2, messages_sent=3, bytes_waiting=4, messages_waiting=5
    )
