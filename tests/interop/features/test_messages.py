"""Messages to clients, to every client over every transport and protocol that it offers."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from tests.clients.base import Connection
    from tests.interop.features.peer import Peer


@pytest.fixture
def mark() -> str:
    """Return a text that no other test uses."""
    return uuid.uuid4().hex


async def pair(peer: Peer, mark: str) -> tuple[Connection, Connection]:
    """Return a connection of Alice's and one of Bob's; both report what they receive."""
    alice, bob = [await peer.connect(f"/interop?user={name}-{mark}") for name in ("alice", "bob")]
    for connection in (alice, bob):
        await connection.on("Receive")
    return alice, bob


async def received(connection: Connection) -> list[str]:
    """Return the texts that a connection received; a message of its own marks the end of them."""
    end = uuid.uuid4().hex
    await connection.invoke("ToCaller", end)
    texts: list[str] = []
    while (text := (await connection.wait_event("Receive")).arguments[0]) != end:
        texts.append(text)
    return texts


async def test_broadcast(peer: Peer, mark: str) -> None:
    alice, bob = await pair(peer, mark)
    await alice.invoke("ToOthers", f"others {mark}")
    await alice.invoke("Broadcast", f"all {mark}")
    await alice.invoke("ToCaller", "caller")
    assert await received(alice) == [f"all {mark}", "caller"]
    assert await received(bob) == [f"others {mark}", f"all {mark}"]


async def test_groups(peer: Peer, mark: str) -> None:
    alice, bob = await pair(peer, mark)
    await bob.invoke("Join", mark)
    await alice.invoke("ToGroup", mark, "joined")
    await alice.invoke("Join", mark)
    await alice.invoke("ToOthersInGroup", mark, "others")
    await bob.invoke("Leave", mark)
    await alice.invoke("ToGroup", mark, "left")
    assert await received(alice) == ["left"]
    assert await received(bob) == ["joined", "others"]


async def test_users(peer: Peer, mark: str) -> None:
    alice, bob = await pair(peer, mark)
    assert await alice.invoke("UserId") == f"alice-{mark}"
    await alice.invoke("ToUser", f"bob-{mark}", "one")
    await alice.invoke("ToUsers", [f"alice-{mark}", f"bob-{mark}"], "both")
    assert await received(alice) == ["both"]
    assert await received(bob) == ["one", "both"]


async def test_from_outside(peer: Peer, mark: str) -> None:
    alice, bob = await pair(peer, mark)
    async with httpx.AsyncClient(base_url=peer.url, trust_env=False) as http:
        for query in ({"user": f"alice-{mark}", "text": "alice"}, {"user": f"bob-{mark}", "text": "bob"}):
            assert (await http.post("/publish", params=query)).status_code == 200
    assert await received(alice) == ["alice"]
    assert await received(bob) == ["bob"]
