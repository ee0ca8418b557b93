from __future__ import annotations

from typing import Any

import pytest
from starlette.authentication import SimpleUser, UnauthenticatedUser

from signalr_py import ConnectionStatistics, Hub, TransportType
from signalr_py.hub.context import HubCallerContext
from tests.support.duplex import InMemoryDuplex, make_request
from tests.support.hub_server import serve


def context_of(duplex: InMemoryDuplex, user_id: str | None = None) -> HubCallerContext:
    return HubCallerContext(duplex, user_id, lambda: None)


async def test_what_a_hub_knows_of_its_caller() -> None:
    request = make_request(SimpleUser("bob"), {"X-Tenant": "acme"}, path_params={"room": "5"})
    duplex = InMemoryDuplex("abc", transport=TransportType.SERVER_SENT_EVENTS, request=request)
    context = context_of(duplex, "bob's id")
    assert context.connection_id == "abc"
    assert context.user_identifier == "bob's id"
    assert context.user.display_name == "bob"
    assert context.request is request
    assert context.request.headers["x-tenant"] == "acme"
    assert context.request.path_params == {"room": "5"}
    assert context.transport is TransportType.SERVER_SENT_EVENTS
    assert context.items == {}
    assert not context.connection_aborted.is_set()


@pytest.mark.parametrize("user", [None, "a string", object()])
async def test_without_a_user_of_starlette_nobody_is_there(user: Any) -> None:
    user_of_context = context_of(InMemoryDuplex(request=make_request(user))).user
    assert isinstance(user_of_context, UnauthenticatedUser)
    assert not user_of_context.is_authenticated


async def test_the_user_is_that_of_the_latest_request() -> None:
    duplex = InMemoryDuplex(request=make_request(SimpleUser("bob")))
    context = context_of(duplex)
    duplex.request.scope["user"] = SimpleUser("bob with a newer token")
    assert context.user.display_name == "bob with a newer token"


async def test_it_is_one_object_for_all_calls_of_a_connection() -> None:
    seen: set[int] = set()

    class H(Hub):
        async def on_connected(self) -> None:
            seen.add(id(self.context))

        async def method(self) -> None:
            seen.add(id(self.context))

    async with serve(H) as server:
        client = server.connect()
        await client.invoke("Method")
        await client.invoke("Method")
        assert seen == {id(client.connection.context)}
        await server.connect().invoke("Method")
        assert len(seen) == 2


async def test_statistics_come_from_the_transport() -> None:
    class H(Hub):
        async def statistics(self) -> list[int]:
            statistics = self.context.statistics()
            return [statistics.bytes_received, statistics.bytes_sent, statistics.messages_sent]

    async with serve(H) as server:
        client = server.connect()
        received, sent, messages = await client.invoke("Statistics")
        assert (sent, messages) == (3, 1)
        assert received == client.duplex.statistics().bytes_received
        assert isinstance(client.connection.context.statistics(), ConnectionStatistics)
