"""Everything that the connections of one mapped hub share."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, final

from signalr_py.hub import tasks
from signalr_py.hub.connection import HubConnection
from signalr_py.hub.deliveries import PLAIN_DELIVERIES
from signalr_py.hub.groups import GroupManager
from signalr_py.hub.methods import HubBinder, MethodTable
from signalr_py.hub.typed_clients import TypedClients, typed_clients_of
from signalr_py.protocol.messages import PingMessage

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping
    from contextvars import Context

    from starlette.requests import HTTPConnection

    from signalr_py.hub.dispatcher import HubDispatcher
    from signalr_py.hub.lifetime import LifetimeManager
    from signalr_py.hub.threads import HomeLoop
    from signalr_py.options import HubOptions
    from signalr_py.protocol.base import HubProtocol
    from signalr_py.transports.base import Duplex
    from signalr_py.types import Delivery, UserId

__all__ = ["HubConnectionHandler"]


@final
@dataclass(eq=False, kw_only=True)
class HubConnectionHandler:
    """Makes a `HubConnection` of each new duplex, and owns the tasks of all of them.

    Attributes:
        name: Name of the hub.
        table: Its methods.
        options: Its options.
        dispatcher: Runs its methods.
        lifetime: Delivers messages to its clients.
        protocols: The hub protocols that it speaks, by name.
        home: The event loop of the server.
        user_id: Finds the user of a connection.
        clock: Monotonic clock in seconds.
        groups: Its groups.
        delivery: How messages to its clients are treated that do not say it.
        connections: The connections that have finished their handshake.
        running: Their tasks that have not ended.
        pings: The bytes of a ping in each of the protocols.
    """

    name: str
    table: MethodTable
    options: HubOptions
    dispatcher: HubDispatcher
    lifetime: LifetimeManager
    protocols: Mapping[str, HubProtocol]
    home: HomeLoop
    user_id: Callable[[HTTPConnection], UserId | None]
    clock: Callable[[], float] = time.monotonic
    groups: GroupManager = field(init=False)
    delivery: Delivery = field(init=False)
    pings: Mapping[str, bytes] = field(init=False)
    binders: Mapping[str, HubBinder] = field(init=False)
    typed_clients: TypedClients[Any] | None = field(init=False)
    connections: set[HubConnection] = field(init=False, default_factory=set)
    running: set[asyncio.Task[None]] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        self.groups = GroupManager(self.lifetime, self.home)
        self.delivery = PLAIN_DELIVERIES[self.options.slow_client_policy]
        self.typed_clients = typed_clients_of(self.table.hub_type)
        if self.typed_clients is not None:
            self.typed_clients.make_decoders(self.lifetime.results, self.protocols.values())
        self.pings = {name: protocol.encode(PingMessage()) for name, protocol in self.protocols.items()}
        self.binders = {name: HubBinder(self.table, protocol) for name, protocol in self.protocols.items()}

    def connect(self, duplex: Duplex) -> HubConnection:
        """Return the hub's side of a new connection, which waits for its handshake."""
        return HubConnection(duplex, self)

    def start(self, coroutine: Coroutine[Any, Any, None], variables: Context) -> None:
        """Run a coroutine, at once as far as it goes, and keep what remains of it until it ends.

        Args:
            coroutine: What to run.
            variables: Context variables that it may change.
        """
        tasks.start(coroutine, variables, self.running)

    def schedule(self, coroutine: Coroutine[Any, Any, None], variables: Context) -> None:
        """Run a coroutine from the next turn of the event loop on; the arguments are those of `start`."""
        tasks.schedule(coroutine, variables, self.running)

    async def shut_down(self, grace: float) -> None:
        """Send every client away: idle ones at once, the others when their calls have ended.

        Args:
            grace: Seconds that running calls have.
        """
        for number, connection in enumerate(list(self.connections)):
            connection.leave(at_once=False)
            if number % _BATCH == _BATCH - 1:
                await asyncio.sleep(0)
        if self.connections:
            await self._wait_for_connections(grace)
        for connection in list(self.connections):
            connection.leave(at_once=True)

    async def finish(self, grace: float) -> None:
        """Wait for every task, cancel those that take longer, and give up on those that take longer still.

        Args:
            grace: Seconds that they have, each time.
        """
        if self.running:
            await asyncio.wait(self.running, timeout=grace)
        for task in list(self.running):
            task.cancel()
        if self.running:
            await asyncio.wait(self.running, timeout=grace)

    async def _wait_for_connections(self, grace: float) -> None:
        deadline = asyncio.get_running_loop().time() + grace
        while self.running and self.connections and (left := deadline - asyncio.get_running_loop().time()) > 0:
            await asyncio.wait(self.running, timeout=left, return_when=asyncio.FIRST_COMPLETED)


_BATCH = 100
