"""The connections of one mapped hub: created at the first request, found by token, removed at the end."""

from __future__ import annotations

import asyncio
import logging
import time
from itertools import islice
from typing import TYPE_CHECKING, Final, final

from signalr_py.exceptions import ConnectionLimitError
from signalr_py.transports.connection import TransportConnection
from signalr_py.transports.refusals import RefusalLog
from signalr_py.transports.stateful import StatefulConnection
from signalr_py.types import TransportType

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from signalr_py.options import HttpConnectionOptions
    from signalr_py.transports.base import ConnectionHandler, Duplex
    from signalr_py.transports.tokens import ConnectionToken
    from signalr_py.types import ConnectionId

__all__ = ["ConnectionManager"]

_SLICE: Final = 1_000
_log = logging.getLogger("signalr_py.transports")


@final
class ConnectionManager:
    """Keeps the connections of one mapped hub.

    Args:
        options: Options of the endpoint.
        create_handler: Makes the hub's side of a connection.
        clock: Monotonic clock in seconds.
        wall_clock: Unix time in seconds.
    """

    def __init__(
        self,
        options: HttpConnectionOptions,
        create_handler: Callable[[Duplex], ConnectionHandler],
        *,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._options = options
        self._create_handler = create_handler
        self._clock = clock
        self.wall_clock = wall_clock
        self._connections: dict[ConnectionId, TransportConnection] = {}
        self._spent: dict[ConnectionId, float] = {}
        self._pending: set[ConnectionId] = set()
        self._established = self._pending.discard
        self._refusals = RefusalLog()
        self.is_leaving = False
        """Whether the server shuts down: nobody new is taken, and those who are there are told."""
        self.drains_at_end = False
        """Whether the server waits for the connections at its end, whatever has become of their requests."""

    @property
    def connections(self) -> Collection[TransportConnection]:
        """The connections that have not ended, and those whose end the client may not have been told yet."""
        return self._connections.values()

    def find(self, connection_id: ConnectionId) -> TransportConnection | None:
        """Return a connection by the id in its verified token, unless its client has deleted it."""
        connection = self._connections.get(connection_id)
        return None if connection is None or connection.is_deleted else connection

    def can_claim(self, token: ConnectionToken) -> bool:
        """Tell whether a token may still open its connection: it has not expired and was not used before."""
        return token.expires_at >= self.wall_clock() and token.connection_id not in self._spent

    def claim(self, token: ConnectionToken) -> TransportConnection:
        """Create the connection that a token opens; ask `can_claim` before.

        Raises:
            ConnectionLimitError: `maximum_connections` or `maximum_pending_handshakes` is reached.
        """
        connection = self.open(token.connection_id, token.identity, stateful=token.stateful)
        self._spent[token.connection_id] = token.expires_at
        return connection

    def open(self, connection_id: ConnectionId, identity: bytes, *, stateful: bool = False) -> TransportConnection:
        """Create a connection that no token leads to.

        Args:
            connection_id: Its fresh public id.
            identity: Fingerprint of its user.
            stateful: Whether its client may come back with a new socket.

        Raises:
            ConnectionLimitError: `maximum_connections` or `maximum_pending_handshakes` is reached.
        """
        try:
            self._check_limits()
        except ConnectionLimitError as error:
            self._refusals.note(str(error), self._clock())
            raise
        connection = (StatefulConnection if stateful else TransportConnection)(
            connection_id,
            identity,
            options=self._options,
            clock=self._clock,
            create_handler=self._create_handler,
            established=self._established,
        )
        self._connections[connection_id] = connection
        self._pending.add(connection_id)
        return connection

    def _patience(self, connection: TransportConnection) -> float:
        """Return the seconds that a client has to learn of the end of its connection."""
        is_socket = connection.chosen_transport is TransportType.WEB_SOCKETS
        has_left = connection.is_deleted or (is_socket and isinstance(connection, StatefulConnection))
        return 0 if has_left else self._options.disconnect_timeout

    def _check_limits(self) -> None:
        limit = self._options.maximum_connections
        if limit is not None and len(self._connections) >= limit:
            raise ConnectionLimitError(f"The limit of {limit} connections is reached (maximum_connections).")
        pending = self._options.maximum_pending_handshakes
        if pending is not None and len(self._pending) >= pending:
            raise ConnectionLimitError(
                f"The limit of {pending} unfinished handshakes is reached (maximum_pending_handshakes)."
            )

    def remove(self, connection: TransportConnection) -> None:
        """Forget a connection; its token is not accepted again."""
        self._connections.pop(connection.connection_id, None)
        self._pending.discard(connection.connection_id)

    def delete(self, connection: TransportConnection) -> None:
        """End a connection for its client, and forget it when the hub has finished and no request carries it."""
        connection.is_deleted = True
        connection.end_of_input()
        if not connection.is_attached:
            connection.detach()
            if connection.has_ended:
                self.remove(connection)

    async def drain(self, grace: float, *, poll_gap: float = 1.0) -> None:
        """End the connections that the hub has not, and wait until every client has been told.

        Args:
            grace: Seconds to wait; a client that takes longer is dropped.
            poll_gap: Seconds in which a client between two polls has to come again.
        """
        for connection in list(self._connections.values()):
            if not connection.has_ended:
                connection.end_of_input()
        told = {
            asyncio.ensure_future(connection.wait_detached()): connection
            for connection in self._connections.values()
            if connection.is_attached or connection.chosen_transport is TransportType.LONG_POLLING
        }
        if told:
            _, late = await asyncio.wait(told, timeout=min(grace, poll_gap))
            attached = [task for task in late if told[task].is_attached]
            if attached and grace > poll_gap:
                await asyncio.wait(attached, timeout=grace - poll_gap)
            for task in told:
                task.cancel()
        for connection in list(self._connections.values()):
            connection.abort()

    def tick(self, now: float) -> Iterator[None]:
        """Check the time limits of every connection and forget those that have expired.

        Yields:
            Nothing, between slices of the connections, for others to have their turn.
        """
        wall_time = self.wall_clock()
        self._refusals.tick(now)
        connections = list(self._connections.values())
        for start in range(0, len(connections), _SLICE):
            if start:
                yield
            for connection in connections[start : start + _SLICE]:
                if now >= connection.due:
                    self._check_time(connection, now, wall_time)
        self._forget_spent(wall_time)

    def _check_time(self, connection: TransportConnection, now: float, wall_time: float) -> None:
        try:
            connection.tick(now, wall_time)
        except Exception:  # noqa: BLE001 - one connection's failure must not stop the others' time limits
            _log.exception("Checking the time limits of connection %s failed.", connection.connection_id)
        since = connection.inactive_since
        if since is not None and connection.has_ended and now - since >= self._patience(connection):
            self.remove(connection)

    def _forget_spent(self, wall_time: float) -> None:
        expired = 0
        for expires_at in self._spent.values():
            if expires_at >= wall_time:
                break
            expired += 1
        for connection_id in list(islice(self._spent, expired)):
            del self._spent[connection_id]
