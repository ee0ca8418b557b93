from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest
from starlette.authentication import SimpleUser, UnauthenticatedUser

from signalr_py.options import HttpConnectionOptions
from tests.support.endpoints import Negotiated, ServedHub
from tests.support.tasks import settle

if TYPE_CHECKING:
    from signalr_py.transports.connection import TransportConnection
    from tests.support.exchanges import Answer

Kind = Literal["poll", "POST", "DELETE", "event stream", "WebSocket"]
BODY = b"The connection belongs to another user."
OTHERS = [SimpleUser("bob"), UnauthenticatedUser(), None, SimpleUser("Alice"), SimpleUser("")]


class User(SimpleUser):
    """A user whose credentials run out."""

    def __init__(self, name: str, expires_at: float) -> None:
        super().__init__(name)
        self.expires_at = expires_at


async def ask(hub: ServedHub, kind: Kind, negotiated: Negotiated, user: object) -> Answer:
    if kind == "WebSocket":
        async with hub.websocket(id=negotiated.token, user=user) as socket:
            return await socket.denied()
    method = kind if kind in ("POST", "DELETE") else "GET"
    headers = {"Accept": "text/event-stream"} if kind == "event stream" else None
    return await hub.request(method, id=negotiated.token, headers=headers, user=user, body=b"from another user")


def is_refused(answer: Answer, kind: Kind) -> bool:
    return (
        (answer.status, answer.body) == (403, BODY)
        and answer.headers["content-type"] == "text/plain"
        and ("cache-control" in answer.headers) is (kind == "poll")
    )


@pytest.mark.parametrize("kind", ["poll", "POST", "DELETE"])
@pytest.mark.parametrize("other", OTHERS)
async def test_another_user_may_not_touch_a_polled_connection(
    kind: Kind, other: object, caplog: pytest.LogCaptureFixture
) -> None:
    hub, alice = ServedHub(), SimpleUser("alice")
    negotiated = await hub.negotiate(user=alice)
    await hub.request(id=negotiated.token, user=alice)
    handler = hub.handlers.latest
    async with hub.open(id=negotiated.token, user=alice) as poll:
        await poll.until(lambda: poll.is_receiving)
        assert is_refused(await ask(hub, kind, negotiated, other), kind)
        await settle()
        assert not poll.is_started
        assert handler.duplex.request.user is alice
        assert (handler.data, handler.ends) == (b"", 0)
        handler.duplex.write(b"news")
        assert (await poll.answer()).body == b"news"
    assert await hub.request("POST", id=negotiated.token, user=alice) is not None
    (record,) = caplog.records
    assert record.getMessage() == (f"A request for connection {negotiated.id} came from another user and is refused.")


@pytest.mark.parametrize("kind", ["poll", "POST", "event stream", "WebSocket"])
async def test_another_user_may_not_open_a_negotiated_connection(kind: Kind) -> None:
    hub, alice = ServedHub(), SimpleUser("alice")
    negotiated = await hub.negotiate(user=alice)
    assert is_refused(await ask(hub, kind, negotiated, SimpleUser("bob")), kind)
    assert not hub.manager.connections
    async with hub.websocket(id=negotiated.token, user=alice) as socket:
        await socket.accepted()


async def test_a_user_may_not_touch_the_connection_of_nobody() -> None:
    hub = ServedHub()
    negotiated = await hub.negotiate()
    await hub.request(id=negotiated.token)
    assert is_refused(await ask(hub, "POST", negotiated, SimpleUser("alice")), "POST")
    assert (await hub.request("POST", id=negotiated.token, user=UnauthenticatedUser())).status == 200


async def test_another_user_may_not_post_to_an_event_stream() -> None:
    hub, alice = ServedHub(), SimpleUser("alice")
    negotiated = await hub.negotiate(user=alice)
    async with hub.event_stream(negotiated, user=alice) as stream:
        await stream.started()
        assert is_refused(await ask(hub, "POST", negotiated, SimpleUser("bob")), "POST")
        assert (await hub.request("POST", id=negotiated.token, user=alice, body=b"mine")).status == 200
        assert hub.handlers.latest.data == b"mine"


# The same user, later.


async def connected(hub: ServedHub, user: object) -> tuple[Negotiated, TransportConnection]:
    negotiated = await hub.negotiate(user=user)
    await hub.request(id=negotiated.token, user=user)
    return negotiated, hub.connection(negotiated)


async def test_a_later_poll_of_the_same_user_brings_the_new_user_object() -> None:
    hub = ServedHub()
    negotiated, connection = await connected(hub, User("alice", 100.0))
    request = connection.request
    renewed = User("alice", 200.0)
    async with hub.open(id=negotiated.token, user=renewed) as poll:
        await poll.until(lambda: poll.is_receiving)
        assert connection.request is request
        assert request.user is renewed
        assert connection.expires_at == 200.0


async def test_what_is_posted_does_not_change_the_user_of_the_connection() -> None:
    hub = ServedHub()
    alice = User("alice", 100.0)
    negotiated, connection = await connected(hub, alice)
    assert (await hub.request("POST", id=negotiated.token, user=User("alice", 200.0))).status == 200
    assert connection.request.user is alice
    assert connection.expires_at == 100.0


async def test_a_connection_ends_with_the_credentials_of_the_latest_poll() -> None:
    hub = ServedHub(HttpConnectionOptions(close_on_authentication_expiration=True, disconnect_timeout=60))
    now = hub.wall_clock()
    negotiated, _ = await connected(hub, User("alice", now + 10))
    handler = hub.handlers.latest
    hub.advance(9)
    handler.duplex.write(b"news")
    await hub.request(id=negotiated.token, user=User("alice", now + 20))
    hub.advance(9)
    assert handler.expirations == 0
    hub.advance(2)
    assert handler.expirations == 1


async def test_a_socket_ends_with_the_credentials_that_opened_it() -> None:
    hub = ServedHub(HttpConnectionOptions(close_on_authentication_expiration=True))
    user = User("alice", hub.wall_clock() + 10)
    negotiated = await hub.negotiate(user=user)
    async with hub.websocket(id=negotiated.token, user=user) as socket:
        await socket.accepted()
        hub.advance(10)
        assert hub.handlers.latest.expirations == 1
