"""Tokens and roles, as the official clients send them and see them refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.clients.base import ClientError, ProtocolName, TransportName
from tests.clients.pysignalr_client import PysignalrClient
from tests.interop.peers import DRIVERS, make_driver, over_each_transport
from tests.interop.tokens import token

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.clients.driver import ClientDriver
    from tests.interop.conftest import Drivers

TRANSPORTS: tuple[TransportName, ...] = ("websockets", "sse", "longpolling")
PROTOCOLS: tuple[ProtocolName, ...] = ("json", "messagepack")
UNACCEPTED = {
    "missing": None,
    "garbage": "garbage",
    "of another key": token("alice", life=3600, key="another-key-of-at-least-32-bytes!"),
    "expired": token("alice", life=-10),
    "of another issuer": token("alice", life=3600, iss="someone"),
    "for another audience": token("alice", life=3600, aud="elsewhere"),
}


@pytest.fixture(params=DRIVERS)
async def client(request: pytest.FixtureRequest, drivers: Drivers) -> AsyncIterator[ClientDriver]:
    driver = await drivers(request.param)
    yield driver
    await driver.stop_all()


@pytest.mark.parametrize(("client", "transport"), over_each_transport(), indirect=["client"])
async def test_a_token_says_who_the_user_is(client: ClientDriver, url: str, transport: TransportName) -> None:
    user = f"alice-{transport}"
    connection = await client.connect(url + "/secure", transport=transport, token=token(user, role=["admin", "ops"]))
    assert await connection.invoke("WhoAmI") == user
    assert await connection.invoke("Roles") == ["admin", "ops"]
    assert await connection.invoke("AdminOnly") == "granted"


async def test_a_token_is_enough_without_negotiation(client: ClientDriver, url: str) -> None:
    connection = await client.connect(url + "/secure", skip_negotiation=True, token=token("alice"))
    assert await connection.invoke("WhoAmI") == "alice"


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_token_may_come_as_a_header_of_the_application(url: str, transport: TransportName) -> None:
    async with make_driver("typescript") as client:
        headers = {"Authorization": f"Bearer {token('alice')}"}
        connection = await client.connect(url + "/secure", transport=transport, headers=headers)
        assert await connection.invoke("WhoAmI") == "alice"


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_pysignalr_shows_its_token(url: str, protocol: ProtocolName) -> None:
    async with PysignalrClient() as client:
        connection = await client.connect(url + "/secure", protocol=protocol, token=token("alice"))
        assert await connection.invoke("WhoAmI") == "alice"
        with pytest.raises(ClientError) as refusal:
            await client.connect(url + "/secure", protocol=protocol)
        assert refusal.value.kind == "AuthorizationError"


@pytest.mark.parametrize("name", UNACCEPTED)
async def test_a_start_without_an_accepted_token_fails_with_401(client: ClientDriver, url: str, name: str) -> None:
    with pytest.raises(ClientError, match="401"):
        await client.connect(url + "/secure", token=UNACCEPTED[name])


async def test_an_upgrade_without_a_token_fails(client: ClientDriver, url: str) -> None:
    with pytest.raises(ClientError):
        await client.connect(url + "/secure", skip_negotiation=True)


async def test_a_method_for_a_role_refuses_others(client: ClientDriver, url: str) -> None:
    connection = await client.connect(url + "/secure", token=token("alice", role="guest"))
    with pytest.raises(ClientError) as refusal:
        await connection.invoke("AdminOnly")
    assert refusal.value.message == "Failed to invoke 'AdminOnly' because user is unauthorized"
    assert await connection.invoke("Roles") == ["guest"]


async def test_messages_to_a_user_follow_the_token(client: ClientDriver, url: str) -> None:
    alice = await client.connect(url + "/secure", token=token("alice"))
    bob = await client.connect(url + "/secure", transport="longpolling", token=token("bob"))
    for connection in (alice, bob):
        await connection.on("Receive")
    await alice.invoke("ToUser", "bob", "for bob")
    await bob.invoke("ToUser", "alice", "for alice")
    assert (await bob.wait_event("Receive")).arguments == ("for bob",)
    assert (await alice.wait_event("Receive")).arguments == ("for alice",)


@pytest.mark.parametrize(("client", "transport"), over_each_transport(("typescript", "dotnet")), indirect=["client"])
async def test_a_connection_ends_with_its_token(client: ClientDriver, url: str, transport: TransportName) -> None:
    connection = await client.connect(
        url + "/secure", transport=transport, token=token("alice", life=4), reconnect=True
    )
    assert (await connection.wait_event("$reconnecting")).error is None
