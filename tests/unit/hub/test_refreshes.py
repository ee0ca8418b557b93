"""What a hub is told of its clients' newer tokens, and what their calls see of them."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st
from starlette.authentication import AuthCredentials, SimpleUser

from signalr_py import Hub, authorize
from signalr_py.hub.methods import MethodTable
from signalr_py.transports.principal import user_name
from tests.support.duplex import make_request
from tests.support.gates import Gate
from tests.support.hub_server import HubServer, serve
from tests.support.tasks import settle

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import pytest
    from starlette.requests import HTTPConnection

    from tests.support.hub_client import HubClient

RECONNECT: dict[str, Any] = {"type": 7, "allowReconnect": True}


class User(SimpleUser):
    """A user with a version of the token and a tenant."""

    def __init__(self, name: str, version: int = 1, *, tenant: str = "t") -> None:
        super().__init__(name)
        self.version = version
        self.tenant = tenant


def tenant(request: HTTPConnection) -> str:
    if not request.user.tenant:
        raise LookupError("the tenant is a secret")
    return str(request.user.tenant)


def refresh(client: HubClient, user: SimpleUser, *scopes: str) -> bool:
    """Do what the transport does with the user of a newer token."""
    client.duplex.request.scope.update(user=user, auth=AuthCredentials(scopes))
    return client.connection.authentication_refreshed()


def connect(server: HubServer, user: SimpleUser | None = None) -> HubClient:
    return server.connect(request=make_request(user or User("alice")))


@asynccontextmanager
async def gated(gate: Gate) -> AsyncIterator[HubServer]:
    """Serve a hub whose hooks wait at a gate."""

    class H(Hub):
        async def on_connected(self) -> None:
            await gate.pass_through("connected")

        async def on_authentication_refreshed(self) -> None:
            assert isinstance(self.context.user, User)
            await gate.pass_through(f"refreshed {self.context.user.version}")

        async def on_disconnected(self, error: Exception | None) -> None:
            gate.started.append("disconnected")

    async with serve(H, user_id=user_name) as server:
        yield server


async def test_the_hook_sees_the_new_user_and_may_send() -> None:
    class H(Hub):
        async def on_authentication_refreshed(self) -> None:
            assert isinstance(self.context.user, User)
            await self.groups.add(self.context.connection_id, "renewed")
            await self.clients.caller.send("Renewed", self.context.user.version, self.context.user_identifier)

    async with serve(H, user_id=user_name) as server:
        client = connect(server)
        assert refresh(client, User("alice", 2))
        assert await client.expect("Renewed") == [2, "alice"]
        await server.context.clients.group("renewed").send("News")
        assert await client.expect("News") == []


async def test_calls_see_the_user_and_the_scopes_of_the_newer_token() -> None:
    class H(Hub):
        def version(self) -> int:
            assert isinstance(self.context.user, User)
            return self.context.user.version

        @authorize("admin")
        async def erase(self) -> str:
            return "erased"

    async with serve(H, user_id=user_name) as server:
        client = connect(server)
        assert await client.error("Erase") == "Failed to invoke 'Erase' because user is unauthorized"
        assert refresh(client, User("alice", 2), "admin")
        assert (await client.invoke("Version"), await client.invoke("Erase")) == (2, "erased")
        assert refresh(client, User("alice", 3))
        assert await client.error("Erase") == "Failed to invoke 'Erase' because user is unauthorized"


async def test_the_hook_does_not_wait_for_calls_nor_they_for_it() -> None:
    gate = Gate()

    class H(Hub):
        async def work(self) -> None:
            await gate.pass_through("work")

        async def quick(self) -> None:
            gate.started.append("quick")

        async def on_authentication_refreshed(self) -> None:
            await gate.pass_through("refreshed")

    async with serve(H, user_id=user_name) as server:
        client = connect(server)
        call = client.start("Work")
        assert refresh(client, User("alice"))
        await settle()
        assert gate.started == ["work", "refreshed"]
        gate.open("work")
        await client.answer(call)
        await client.invoke("Quick")
        assert gate.ended == ["work"]
        gate.open("refreshed")


async def test_the_hook_waits_for_on_connected() -> None:
    gate = Gate()
    async with gated(gate) as server:
        client = connect(server)
        assert refresh(client, User("alice", 2))
        assert refresh(client, User("alice", 3))
        await settle()
        assert gate.started == ["connected"]
        gate.open("connected")
        await settle()
        assert gate.started == ["connected", "refreshed 3"]
        gate.open("refreshed 3")
        await settle()
        assert gate.ended == ["connected", "refreshed 3"]


async def test_the_hook_runs_once_at_a_time_and_once_more_for_what_came_meanwhile() -> None:
    gate = Gate()
    gate.open("connected")
    async with gated(gate) as server:
        client = connect(server)
        await settle()
        for version in (2, 3, 4):
            assert refresh(client, User("alice", version))
        await settle()
        first = gate.started[-1]
        assert gate.started == ["connected", first]
        gate.open(first)
        gate.open("refreshed 4")
        await settle()
        assert gate.ended[-1] == "refreshed 4"
        assert len(gate.ended) <= 3


async def test_a_hook_that_raises_is_logged_and_the_connection_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    class H(Hub):
        async def on_authentication_refreshed(self) -> None:
            assert isinstance(self.context.user, User)
            if self.context.user.version == 2:
                raise LookupError("no such record")
            if self.context.user.version == 3:
                raise asyncio.CancelledError
            await self.clients.caller.send("Renewed")

        async def quick(self) -> str:
            return "still here"

    async with serve(H, user_id=user_name) as server:
        client = connect(server)
        for version in (2, 3, 4):
            assert refresh(client, User("alice", version))
            await settle()
        assert await client.expect("Renewed") == []
        assert await client.invoke("Quick") == "still here"
    failures = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert failures == [f"H.on_authentication_refreshed failed for connection {client.connection_id}."] * 2


async def test_a_hub_without_the_hook_costs_no_task() -> None:
    class H(Hub):
        pass

    async with serve(H, user_id=user_name) as server:
        client = connect(server)
        before = asyncio.all_tasks()
        assert refresh(client, User("alice", 2))
        assert asyncio.all_tasks() == before


async def test_another_user_id_is_refused_and_the_hub_is_not_told() -> None:
    called: list[str] = []

    class H(Hub):
        async def on_authentication_refreshed(self) -> None:
            called.append("refreshed")

    async with serve(H, user_id=tenant) as server:
        client = connect(server)
        assert not refresh(client, User("alice", 2, tenant="other"))
        assert refresh(client, User("alice", 3))
        await settle()
    assert called == ["refreshed"]


async def test_a_user_whose_id_cannot_be_found_is_refused(caplog: pytest.LogCaptureFixture) -> None:
    async with serve(Hub, user_id=tenant) as server:
        client = connect(server)
        assert not refresh(client, User("alice", tenant=""))
    assert f"SignalR(user_id=...) failed for connection {client.connection_id}." in caplog.text


async def test_before_the_handshake_there_is_nobody_to_compare_with() -> None:
    gate = Gate()
    gate.open("connected")
    async with gated(gate) as server:
        client = server.open(request=make_request(User("alice")))
        assert refresh(client, User("alice", 2))
        client.request_handshake()
        await settle()
        assert gate.started == ["connected"]
        assert client.connection.user_id == "alice"


async def test_a_connection_that_ends_is_not_told() -> None:
    gate = Gate()
    async with gated(gate) as server:
        client = connect(server)
        assert refresh(client, User("alice", 2))
        client.connection.abort()
        gate.open("connected")
        await client.ended()
        assert refresh(client, User("alice", 3))
        await settle()
    assert gate.started == ["connected", "disconnected"]


async def test_a_running_hook_learns_that_the_connection_has_ended() -> None:
    seen: list[str] = []

    class H(Hub):
        async def on_authentication_refreshed(self) -> None:
            await self.context.connection_aborted.wait()
            seen.append("aborted")

    async with serve(H, user_id=user_name) as server:
        client = connect(server)
        assert refresh(client, User("alice", 2))
        await settle()
        client.leave()
        await client.ended()
        await settle()
        assert seen == ["aborted"]


async def test_expired_credentials_end_a_connection_with_an_invitation_to_come_back() -> None:
    async with serve(Hub) as server:
        client = server.connect()
        client.connection.authentication_expired()
        assert await client.ended() == RECONNECT


async def test_expired_credentials_end_a_connection_that_has_not_shaken_hands() -> None:
    async with serve(Hub) as server:
        client = server.open()
        client.connection.authentication_expired()
        assert client.duplex.closes == [False]
        assert client.duplex.writes == []
        client.connection.authentication_expired()
        assert client.duplex.closes == [False]


def test_clients_cannot_call_the_hook() -> None:
    class H(Hub):
        async def on_authentication_refreshed(self) -> None:
            pass

    table = MethodTable(H)
    for name in ("OnAuthenticationRefreshed", "onAuthenticationRefreshed", "on_authentication_refreshed"):
        assert table.find(name) is None


@given(st.lists(st.sampled_from(["refresh", "settle", "open", "leave"]), max_size=12))
def test_the_last_user_is_told_unless_the_client_has_left(steps: list[str]) -> None:
    async def run() -> None:
        told: list[int] = []
        door = asyncio.Event()
        running: list[int] = []

        class H(Hub):
            async def on_connected(self) -> None:
                await door.wait()

            async def on_authentication_refreshed(self) -> None:
                assert isinstance(self.context.user, User)
                assert door.is_set()
                assert not running
                running.append(self.context.user.version)
                told.append(self.context.user.version)
                await asyncio.sleep(0)
                running.clear()

        version = 1
        has_left = False
        async with serve(H, user_id=user_name) as server:
            client = connect(server)
            for step in steps:
                match step:
                    case "refresh":
                        version += 1
                        assert refresh(client, User("alice", version))
                    case "settle":
                        await settle()
                    case "open":
                        door.set()
                    case "leave":
                        has_left = True
                        client.leave()
            door.set()
            await settle()
            assert told == sorted(told)
            if not has_left and version > 1:
                assert told[-1] == version

    asyncio.run(run())
