"""A newer token of a connection's user: whether it is still that user, and the hub's hook for it."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, final

from signalr_py.hub import tasks

if TYPE_CHECKING:
    from signalr_py.hub.connection import HubConnection
    from signalr_py.hub.handler import HubConnectionHandler

__all__ = ["AuthenticationRefreshes"]

_log = logging.getLogger("signalr_py.hub")


@final
class AuthenticationRefreshes:
    """Runs `on_authentication_refreshed` for one connection: one at a time, and behind `on_connected`.

    Refreshes that come while it runs are told together, by one more run.

    Args:
        connection: The connection.
        handler: What all connections of the hub share.
    """

    __slots__ = ("_connection", "_handler", "_is_due", "_is_running")

    def __init__(self, connection: HubConnection, handler: HubConnectionHandler) -> None:
        self._connection = connection
        self._handler = handler
        self._is_due = False
        self._is_running = False

    def is_same_user(self) -> bool:
        """Tell whether the request's user has the id that the connection was opened with."""
        connection = self._connection
        try:
            return self._handler.user_id(connection.request) == connection.user_id
        except Exception:  # noqa: BLE001 - the callable is the application's, and a failure must not let anybody in
            _log.exception("SignalR(user_id=...) failed for connection %s.", connection.connection_id)
            return False

    def note(self) -> None:
        """Let the hub know, at once or as soon as it can."""
        self._is_due = self._handler.dispatcher.hooks.has_refreshed
        self.tell()

    def tell(self) -> None:
        """Run the hook if there is something to tell, the connection is open, and the hook does not run yet."""
        if self._is_due and not self._is_running and self._connection.takes_messages:
            self._is_running = True
            self._connection.start(self._run())

    async def _run(self) -> None:
        connection = self._connection
        try:
            while self._is_due and connection.takes_messages:
                self._is_due = False
                await self._call_hook()
        finally:
            self._is_running = False

    async def _call_hook(self) -> None:
        try:
            await self._handler.dispatcher.hooks.refreshed(self._connection)
        except (Exception, asyncio.CancelledError) as error:
            if tasks.is_cancelled(error):
                raise
            _log.exception(
                "%s.on_authentication_refreshed failed for connection %s.",
                self._handler.name,
                self._connection.connection_id,
            )
