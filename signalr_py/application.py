"""The composition root: what `AddSignalR` and `MapHub` are in ASP.NET Core."""

from __future__ import annotations

import asyncio
import logging
import os
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final, final

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response

from signalr_py.exceptions import HubDefinitionError, OptionsError
from signalr_py.hub.activation import HubActivator
from signalr_py.hub.authorization import AuthorizationRequirement, authorize_request, requirements_of
from signalr_py.hub.clients import HubClients
from signalr_py.hub.context import HubContext
from signalr_py.hub.dispatcher import HubDispatcher
from signalr_py.hub.filters import filters_of
from signalr_py.hub.groups import GroupManager
from signalr_py.hub.handler import HubConnectionHandler
from signalr_py.hub.lifetime import LocalLifetimeManager
from signalr_py.hub.methods import MethodTable
from signalr_py.hub.threads import HomeLoop
from signalr_py.hub.typed_clients import typed_clients_of
from signalr_py.option_checks import check_shutdown_timeout, check_user_id, options_given, origins_of, secret_keys_of
from signalr_py.options import HttpConnectionOptions, HubOptions
from signalr_py.protocol.json import JsonHubProtocol
from signalr_py.protocol.messagepack import MessagePackHubProtocol
from signalr_py.servers.uvicorn import drain_on_signals, warn_about_settings, warn_about_workers
from signalr_py.transports.endpoint import EndpointSettings, HubEndpoint
from signalr_py.transports.heartbeat import Heartbeat
from signalr_py.transports.manager import ConnectionManager
from signalr_py.transports.principal import user_name
from signalr_py.transports.responses import text
from signalr_py.transports.route import HubRoute
from signalr_py.transports.tokens import ConnectionTokens

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from starlette.requests import HTTPConnection

    from signalr_py.hub.activation import HubFactory
    from signalr_py.hub.clients import ClientT
    from signalr_py.hub.filters import HubFilter
    from signalr_py.hub.hub import Hub
    from signalr_py.options import JsonPayload, MessagePackPayload
    from signalr_py.protocol.base import HubProtocol
    from signalr_py.types import UserId

__all__ = ["SignalR"]

_KEYS_VARIABLE: Final = "SIGNALR_SECRET_KEYS"
_NODE_SIZE: Final = 8

_log = logging.getLogger("signalr_py")


@final
class SignalR:
    """Serves hubs: create one for an application, map its hubs, and hand over its lifespan.

    ```python
    signalr = SignalR()
    app = Starlette(routes=[signalr.map_hub("/chat", ChatHub)], lifespan=signalr.lifespan)
    ```

    Attributes:
        options: Options of every hub, except for what a hub's own ones name.
        http: Options of every hub's HTTP surface, except for what a hub's own ones name.

    Args:
        options: Options of every hub, except for what a hub's own ones name.
        http: Options of every hub's HTTP surface, except for what a hub's own ones name.
        filters: What is around the calls and the life of the connections of every hub, the outermost first.
        secret_keys: Secrets of 16 characters or more that sign connection tokens: the first one signs, all verify. By
            default those in the environment variable `SIGNALR_SECRET_KEYS`, separated by commas; without it, a random
            key for this process.
        user_id: Finds the id of a connection's user, for `clients.user(...)`; by default the authenticated user's
            `identity`. A plain callable that must not block, called once per connection.
        allowed_origins: Origins, such as `https://example.org`, whose pages may use the hubs. They are checked on
            WebSocket upgrades, which browsers allow from anywhere, and `cors_middleware()` tells them to browsers for
            the other requests. None, as in ASP.NET Core, checks nothing.
        shutdown_timeout: Seconds that running calls, and then `on_disconnected`, have when the server shuts down.

    Raises:
        OptionsError: An argument has a value that is not allowed.
    """

    def __init__(
        self,
        options: HubOptions | None = None,
        *,
        http: HttpConnectionOptions | None = None,
        filters: Sequence[HubFilter] = (),
        secret_keys: Sequence[str] | None = None,
        user_id: Callable[[HTTPConnection], UserId | None] = user_name,
        allowed_origins: Sequence[str] | None = None,
        shutdown_timeout: float = 5.0,
    ) -> None:
        check_user_id(user_id)
        check_shutdown_timeout(shutdown_timeout)
        self.options: HubOptions = options_given("SignalR", "options", options, HubOptions)
        self.http: HttpConnectionOptions = options_given("SignalR", "http", http, HttpConnectionOptions)
        self._filters = filters_of(filters, "SignalR(filters=...)")
        self._secret_keys = None if secret_keys is None else secret_keys_of(secret_keys, "SignalR(secret_keys=...)")
        self._user_id = user_id
        self._allowed_origins = None if allowed_origins is None else origins_of(allowed_origins)
        self._shutdown_timeout = shutdown_timeout
        self._node = os.urandom(_NODE_SIZE)
        self._home = HomeLoop()
        self._heartbeat = Heartbeat()
        self._lifetimes: dict[type[Hub[Any]], LocalLifetimeManager] = {}
        self._names: dict[str, type[Hub]] = {}
        self._shared: dict[type[Hub], tuple[JsonPayload, MessagePackPayload, float]] = {}
        self._handlers: list[HubConnectionHandler] = []
        self._managers: list[ConnectionManager] = []
        self._leaving: asyncio.Task[None] | None = None
        self._undo_signals: Callable[[], None] | None = None
        self._keys: tuple[bytes, ...] | None = None

    def map_hub(
        self,
        path: str,
        hub_type: type[Hub[Any]],
        *,
        name: str | None = None,
        options: HubOptions | None = None,
        http: HttpConnectionOptions | None = None,
        filters: Sequence[HubFilter] = (),
        hub_factory: HubFactory | None = None,
    ) -> HubRoute:
        """Return a route that serves a hub.

        It goes wherever Starlette and FastAPI take routes: `routes=[...]`, below a `Mount`, behind a `root_path`. The
        same class may be mapped more than once; all its connections are one audience.

        Args:
            path: Path of the hub; path parameters are in `context.request.path_params`.
            hub_type: The hub class.
            name: Name of the hub among several servers; by default that of the class.
            options: Options of this hub; what they do not name is as in those given to `SignalR`.
            http: Options of its HTTP surface; what they do not name is as in those given to `SignalR`.
            filters: Filters of this hub, inside of those given to `SignalR`.
            hub_factory: Makes the hub object of one call, given the `HubCallerContext`: returns it, an awaitable of it,
                or an asynchronous context manager that is left when the call has ended. By default the class is called
                without arguments.

        Raises:
            HubDefinitionError: The class cannot be served.
            OptionsError: The class is mapped already, with another `json`, `messagepack` or `client_result_timeout`,
                or an argument has a value that is not allowed.
        """
        options = options_given("map_hub", "options", options, HubOptions).with_defaults(self.options)
        http = options_given("map_hub", "http", http, HttpConnectionOptions).with_defaults(self.http)
        table = MethodTable(hub_type)
        name = name or hub_type.__name__
        self._claim_name(name, hub_type, options)
        lifetime = self._lifetime_of(hub_type)
        lifetime.results.default_timeout = options.client_result_timeout
        handler = HubConnectionHandler(
            name=name,
            table=table,
            options=options,
            dispatcher=HubDispatcher(
                name,
                table,
                detailed_errors=options.enable_detailed_errors,
                filters=(*self._filters, *filters_of(filters, "map_hub(filters=...)")),
                activator=HubActivator(hub_type, hub_factory),
            ),
            lifetime=lifetime,
            protocols=_protocols(options),
            home=self._home,
            user_id=self._user_id,
        )
        manager = ConnectionManager(http, handler.connect)
        self._handlers.append(handler)
        self._managers.append(manager)
        self._heartbeat.add(manager)
        endpoint = HubEndpoint(
            EndpointSettings(
                options=http,
                manager=manager,
                tokens=ConnectionTokens(self._signing_keys(), f"{name} {path} {len(self._managers)}"),
                node=self._node,
                check=partial(self._check, name=name, requirements=requirements_of(hub_type)),
            )
        )
        return HubRoute(path, endpoint, name=name)

    def hub_context(self, hub_type: type[Hub[ClientT]]) -> HubContext[ClientT]:
        """Return what sends to the clients of a hub from anywhere in the process.

        Args:
            hub_type: A hub class that is mapped, now or later.

        Raises:
            HubDefinitionError: `Hub[...]` names something else than a protocol that clients can satisfy.
        """
        lifetime = self._lifetime_of(hub_type)
        clients = HubClients(lifetime, self._home, typed_clients_of(hub_type))
        return HubContext(clients, GroupManager(lifetime, self._home))

    def cors_middleware(self) -> Middleware:
        """Return Starlette's CORS middleware for `allowed_origins`, with credentials.

        It covers the whole application, and lets browsers use negotiate, Server-Sent Events and Long Polling.

        Raises:
            OptionsError: `allowed_origins` was not given, or allows every origin: with credentials, any page could act
                as its visitor.
        """
        if self._allowed_origins is None or "*" in self._allowed_origins:
            raise OptionsError(
                "SignalR.cors_middleware() needs SignalR(allowed_origins=[...]) with the origins by name, "
                "because it allows credentials."
            )
        return Middleware(
            CORSMiddleware,
            allow_origins=self._allowed_origins,
            allow_credentials=True,
            allow_methods=["*"],
            allow_headers=["*"],
        )

    @asynccontextmanager
    async def lifespan(self, app: object = None) -> AsyncIterator[None]:
        """Serve while the application lives, and send every client away at its end.

        Pass it as `lifespan=signalr.lifespan`, or enter it in a lifespan of your own:
        `async with signalr.lifespan(app): ...`. Without it, serving starts at the first request.
        """
        self._start()
        self._set_draining_at_end(drains_at_end=True)
        try:
            yield
        finally:
            self._set_draining_at_end(drains_at_end=False)
            await self.shutdown()

    async def shutdown(self) -> None:
        """Close every connection with a Close message that invites the client to reconnect.

        New connections are refused with 503 from now on. Running calls have `shutdown_timeout` seconds to end, then
        `on_disconnected` has as many. On uvicorn it happens by itself when a signal ends the process, before uvicorn
        drops its sockets; elsewhere at the end of `lifespan`. Calling it again waits for the same end.
        """
        if self._leaving is None:
            self._set_leaving(is_leaving=True)
            self._leaving = asyncio.get_running_loop().create_task(self._leave(), name="signalr_py shutdown")
        await asyncio.shield(self._leaving)

    async def _leave(self) -> None:
        await asyncio.gather(*(handler.shut_down(self._shutdown_timeout) for handler in self._handlers))
        await asyncio.gather(*(handler.finish(self._shutdown_timeout) for handler in self._handlers))
        await asyncio.gather(*(manager.drain(self._shutdown_timeout) for manager in self._managers))
        await asyncio.gather(*(handler.finish(self._shutdown_timeout) for handler in self._handlers))
        await self._heartbeat.stop()
        if self._undo_signals is not None:
            self._undo_signals()
            self._undo_signals = None

    def _start(self) -> None:
        self._home.bind()
        self._leaving = None
        self._set_leaving(is_leaving=False)
        self._heartbeat.start()
        if self._undo_signals is not None:
            self._undo_signals()
        warn_about_settings()
        warn_about_workers()
        self._undo_signals = drain_on_signals(self.shutdown)

    def _set_leaving(self, *, is_leaving: bool) -> None:
        for manager in self._managers:
            manager.is_leaving = is_leaving

    def _set_draining_at_end(self, *, drains_at_end: bool) -> None:
        for manager in self._managers:
            manager.drains_at_end = drains_at_end

    async def _check(
        self, connection: HTTPConnection, *, name: str, requirements: tuple[AuthorizationRequirement, ...]
    ) -> Response | None:
        is_leaving = self._leaving is not None and self._leaving.get_loop().is_running()
        if not is_leaving and not self._heartbeat.is_running:
            self._start()
        if requirements:
            denial = await authorize_request(requirements, connection, name)
            if denial is not None:
                return Response(denial.body, status_code=denial.status, headers=denial.headers)
        if connection.scope["type"] == "websocket" and not self._is_allowed_origin(connection):
            _log.warning("A WebSocket from a page of %r is refused (allowed_origins).", connection.headers["origin"])
            return text(403, "The origin is not allowed.")
        return None

    def _is_allowed_origin(self, connection: HTTPConnection) -> bool:
        allowed = self._allowed_origins
        if allowed is None or "*" in allowed:
            return True
        origin = connection.headers.get("origin")
        return origin is None or origin.lower() in allowed

    def _lifetime_of(self, hub_type: type[Hub[Any]]) -> LocalLifetimeManager:
        return self._lifetimes.setdefault(hub_type, LocalLifetimeManager())

    def _claim_name(self, name: str, hub_type: type[Hub], options: HubOptions) -> None:
        if self._names.get(name, hub_type) is not hub_type:
            raise HubDefinitionError(
                f"Two hub classes have the name {name!r}: give one of them map_hub(..., name=...)."
            )
        shared = (options.json, options.messagepack, options.client_result_timeout)
        if self._shared.setdefault(hub_type, shared) != shared:
            raise OptionsError(
                f"{hub_type.__name__} is mapped twice, and its connections are one audience: give both the same "
                "HubOptions(json=..., messagepack=..., client_result_timeout=...), or make a subclass of the hub."
            )
        self._names[name] = hub_type

    def _signing_keys(self) -> tuple[bytes, ...]:
        if self._keys is None:
            texts = self._secret_keys
            if texts is None:
                given = [key.strip() for key in os.environ.get(_KEYS_VARIABLE, "").split(",") if key.strip()]
                texts = secret_keys_of(given, _KEYS_VARIABLE) if given else ()
            self._keys = tuple(key.encode() for key in texts) if texts else (os.urandom(32),)
        return self._keys


def _protocols(options: HubOptions) -> dict[str, HubProtocol]:
    protocols: dict[str, HubProtocol] = {
        "json": JsonHubProtocol(options.json),
        "messagepack": MessagePackHubProtocol(options.messagepack),
    }
    return {name: protocols[name] for name in options.supported_protocols}
