"""Tokens that are refreshed while a connection goes on, over sockets; as an application, this module is served."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from signalr_py import HttpConnectionOptions, Hub, SignalR, authorize
from signalr_py.auth import JwtAuthBackend, JwtUser
from signalr_py.redaction import install_redaction
from tests.interop.tokens import SIGNING_KEY, token
from tests.support.components import require
from tests.support.interop import ROOT
from tests.support.processes import ServerProcess, server_process
from tests.support.raw_client import ConnectionEndedError, InvocationError, connect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request

UNAUTHORIZED = "Failed to invoke 'AdminOnly' because user is unauthorized"
SECONDS = 60


@authorize("chat")
class RefreshedHub(Hub):
    async def who_am_i(self) -> str | None:
        return self.context.user_identifier

    async def roles(self) -> list[str]:
        assert isinstance(self.context.user, JwtUser)
        return list(self.context.user.roles)

    @authorize(roles=("admin",))
    async def admin_only(self) -> str:
        return "granted"

    async def on_authentication_refreshed(self) -> None:
        await self.clients.caller.send("Refreshed", await self.roles())


def application() -> Starlette:
    async def health(request: Request) -> PlainTextResponse:
        return PlainTextResponse("ok")

    install_redaction()
    signalr = SignalR()
    http = HttpConnectionOptions(enable_authentication_refresh=True, close_on_authentication_expiration=True)
    return Starlette(
        routes=[
            Mount("/api", routes=[signalr.map_hub("/hub", RefreshedHub, http=http)]),
            Route("/health", health),
        ],
        middleware=[
            Middleware(AuthenticationMiddleware, backend=JwtAuthBackend(SIGNING_KEY, issuer="interop", audience="hub"))
        ],
        lifespan=signalr.lifespan,
    )


def permit(user: str, *, role: str = "guest", life: float = 60, scope: str = "chat", **claims: Any) -> str:
    """Return a token that the hub accepts."""
    return token(user, life=life, role=role, scope=scope, **claims)


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    factory = "tests.interop.test_authentication_refresh:application"
    command = [sys.executable, "-m", "uvicorn", "--factory", factory, "--port", "{port}", "--log-level", "debug"]
    with server_process([*command, "--ws", "websockets-sansio"]) as process:
        yield process


@pytest.fixture
def url(server: ServerProcess) -> str:
    return f"{server.url}/api/hub"


async def refresh(url: str, connection_token: str | None, bearer: str | None) -> httpx.Response:
    headers = {} if bearer is None else {"Authorization": f"Bearer {bearer}"}
    query = {} if connection_token is None else {"id": connection_token}
    async with httpx.AsyncClient(trust_env=False) as http:
        return await http.post(f"{url}/refresh", params=query, headers=headers)


def bearing(bearer: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {bearer}"}


@pytest.mark.parametrize("transport", ["WebSockets", "ServerSentEvents", "LongPolling"])
async def test_a_newer_token_changes_what_its_user_may_do(url: str, transport: str) -> None:
    guest, admin = permit("alice"), permit("alice", role="admin", life=3600)
    async with connect(url, transport, headers=bearing(guest)) as client:
        with pytest.raises(InvocationError, match=UNAUTHORIZED):
            await client.invoke("AdminOnly")
        answer = await refresh(url, client.channel.parameters["id"], admin)
        assert answer.status_code == 200
        assert 3500 < answer.json()["tokenLifetimeSeconds"] <= 3600
        assert await client.expect("Refreshed") == [["admin"]]
        assert await client.invoke("AdminOnly") == "granted"
        assert await client.invoke("WhoAmI") == "alice"
        assert (await refresh(url, client.channel.parameters["id"], permit("alice"))).status_code == 200
        assert await client.expect("Refreshed") == [["guest"]]
        with pytest.raises(InvocationError, match=UNAUTHORIZED):
            await client.invoke("AdminOnly")


@pytest.mark.parametrize(
    ("claims", "status", "code"),
    [
        (None, 401, "invalid_token"),
        ({"life": -10}, 401, "invalid_token"),
        ({"aud": "elsewhere"}, 401, "invalid_token"),
        ({"key": "another-key-of-at-least-32-bytes!"}, 401, "invalid_token"),
        ({"scope": "mail"}, 403, "permission_change_rejected"),
    ],
    ids=["missing", "expired", "for another audience", "of another key", "without the scope"],
)
async def test_a_refused_refresh_leaves_the_connection_alone(
    url: str, claims: dict[str, Any] | None, status: int, code: str
) -> None:
    async with connect(url, headers=bearing(permit("alice"))) as client:
        bearer = None if claims is None else permit("alice", **claims)
        answer = await refresh(url, client.channel.parameters["id"], bearer)
        assert (answer.status_code, answer.json()) == (status, {"error": code})
        assert answer.headers["content-type"] == "application/json"
        assert ("www-authenticate" in answer.headers) is (status == 401)
        assert await client.invoke("WhoAmI") == "alice"


@pytest.mark.parametrize("transport", ["WebSockets", "ServerSentEvents", "LongPolling"])
async def test_another_user_ends_the_connection(url: str, transport: str) -> None:
    async with connect(url, transport, headers=bearing(permit("alice"))) as client:
        answer = await refresh(url, client.channel.parameters["id"], permit("bob"))
        assert (answer.status_code, answer.json()) == (403, {"error": "permission_change_rejected"})
        assert await client.expect_close() == {"type": 7, "allowReconnect": True}
        await client.wait_ended()
        with pytest.raises(ConnectionEndedError):
            await client.expect("Refreshed")
        gone = await refresh(url, client.channel.parameters["id"], permit("alice"))
        assert (gone.status_code, gone.json()) == (404, {"error": "connection_not_found"})


async def test_what_names_no_connection(url: str) -> None:
    alice = permit("alice")
    missing, unknown = await refresh(url, None, alice), await refresh(url, "unknown", alice)
    assert (missing.status_code, missing.json()) == (400, {"error": "missing_connection_token"})
    assert (unknown.status_code, unknown.json()) == (404, {"error": "connection_not_found"})
    async with httpx.AsyncClient(trust_env=False) as http:
        for method in ("GET", "PUT", "DELETE"):
            assert (await http.request(method, f"{url}/refresh", headers=bearing(alice))).status_code == 405


async def test_a_token_may_come_in_the_query_as_for_every_request_to_a_hub(url: str) -> None:
    async with connect(url, headers=bearing(permit("alice"))) as client:
        query = {"id": client.channel.parameters["id"], "access_token": permit("alice", role="admin")}
        async with httpx.AsyncClient(trust_env=False) as http:
            assert (await http.post(f"{url}/refresh", params=query)).status_code == 200
        assert await client.expect("Refreshed") == [["admin"]]


async def test_no_token_is_in_the_log(server: ServerProcess, url: str) -> None:
    alice, admin = permit("alice"), permit("alice", role="admin")
    async with connect(url, headers=bearing(alice)) as client:
        connection_token = client.channel.parameters["id"]
        assert (await refresh(url, connection_token, admin)).status_code == 200
        async with httpx.AsyncClient(trust_env=False) as http:
            await http.post(f"{url}/refresh", params={"id": connection_token, "access_token": admin})
    server.wait_for_log("access_token=[redacted]")
    log = server.log()
    assert "POST /api/hub/refresh?id=[redacted]&access_token=[redacted]" in log
    assert [secret for secret in (alice, admin, connection_token) if secret in log] == []


@pytest.mark.parametrize("transport", ["websockets", "sse", "longpolling"])
async def test_the_typescript_client_goes_on_with_a_token_that_was_refreshed_beside_it(
    url: str, transport: str
) -> None:
    request = {
        "url": url,
        "transport": transport,
        "token": permit("alice", life=5),
        "newToken": permit("alice", role="admin", life=3600),
        "otherToken": permit("bob"),
    }
    script = ROOT / "tests" / "clients" / "typescript" / "refresh.mjs"
    client = await asyncio.create_subprocess_exec(
        require("node"), str(script), json.dumps(request), stdout=-1, stderr=-1
    )
    async with asyncio.timeout(SECONDS):
        output, errors = await client.communicate()
    assert client.returncode == 0, errors.decode()
    seen = json.loads(output)
    assert 0 < seen["lifetime"] <= 5
    assert UNAUTHORIZED in seen["before"]
    assert seen["answer"]["status"] == 200
    assert seen["told"] == [["admin"]]
    assert seen["after"] == ["alice", ["admin"], "granted"]
    assert seen["later"] == "granted"
    assert seen["rejected"] == {"status": 403, "body": {"error": "permission_change_rejected"}}
    assert seen["gone"] == {"status": 404, "body": {"error": "connection_not_found"}}
