"""Another token of the same user on a request that carries a connection, with and without refreshing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from starlette.authentication import SimpleUser
from starlette.responses import Response

from signalr_py.options import HttpConnectionOptions
from tests.support.endpoints import Negotiated, ServedHub
from tests.support.tasks import settle

if TYPE_CHECKING:
    from signalr_py.transports.connection import TransportConnection
    from tests.support.exchanges import Answer

ENABLED = HttpConnectionOptions(enable_authentication_refresh=True)
OLD = {"Authorization": "Bearer old"}
NEW = {"Authorization": "Bearer new"}


class User(SimpleUser):
    """A user whose credentials run out."""

    def __init__(self, name: str, expires_at: float) -> None:
        super().__init__(name)
        self.expires_at = expires_at


async def polling(hub: ServedHub, user: object) -> tuple[Negotiated, TransportConnection]:
    negotiated = await hub.negotiate(user=user)
    await hub.request(id=negotiated.token, headers=OLD, user=user)
    return negotiated, hub.connection(negotiated)


async def poll(hub: ServedHub, negotiated: Negotiated, user: object, headers: dict[str, str]) -> Answer:
    """Make a poll that has something to fetch."""
    hub.handlers.latest.duplex.write(b"news")
    return await hub.request(id=negotiated.token, headers=headers, user=user)


@pytest.mark.parametrize(
    ("options", "headers", "is_told"),
    [(ENABLED, NEW, True), (ENABLED, OLD, False), (HttpConnectionOptions(), NEW, False)],
)
async def test_a_poll_with_another_token_is_told_when_refreshing_is_enabled(
    options: HttpConnectionOptions, headers: dict[str, str], *, is_told: bool
) -> None:
    hub = ServedHub(options)
    negotiated, connection = await polling(hub, SimpleUser("alice"))
    later = SimpleUser("alice")
    assert (await poll(hub, negotiated, later, headers)).body == b"news"
    assert connection.request.user is later
    assert hub.handlers.latest.refreshes == ([later] if is_told else [])


async def test_each_token_is_told_once() -> None:
    hub = ServedHub(ENABLED)
    negotiated, _ = await polling(hub, SimpleUser("alice"))
    for headers in (NEW, NEW, OLD, OLD, NEW):
        await poll(hub, negotiated, SimpleUser("alice"), headers)
    assert len(hub.handlers.latest.refreshes) == 3


async def test_a_token_that_was_posted_to_refresh_is_no_news_in_a_poll() -> None:
    hub = ServedHub(ENABLED)
    negotiated, _ = await polling(hub, SimpleUser("alice"))
    await hub.request("POST", "/hub/refresh", id=negotiated.token, headers=NEW, user=SimpleUser("alice"))
    await poll(hub, negotiated, SimpleUser("alice"), NEW)
    assert len(hub.handlers.latest.refreshes) == 1


async def test_a_token_that_a_refresh_has_replaced_does_not_come_back() -> None:
    hub = ServedHub(ENABLED)
    old, new, newest = User("alice", 100.0), User("alice", 200.0), User("alice", 300.0)
    negotiated, connection = await polling(hub, old)
    for _ in range(2):
        await hub.request("POST", "/hub/refresh", id=negotiated.token, headers=NEW, user=new)
        for _ in range(2):
            assert (await poll(hub, negotiated, old, OLD)).body == b"news"
            assert connection.request.user is new
            assert connection.expires_at == 200.0
    assert hub.handlers.latest.refreshes == [new, new]
    await poll(hub, negotiated, newest, {"Authorization": "Bearer newest"})
    assert connection.request.user is newest
    assert hub.handlers.latest.refreshes == [new, new, newest]
    await poll(hub, negotiated, old, OLD)
    assert hub.handlers.latest.refreshes == [new, new, newest, old]


async def test_a_poll_of_a_user_whom_the_hub_takes_for_another_ends_the_connection() -> None:
    hub = ServedHub(ENABLED)
    alice = SimpleUser("alice")
    negotiated, connection = await polling(hub, alice)
    handler = hub.handlers.latest
    handler.is_same_user = False
    answer = await poll(hub, negotiated, SimpleUser("alice"), NEW)
    assert (answer.status, answer.body) == (403, b"The connection belongs to another user.")
    assert answer.headers["cache-control"] == "no-cache, no-store"
    assert connection.request.user is alice
    assert handler.expirations == 1


async def test_a_poll_of_another_user_is_refused_and_the_connection_does_not_notice() -> None:
    hub = ServedHub(ENABLED)
    negotiated, connection = await polling(hub, SimpleUser("alice"))
    assert (await poll(hub, negotiated, SimpleUser("bob"), NEW)).status == 403
    assert connection.takes_input
    assert (hub.handlers.latest.expirations, hub.handlers.latest.refreshes) == (0, [])


@pytest.mark.parametrize(
    ("options", "user", "status", "expirations"),
    [
        (ENABLED, "alice", 403, 1),
        (ENABLED, "alice", 401, 0),
        (ENABLED, "bob", 403, 0),
        (HttpConnectionOptions(), "alice", 403, 0),
    ],
)
async def test_a_poll_of_a_user_who_may_not_use_the_hub_any_longer_ends_the_connection(
    options: HttpConnectionOptions, user: str, status: int, expirations: int
) -> None:
    hub = ServedHub(options)
    negotiated, _ = await polling(hub, SimpleUser("alice"))
    hub.refusal = Response(status_code=status)
    assert (await poll(hub, negotiated, SimpleUser(user), NEW)).status == status
    assert hub.handlers.latest.expirations == expirations


async def test_a_refused_socket_does_not_end_the_connection() -> None:
    hub = ServedHub(ENABLED)
    negotiated, connection = await polling(hub, SimpleUser("alice"))
    hub.refusal = Response(status_code=403)
    async with hub.websocket(id=negotiated.token, user=SimpleUser("alice")) as socket:
        assert (await socket.denied()).status == 403
    assert connection.takes_input
    assert hub.handlers.latest.expirations == 0


@pytest.mark.parametrize("method", ["POST", "DELETE"])
async def test_what_is_refused_elsewhere_than_in_a_poll_changes_nothing(method: str) -> None:
    hub = ServedHub(ENABLED)
    negotiated, connection = await polling(hub, SimpleUser("alice"))
    hub.refusal = Response(status_code=403)
    assert (await hub.request(method, id=negotiated.token, headers=NEW, user=SimpleUser("alice"))).status == 403
    assert connection.takes_input
    assert hub.handlers.latest.expirations == 0


@pytest.mark.parametrize("options", [ENABLED, HttpConnectionOptions()])
async def test_a_refused_request_without_a_connection_is_answered_as_any(options: HttpConnectionOptions) -> None:
    hub = ServedHub(options)
    hub.refusal = Response(status_code=403)
    for query in ("", "id=unknown", f"id={'A' * 300}"):
        assert (await hub.request(query=query, user=SimpleUser("alice"))).status == 403


async def test_a_post_with_another_token_changes_nothing() -> None:
    hub = ServedHub(ENABLED)
    alice = SimpleUser("alice")
    negotiated, connection = await polling(hub, alice)
    later = SimpleUser("alice")
    assert (await hub.request("POST", id=negotiated.token, headers=NEW, user=later)).status == 200
    await settle()
    assert connection.request.user is alice
    assert hub.handlers.latest.refreshes == []
