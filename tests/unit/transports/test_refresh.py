"""`POST {hub}/refresh`: codes, what changes, and what another user cannot do."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

import pytest
from starlette.authentication import AuthCredentials, SimpleUser, UnauthenticatedUser
from starlette.responses import Response

from signalr_py.auth.users import RefusedUser
from signalr_py.options import HttpConnectionOptions
from signalr_py.transports.responses import text
from signalr_py.transports.tokens import ConnectionToken, fingerprint, new_connection_id
from tests.support.endpoints import Negotiated, ServedHub
from tests.support.exchanges import Answer, HttpExchange, WebSocketExchange, http_scope
from tests.support.waiting import Changes

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection
    from starlette.types import Receive, Scope, Send

    from signalr_py.transports.connection import TransportConnection

REFRESH = "/hub/refresh"
ENABLED = HttpConnectionOptions(enable_authentication_refresh=True, close_on_authentication_expiration=True)
STRANGERS = [SimpleUser("bob"), SimpleUser("Alice"), SimpleUser("")]
NOBODIES = [None, UnauthenticatedUser(), RefusedUser("The token is odd")]


class User(SimpleUser):
    """A user whose credentials run out."""

    def __init__(self, name: str, expires_at: object = None) -> None:
        super().__init__(name)
        self.expires_at = expires_at


def as_json(status: int, body: object) -> Answer:
    content = json.dumps(body, separators=(",", ":")).encode()
    headers = {"content-type": "application/json", "content-length": str(len(content))}
    return Answer(status=status, headers=headers, body=content)


REJECTED = as_json(403, {"error": "permission_change_rejected"})
UNKNOWN = as_json(404, {"error": "connection_not_found"})


@pytest.fixture
def hub() -> ServedHub:
    return ServedHub(ENABLED)


async def refresh(hub: ServedHub, token: str | None, user: object) -> Answer:
    return await hub.request("POST", REFRESH, id=token, user=user)


async def polling(hub: ServedHub, user: object) -> tuple[Negotiated, TransportConnection]:
    negotiated = await hub.negotiate(user=user)
    await hub.request(id=negotiated.token, user=user)
    return negotiated, hub.connection(negotiated)


# What a client is told at the start.


@pytest.mark.parametrize(
    ("options", "seconds", "lifetime"),
    [(ENABLED, 60.75, 60), (ENABLED, -5, 0), (ENABLED, None, None), (HttpConnectionOptions(), 60, None)],
)
async def test_negotiate_tells_the_lifetime_of_the_token(
    options: HttpConnectionOptions, seconds: float | None, lifetime: int | None
) -> None:
    hub = ServedHub(options)
    user = User("alice", None if seconds is None else hub.wall_clock() + seconds)
    answer = await hub.request("POST", "/hub/negotiate", query="negotiateVersion=1", user=user)
    assert json.loads(answer.body).get("tokenLifetimeSeconds") == lifetime
    assert b"null" not in answer.body


async def test_negotiate_tells_nobody_a_lifetime(hub: ServedHub) -> None:
    assert b"tokenLifetimeSeconds" not in (await hub.request("POST", "/hub/negotiate")).body


# What is refused.


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("options", [ENABLED, HttpConnectionOptions()])
async def test_another_method_is_not_allowed(method: str, options: HttpConnectionOptions) -> None:
    assert await ServedHub(options).request(method, REFRESH, user=User("alice")) == Answer(
        status=405, headers={"content-type": "text/plain", "content-length": "0"}, body=b""
    )


async def test_it_is_disabled_by_default() -> None:
    hub = ServedHub()
    negotiated, connection = await polling(hub, User("alice", 100.0))
    newer = User("alice", 200.0)
    assert await refresh(hub, negotiated.token, newer) == as_json(404, {"error": "refresh_disabled"})
    assert connection.request.user is not newer
    assert connection.expires_at == 100.0


@pytest.mark.parametrize("token", [None, ""])
async def test_a_connection_token_is_needed(hub: ServedHub, token: str | None) -> None:
    assert await refresh(hub, token, User("alice")) == as_json(400, {"error": "missing_connection_token"})


async def test_an_unknown_connection_is_not_found(hub: ServedHub) -> None:
    negotiated, _ = await polling(hub, User("alice"))
    assert await refresh(hub, negotiated.id, User("alice")) == UNKNOWN
    assert await refresh(hub, negotiated.token + "A", User("alice")) == UNKNOWN
    await hub.request("DELETE", id=negotiated.token, user=User("alice"))
    assert await refresh(hub, negotiated.token, User("alice")) == UNKNOWN


async def test_a_connection_that_has_ended_is_not_found(hub: ServedHub) -> None:
    negotiated, _ = await polling(hub, User("alice"))
    hub.handlers.latest.close()
    assert await refresh(hub, negotiated.token, User("alice")) == UNKNOWN


async def test_version_0_of_negotiate_is_not_served(hub: ServedHub) -> None:
    alice = User("alice")
    answer = await hub.request("POST", "/hub/negotiate", user=alice)
    token = json.loads(answer.body)["connectionId"]
    await hub.request(id=token, user=alice)
    unsupported = as_json(400, {"error": "unsupported_negotiate_version"})
    assert await refresh(hub, token, User("alice")) == unsupported
    assert await refresh(hub, token, User("bob")) == unsupported
    assert hub.handlers.latest.expirations == 0


@pytest.mark.parametrize("nobody", NOBODIES)
@pytest.mark.parametrize("opened_by", [User("alice"), None])
async def test_nobody_has_no_token_to_refresh_with(hub: ServedHub, nobody: object, opened_by: object) -> None:
    negotiated, connection = await polling(hub, opened_by)
    answer = await refresh(hub, negotiated.token, nobody)
    assert (answer.status, json.loads(answer.body)) == (401, {"error": "invalid_token"})
    challenge = 'Bearer error="invalid_token", error_description="The token is odd"'
    assert answer.headers["www-authenticate"] == (challenge if isinstance(nobody, RefusedUser) else "Bearer")
    assert connection.takes_input
    assert (hub.handlers.latest.expirations, hub.handlers.latest.refreshes) == (0, [])


@pytest.mark.parametrize("stranger", STRANGERS)
async def test_another_user_ends_the_connection(
    hub: ServedHub, stranger: object, caplog: pytest.LogCaptureFixture
) -> None:
    alice = User("alice", 1e12)
    negotiated, connection = await polling(hub, alice)
    assert await refresh(hub, negotiated.token, stranger) == REJECTED
    assert hub.handlers.latest.expirations == 1
    assert hub.handlers.latest.refreshes == []
    assert connection.request.user is alice
    assert connection.expires_at == 1e12
    (record,) = caplog.records
    assert record.getMessage() == f"A request for connection {negotiated.id} came from another user and is refused."


async def test_a_user_ends_the_connection_of_nobody(hub: ServedHub) -> None:
    negotiated, _ = await polling(hub, None)
    assert await refresh(hub, negotiated.token, User("alice")) == REJECTED
    assert hub.handlers.latest.expirations == 1


async def test_another_user_ends_a_connection_without_a_transport(hub: ServedHub) -> None:
    negotiated = await hub.negotiate(user=User("alice"))
    await hub.request("POST", id=negotiated.token, user=User("alice"), body=b"early")
    assert await refresh(hub, negotiated.token, User("bob")) == REJECTED
    assert hub.connection(negotiated).has_ended


async def test_another_user_does_not_spend_a_token(hub: ServedHub) -> None:
    negotiated = await hub.negotiate(user=User("alice"))
    assert await refresh(hub, negotiated.token, User("bob")) == REJECTED
    assert (await hub.request(id=negotiated.token, user=User("alice"))).status == 200


async def test_a_user_whom_the_hub_takes_for_another_ends_the_connection(hub: ServedHub) -> None:
    alice = User("alice", 100.0)
    negotiated, connection = await polling(hub, alice)
    hub.handlers.latest.is_same_user = False
    assert await refresh(hub, negotiated.token, User("alice", 200.0)) == REJECTED
    assert connection.request.user is alice
    assert connection.expires_at == 100.0
    assert hub.handlers.latest.expirations == 1


@pytest.mark.parametrize(
    ("refusal", "expected"),
    [
        (Response(status_code=403), REJECTED),
        (Response(status_code=401, headers={"WWW-Authenticate": "Bearer x"}), as_json(401, {"error": "invalid_token"})),
        (Response(status_code=401), as_json(401, {"error": "invalid_token"})),
        (text(503, "busy"), Answer(status=503, headers={}, body=b"busy")),
    ],
)
async def test_a_user_who_may_not_use_the_hub_is_refused(hub: ServedHub, refusal: Response, expected: Answer) -> None:
    alice = User("alice", 100.0)
    negotiated, connection = await polling(hub, alice)
    hub.refusal = refusal
    answer = await refresh(hub, negotiated.token, User("alice", 200.0))
    assert (answer.status, answer.body) == (expected.status, expected.body)
    if refusal.status_code == 401:
        assert answer.headers["www-authenticate"] == refusal.headers.get("www-authenticate", "Bearer")
    assert connection.request.user is alice
    assert connection.expires_at == 100.0
    assert (hub.handlers.latest.expirations, hub.handlers.latest.refreshes) == (0, [])


# What it does.


@pytest.mark.parametrize(("expires_in", "body"), [(None, {}), (60, {"tokenLifetimeSeconds": 60})])
async def test_a_newer_token_takes_the_place_of_the_older(
    hub: ServedHub, expires_in: float | None, body: object
) -> None:
    negotiated, connection = await polling(hub, User("alice", 100.0))
    expiry = None if expires_in is None else hub.wall_clock() + expires_in
    newer = User("alice", expiry)
    assert await refresh(hub, negotiated.token, newer) == as_json(200, body)
    assert connection.request.user is newer
    assert connection.expires_at == expiry
    assert hub.handlers.latest.refreshes == [newer]


async def test_scopes_come_with_the_user(hub: ServedHub) -> None:
    negotiated, connection = await polling(hub, User("alice"))
    scope = http_scope("POST", REFRESH, query=f"id={negotiated.token}", user=User("alice"))
    async with HttpExchange(hub.app, {**scope, "auth": AuthCredentials(["admin"])}) as exchange:
        assert (await exchange.answer()).status == 200
    assert connection.request.auth.scopes == ["admin"]


async def test_every_refresh_is_told_even_with_the_same_token(hub: ServedHub) -> None:
    negotiated, _ = await polling(hub, User("alice"))
    for number in range(1, 4):
        assert (await refresh(hub, negotiated.token, User("alice"))).status == 200
        assert len(hub.handlers.latest.refreshes) == number


@pytest.mark.parametrize("kind", ["WebSockets", "ServerSentEvents", "LongPolling"])
async def test_the_expiry_moves_on_every_transport(hub: ServedHub, kind: str) -> None:
    now = hub.wall_clock()
    alice, newer = User("alice", now + 10), User("alice", now + 20)
    negotiated = await hub.negotiate(user=alice)
    carrier: HttpExchange | WebSocketExchange
    if kind == "WebSockets":
        carrier = hub.websocket(id=negotiated.token, user=alice)
    elif kind == "ServerSentEvents":
        carrier = hub.event_stream(negotiated, user=alice)
    else:
        await hub.request(id=negotiated.token, user=alice)
        carrier = hub.open(id=negotiated.token, user=alice)
    async with carrier:
        handler = await hub.handlers.next()
        hub.advance(9)
        assert (await refresh(hub, negotiated.token, newer)).body == b'{"tokenLifetimeSeconds":11}'
        hub.advance(10)
        assert handler.expirations == 0
        hub.advance(1)
        assert handler.expirations == 1


async def test_a_token_that_was_not_used_yet_needs_no_refresh(hub: ServedHub) -> None:
    negotiated = await hub.negotiate(user=User("alice"))
    expiry = hub.wall_clock() + 30.0
    answer = await refresh(hub, negotiated.token, User("alice", expiry))
    assert answer == as_json(200, {"tokenLifetimeSeconds": 30})
    assert not hub.manager.connections


async def test_a_connection_without_a_transport_gets_its_user_from_the_request_that_chooses_one(
    hub: ServedHub,
) -> None:
    negotiated = await hub.negotiate(user=User("alice"))
    await hub.request("POST", id=negotiated.token, user=User("alice"), body=b"early")
    assert (await refresh(hub, negotiated.token, User("alice", 1e12))).status == 200
    latest = User("alice", 2e12)
    await hub.request(id=negotiated.token, user=latest)
    assert hub.connection(negotiated).request.user is latest
    assert hub.connection(negotiated).expires_at == 2e12
    assert hub.handlers.latest.refreshes == []


async def test_a_connection_that_ends_while_its_user_is_checked_is_not_found(hub: ServedHub) -> None:
    alice = User("alice")
    negotiated, connection = await polling(hub, alice)
    changes = Changes()
    has_ended = False

    async def slow(request: HTTPConnection) -> Response | None:
        changes.note()
        await changes.until(lambda: has_ended)
        return None

    hub.on_check = slow
    async with hub.open("POST", REFRESH, id=negotiated.token, user=User("alice")) as exchange:
        await changes.until(lambda: len(hub.checked) > 2)
        hub.handlers.latest.close()
        has_ended = True
        changes.note()
        assert await exchange.answer() == UNKNOWN
    assert connection.request.user is alice


async def test_nothing_of_a_token_is_logged(hub: ServedHub, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="signalr_py"):
        negotiated, _ = await polling(hub, User("alice"))
        headers = {"Authorization": "Bearer the-secret"}
        for user in (User("alice"), None, User("bob")):
            await hub.request("POST", REFRESH, id=negotiated.token, headers=headers, user=user)
    assert caplog.records
    assert negotiated.token not in caplog.text
    assert "the-secret" not in caplog.text


# Elsewhere.


class Elsewhere:
    """Another node, which may know the connection."""

    def __init__(self, *, knows: bool) -> None:
        self.knows = knows
        self.paths: list[str] = []

    async def forward(self, token: ConnectionToken, scope: Scope, receive: Receive, send: Send) -> bool:
        self.paths.append(scope["path"])
        if self.knows:
            await text(299, "from elsewhere")(scope, receive, send)
        return self.knows


@pytest.mark.parametrize("knows", [True, False])
async def test_a_connection_of_another_node_is_refreshed_there(*, knows: bool) -> None:
    elsewhere = Elsewhere(knows=knows)
    hub = ServedHub(ENABLED, forwarder=elsewhere)
    token = hub.tokens.issue(
        ConnectionToken(new_connection_id(), b"node two", fingerprint("user alice"), False, int(hub.wall_clock()) + 15)
    )
    answer = await refresh(hub, token, User("bob"))
    assert elsewhere.paths == [REFRESH]
    assert answer == UNKNOWN if not knows else (answer.status, answer.body) == (299, b"from elsewhere")
    assert hub.checked == []
