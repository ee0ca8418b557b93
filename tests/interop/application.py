"""The interop server's application: the hubs of `hubs.py` at the addresses that every interop server uses.

User identity at `/interop` comes from the query string (`?user=alice`): this is test equipment, not a sample of
security. `/secure` wants a JWT: HS256, the key below, issuer `interop`, audience `hub`; the user is the claim `sub`,
roles are `role`.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from signalr_py import HttpConnectionOptions, HubOptions, JsonPayload, MessagePackPayload, SignalR
from signalr_py.auth import JwtAuthBackend
from signalr_py.redaction import install_redaction
from tests.interop.hubs import InteropHub, SecureHub

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection, Request

__all__ = ["SIGNING_KEY", "InteropOptions", "create_app", "create_app_from_environment"]

SIGNING_KEY = "interop-test-key-of-32-bytes-min!"
OPTIONS_VARIABLE = "INTEROP_OPTIONS"


@dataclass(frozen=True, kw_only=True)
class InteropOptions:
    """What the command line can change about the hubs; None leaves the package's default."""

    keepalive: float | None = None
    client_timeout: float | None = None
    detailed: bool = False
    parallel: int = 1

    def to_environment(self) -> dict[str, str]:
        """Return the variable that carries these options to a host's worker process."""
        return {OPTIONS_VARIABLE: json.dumps(asdict(self))}

    @classmethod
    def from_environment(cls) -> InteropOptions:
        """Read what `to_environment` wrote."""
        return cls(**json.loads(os.environ.get(OPTIONS_VARIABLE, "{}")))

    def hub_options(self) -> HubOptions:
        """Return the same as options of the package, with payloads spelled as .NET spells them."""
        defaults = HubOptions()
        return HubOptions(
            keep_alive_interval=self.keepalive or defaults.keep_alive_interval,
            client_timeout_interval=self.client_timeout or defaults.client_timeout_interval,
            enable_detailed_errors=self.detailed,
            maximum_parallel_invocations_per_client=self.parallel,
            json=JsonPayload(naming="camel"),
            messagepack=MessagePackPayload(naming="pascal", enums="name"),
        )


def create_app(options: InteropOptions) -> Starlette:
    """Return the ASGI application."""
    install_redaction()
    signalr = SignalR(options.hub_options(), user_id=_user_id)
    interop = signalr.hub_context(InteropHub)

    async def publish(request: Request) -> Response:
        query = request.query_params
        if "group" in query:
            target = interop.clients.group(query["group"])
        elif "user" in query:
            target = interop.clients.user(query["user"])
        elif "connection" in query:
            target = interop.clients.client(query["connection"])
        else:
            target = interop.clients.all
        await target.send(query.get("method", "Receive"), query.get("text", ""), key=query.get("key"))
        return Response()

    async def health(request: Request) -> Response:
        return PlainTextResponse("ok")

    return Starlette(
        routes=[
            signalr.map_hub("/interop", InteropHub, http=HttpConnectionOptions(allow_stateful_reconnects=True)),
            signalr.map_hub(
                "/secure",
                SecureHub,
                http=HttpConnectionOptions(close_on_authentication_expiration=True, allow_stateful_reconnects=True),
            ),
            Route("/health", health),
            Route("/publish", publish, methods=["POST"]),
        ],
        middleware=[
            Middleware(
                AuthenticationMiddleware,
                backend=JwtAuthBackend(SIGNING_KEY, algorithms=("HS256",), issuer="interop", audience="hub"),
            )
        ],
        lifespan=signalr.lifespan,
    )


def create_app_from_environment() -> Starlette:
    """Return the ASGI application with the options of the environment, for hosts that import it by name."""
    return create_app(InteropOptions.from_environment())


def _user_id(connection: HTTPConnection) -> str | None:
    if (user := connection.query_params.get("user")) is not None:
        return user
    return connection.user.identity if connection.user.is_authenticated else None
