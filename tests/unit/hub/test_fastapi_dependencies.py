"""Providers that an application shares between its FastAPI endpoints and its hubs."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Annotated, Any

import pytest
from fastapi import Depends as FastAPIDepends
from fastapi import FastAPI, Header, Query, Security
from fastapi.security import SecurityScopes  # noqa: TC002 evaluated at run time
from starlette.requests import HTTPConnection  # noqa: TC002 evaluated at run time
from starlette.testclient import TestClient

from signalr_py import Hub, HubCallerContext, HubDefinitionError, SignalR
from signalr_py.hub.dependencies import DependencyResolver, dependency_of
from tests.support.duplex import InMemoryDuplex, make_request

if TYPE_CHECKING:
    from collections.abc import Iterator

HANDSHAKE = '{"protocol":"json","version":1}\x1e'


class Session:
    def __init__(self, tenant: str) -> None:
        self.tenant = tenant
        self.is_open = True


def get_tenant(connection: HTTPConnection) -> str:
    return connection.headers.get("x-tenant", "nobody")


def get_session(tenant: str = FastAPIDepends(get_tenant)) -> Iterator[Session]:
    session = Session(tenant)
    yield session
    session.is_open = False


class Page:
    def __init__(self, connection: HTTPConnection) -> None:
        self.path = connection.url.path


async def resolve(annotation: Any, default: Any = None) -> Any:
    dependency = dependency_of(annotation, default)
    assert dependency is not None
    request = make_request(headers={"X-Tenant": "acme", "Host": "example.org"})
    context = HubCallerContext(InMemoryDuplex("c1", request=request), None, lambda: None)
    async with AsyncExitStack() as scope:
        resolver = DependencyResolver("H.method", {"value": dependency})
        return (await resolver.resolve(context, scope))["value"]


async def test_depends_of_fastapi_means_the_same() -> None:
    session = await resolve(Annotated[Session, FastAPIDepends(get_session)])
    assert (session.tenant, session.is_open) == ("acme", False)
    session = await resolve(Session, FastAPIDepends(get_session))
    assert session.tenant == "acme"


async def test_depends_on_nothing_means_the_annotated_class() -> None:
    assert (await resolve(Annotated[Page, FastAPIDepends()])).path == "/hub"


def test_use_cache_is_respected() -> None:
    for use_cache in (True, False):
        dependency = dependency_of(Annotated[str, FastAPIDepends(get_tenant, use_cache=use_cache)])
        assert dependency is not None
        assert dependency.use_cache is use_cache


async def test_security_without_scopes_is_a_dependency() -> None:
    assert await resolve(Annotated[str, Security(get_tenant)]) == "acme"


def of_scopes(scopes: SecurityScopes) -> None:
    raise NotImplementedError


def of_header(x_tenant: str = Header("nobody")) -> None:
    raise NotImplementedError


def of_query(page: Annotated[int, Query()] = 1) -> None:
    raise NotImplementedError


class Limited:
    """What `Depends(get_tenant, max_concurrency=3)` is in the releases of FastAPI that know it."""

    dependency = staticmethod(get_tenant)
    use_cache = True
    max_concurrency = 3


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (Annotated[str, Security(get_tenant, scopes=["admin"])], "`scopes` is something that only FastAPI knows"),
        (Annotated[str, Limited()], "`max_concurrency` is something that only"),
        (Annotated[str, FastAPIDepends(of_header)], "takes `x_tenant`, which only FastAPI can fill in"),
        (Annotated[int, FastAPIDepends(of_query)], "takes `page`, which only FastAPI can fill in"),
        (Annotated[None, FastAPIDepends(of_scopes)], "takes `scopes`, and nothing says what that is"),
    ],
)
async def test_what_only_fastapi_can_do_is_refused(annotation: Any, words: str) -> None:
    with pytest.raises(HubDefinitionError, match=words):
        await resolve(annotation)


class TenantHub(Hub):
    async def tenant(self, session: Annotated[Session, FastAPIDepends(get_session)]) -> str:
        return session.tenant


def test_one_provider_serves_an_endpoint_and_a_hub() -> None:
    signalr = SignalR()
    app = FastAPI(routes=[signalr.map_hub("/hub", TenantHub)])

    @app.get("/tenant")
    def tenant(session: Annotated[Session, FastAPIDepends(get_session)]) -> str:
        return session.tenant

    headers = {"X-Tenant": "acme"}
    with TestClient(app) as client:
        assert client.get("/tenant", headers=headers).json() == "acme"
        with client.websocket_connect("/hub", headers=headers) as socket:
            socket.send_text(HANDSHAKE)
            assert socket.receive_text() == "{}\x1e"
            socket.send_text('{"type":1,"invocationId":"1","target":"Tenant","arguments":[]}\x1e')
            assert socket.receive_text() == '{"type":3,"invocationId":"1","result":"acme"}\x1e'
