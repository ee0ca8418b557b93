"""Calls of hub methods, by every client over every transport and protocol that it offers."""

from __future__ import annotations

import base64
import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.clients.base import ClientError
from tests.interop.tokens import token

if TYPE_CHECKING:
    from tests.interop.features.peer import Peer

TEXT = 'héllo 💚 עברית \u2028 "quoted" \\ <&\'+> \x01'
VALUES: tuple[object, ...] = (True, "", TEXT, -1, 2.5, 2**40, [], [1, [None, "x"]], {"Key": {"deep": []}}, None)
DATA = bytes(range(256))
ORDER: dict[str, Any] = {
    "id": "0b0c0f8e-6f5a-4c0a-9d57-0f1d3b7a9c11",
    "customer": "Zoë",
    "total": 12.5,
    "placedAt": "2026-01-02T03:04:05.678Z",
    "severity": 2,
    "items": [{"name": "first", "quantity": 2}, {"name": "second", "quantity": 0}],
    "tags": {"Some Key": 1},
    "note": None,
}


async def error_of(peer: Peer, method: str, *arguments: object) -> str:
    """Return the text that a call fails with; the connection must go on."""
    connection = await peer.connect()
    with pytest.raises(ClientError) as error:
        await connection.invoke(method, *arguments)
    assert await connection.invoke("Echo", "still here") == "still here"
    return error.value.message


async def test_call(peer: Peer) -> None:
    connection = await peer.connect()
    assert await connection.invoke("Add", 40, 2) == 42
    assert await connection.invoke("echo", "any case") == "any case"


async def test_void_call(peer: Peer) -> None:
    connection = await peer.connect()
    await connection.invoke_void("Nothing")
    await connection.invoke_void("Join", uuid.uuid4().hex)
    assert await connection.invoke("ReturnNull") is None


async def test_hub_exception(peer: Peer) -> None:
    error = await error_of(peer, "ThrowHub", "nope")
    assert error == "An unexpected error occurred invoking 'ThrowHub' on the server. HubException: nope"


async def test_hidden_error(peer: Peer) -> None:
    error = await error_of(peer, "Throw", "secret")
    assert error == "An unexpected error occurred invoking 'Throw' on the server."


async def test_unknown_method(peer: Peer) -> None:
    error = await error_of(peer, "Missing")
    assert error == "Failed to invoke 'Missing' due to an error on the server. HubException: Method does not exist."


async def test_send(peer: Peer) -> None:
    connection = await peer.connect()
    await connection.on("Receive")
    await connection.send("Throw", "into the void")
    await connection.send("ToCaller", "heard")
    assert (await connection.wait_event("Receive")).arguments == ("heard",)
    assert await connection.invoke("Echo", "still here") == "still here"


async def test_calls_in_order(peer: Peer) -> None:
    connection = await peer.connect()
    await connection.on("Receive")
    numbers = [str(number) for number in range(20)]
    for number in numbers:
        await connection.send("ToCaller", number)
    assert [(await connection.wait_event("Receive")).arguments[0] for _ in numbers] == numbers


async def test_values(peer: Peer) -> None:
    connection = await peer.connect()
    for value in VALUES:
        assert await connection.invoke("EchoAny", value) == value
    assert _with_instant(await connection.order("EchoOrder", ORDER)) == _with_instant(ORDER)


def _with_instant(order: dict[str, Any]) -> dict[str, Any]:
    """Return the order with its date read: servers differ in how many zeros they write."""
    return order | {"placedAt": datetime.fromisoformat(order["placedAt"])}


async def test_bytes(peer: Peer) -> None:
    connection = await peer.connect()
    data = DATA if peer.protocol == "messagepack" else base64.b64encode(DATA).decode()
    assert await connection.invoke("EchoBytes", data) == data


async def test_large_answer(peer: Peer) -> None:
    connection = await peer.connect()
    assert await connection.invoke("Large", 1024) == "x" * 1024 * 1024


async def test_authorization(peer: Peer) -> None:
    with pytest.raises(ClientError):
        await peer.connect("/secure")
    admin = await peer.connect("/secure", token=token("alice", role="admin"))
    assert await admin.invoke("WhoAmI") == "alice"
    assert await admin.invoke("AdminOnly") == "granted"
    guest = await peer.connect("/secure", token=token("bob", role="guest"))
    with pytest.raises(ClientError) as refusal:
        await guest.invoke("AdminOnly")
    assert refusal.value.message == "Failed to invoke 'AdminOnly' because user is unauthorized"
