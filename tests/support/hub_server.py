"""One mapped hub without any transport: a handler, and clients in memory."""

from __future__ import annotations

import time
from contextlib import asynccontextmanager
from itertools import count
from typing import TYPE_CHECKING, Any, final

from signalr_py.hub.activation import HubActivator
from signalr_py.hub.clients import HubClients
from signalr_py.hub.context import HubContext
from signalr_py.hub.dispatcher import HubDispatcher
from signalr_py.hub.groups import GroupManager
from signalr_py.hub.handler import HubConnectionHandler
from signalr_py.hub.lifetime import LocalLifetimeManager
from signalr_py.hub.methods import MethodTable
from signalr_py.hub.threads import HomeLoop
from signalr_py.hub.typed_clients import typed_clients_of
from signalr_py.options import HubOptions
from signalr_py.protocol.json import JsonHubProtocol
from signalr_py.protocol.messagepack import MessagePackHubProtocol
from tests.support.duplex import InMemoryDuplex
from tests.support.hub_client import HubClient, ProtocolName

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from starlette.requests import HTTPConnection

    from signalr_py.hub.activation import HubFactory
    from signalr_py.hub.filters import HubFilter
    from signalr_py.hub.hub import Hub
    from signalr_py.protocol.base import HubProtocol
    from signalr_py.types import UserId

__all__ = ["HubServer", "serve"]


@final
class HubServer:
    """What `SignalR.map_hub` wires, ended by the test.

    Attributes:
        handler: The hub's connection handler.
        lifetime: Its connections.
        context: Sends to its clients.
        home: The event loop.
    """

    def __init__(
        self,
        hub_type: type[Hub[Any]],
        options: HubOptions | None = None,
        *,
        user_id: Callable[[HTTPConnection], UserId | None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
        filters: Sequence[HubFilter] = (),
        hub_factory: HubFactory | None = None,
    ) -> None:
        options = options or HubOptions()
        self.home = HomeLoop()
        self.home.bind()
        self.lifetime = LocalLifetimeManager()
        self.lifetime.results.default_timeout = options.client_result_timeout
        table = MethodTable(hub_type)
        groups = GroupManager(self.lifetime, self.home)
        self.context = HubContext(HubClients(self.lifetime, self.home, typed_clients_of(hub_type)), groups)
        name = hub_type.__name__
        protocols: dict[str, HubProtocol] = {
            "json": JsonHubProtocol(options.json),
            "messagepack": MessagePackHubProtocol(options.messagepack),
        }
        self.handler = HubConnectionHandler(
            name=name,
            table=table,
            options=options,
            dispatcher=HubDispatcher(
                name,
                table,
                detailed_errors=options.enable_detailed_errors,
                filters=filters,
                activator=HubActivator(hub_type, hub_factory),
            ),
            lifetime=self.lifetime,
            protocols={name: protocols[name] for name in options.supported_protocols},
            home=self.home,
            user_id=user_id,
            clock=clock,
        )
        self._numbers = count(1)

    def open(self, protocol: ProtocolName = "json", connection_id: str | None = None, **duplex: Any) -> HubClient:
        """Return a client that has not shaken hands yet; keyword arguments are those of `InMemoryDuplex`."""
        carrier = InMemoryDuplex(connection_id or f"c{next(self._numbers)}", **duplex)
        return HubClient(carrier, self.handler.connect(carrier), protocol)

    def connect(self, protocol: ProtocolName = "json", connection_id: str | None = None, **duplex: Any) -> HubClient:
        """Return a client whose handshake has succeeded; `on_connected` may still run."""
        client = self.open(protocol, connection_id, **duplex)
        client.request_handshake()
        assert client.handshake_answer == {}, client.handshake_answer
        return client


@asynccontextmanager
async def serve(
    hub_type: type[Hub[Any]],
    options: HubOptions | None = None,
    *,
    user_id: Callable[[HTTPConnection], UserId | None] = lambda _: None,
    clock: Callable[[], float] = time.monotonic,
    filters: Sequence[HubFilter] = (),
    hub_factory: HubFactory | None = None,
) -> AsyncIterator[HubServer]:
    """Serve a hub inside the block, then send everybody away; nothing may be left of them."""
    server = HubServer(hub_type, options, user_id=user_id, clock=clock, filters=filters, hub_factory=hub_factory)
    try:
        yield server
    finally:
        await server.handler.shut_down(1)
        await server.handler.finish(1)
    assert len(server.lifetime.registry) == server.lifetime.registry.group_count == 0
    assert len(server.lifetime.results) == 0
    assert not server.handler.connections
