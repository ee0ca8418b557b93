"""Streams both ways and client results, by every client over every transport and protocol that it offers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from tests.clients.base import ClientError
from tests.interop.tokens import token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.clients.driver import DriverConnection
    from tests.interop.features.peer import Peer

FOREVER = 1_000_000
LATER = 60_000
"""Milliseconds that no test lasts."""

ATTEMPTS = 10
FAULT = "The CancellationTokenSource has been disposed."
"""What the .NET client says of a stream that it broke itself."""

NOT_BASE64 = {"$bytes": "!"}
"""A value that the program around the .NET client fails to read, in the middle of an upload."""


async def test_stream(peer: Peer) -> None:
    connection = await peer.connect()
    assert await connection.stream("Counter", 20, 0) == (list(range(20)), None)
    assert await connection.stream("Counter", 3, 1) == ([0, 1, 2], None)
    assert await connection.stream("Counter", 0, 0) == ([], None)


async def test_failing_stream(peer: Peer) -> None:
    connection = await peer.connect()
    items, error = await connection.stream("FailAfter", 3)
    assert items == [0, 1, 2]
    assert error == "An error occurred on the server while streaming results. HubException: stream failed"
    assert await connection.invoke("Echo", "still here") == "still here"


async def test_cancelled_stream(peer: Peer) -> None:
    connection = await peer.connect_official()
    items, error = await connection.stream("Counter", FOREVER, 1, take=3)
    assert items[:3] == [0, 1, 2]
    assert error is None
    assert await connection.invoke("Echo", "still here") == "still here"


async def test_call_behind_a_stream(peer: Peer) -> None:
    connection = await peer.connect()
    assert await connection.stream("Counter", 3, 0) == ([0, 1, 2], None)
    streaming = asyncio.create_task(connection.stream("Counter", FOREVER, 20))
    for number in range(5):
        assert await connection.invoke("Add", number, 1) == number + 1
    assert not streaming.done()
    await connection.stop()
    if peer.name == "pysignalr":
        streaming.cancel()
    else:
        assert await _error_of(streaming) is not None


async def _error_of(streaming: asyncio.Task[tuple[list[Any], str | None]]) -> str | None:
    """Return how a stream failed; a process that was slow to begin with it finds the connection gone."""
    try:
        _, error = await streaming
    except ClientError as refusal:
        return refusal.message
    return error


async def test_authorized_stream(peer: Peer) -> None:
    admin = await peer.connect("/secure", token=token("alice", role="admin"))
    assert await admin.stream("AdminStream") == ([1], None)
    guest = await peer.connect("/secure", token=token("bob", role="guest"))
    items, error = await guest.stream("AdminStream")
    assert (items, error) == ([], "Failed to invoke 'AdminStream' because user is unauthorized")


async def test_upload(peer: Peer) -> None:
    connection = await peer.connect_official()
    assert await connection.upload("Sum", streams=[[1, 2, 3]], delay_ms=peer.upload_pause) == 6
    assert await connection.upload("Sum", streams=[[]], delay_ms=peer.upload_pause) == 0


async def test_failing_upload(peer: Peer) -> None:
    connection = await peer.connect_official()
    if peer.name == "dotnet":
        items, error = await connection.upload_stream("EchoStream", streams=[["x", None, NOT_BASE64]])
        assert items[0] == "x"
        assert error is not None
        assert error.startswith("An error occurred on the server while streaming results. HubException: ")
    else:
        with pytest.raises(ClientError) as failure:
            await connection.upload("Sum", streams=[[1, 2]], failure="broken")
        assert failure.value.message.endswith("invoking 'Sum' on the server. HubException: broken")
    assert await connection.invoke("Echo", "still here") == "still here"


async def test_two_uploads(peer: Peer) -> None:
    connection = await peer.connect_official()
    streams = (["a", "b"], [1, 2, 3])
    assert await concat(connection, streams, peer.upload_pause) == "a, b, 1, 2, 3"


async def concat(connection: DriverConnection, streams: Sequence[Sequence[object]], pause: int) -> object:
    """Upload two streams, again if the client breaks one of them because the other ended before it."""
    for _ in range(ATTEMPTS):
        try:
            return await connection.upload("Concat", ", ", streams=streams, delay_ms=pause)
        except ClientError as error:
            if FAULT not in error.message:
                raise
    raise AssertionError(f"the client broke its stream {ATTEMPTS} times")


async def test_upload_and_stream_back(peer: Peer) -> None:
    connection = await peer.connect_official()
    words = [f"word {number}" for number in range(5)]
    assert await connection.upload_stream("EchoStream", streams=[words], delay_ms=peer.upload_pause) == (words, None)


async def test_client_result(peer: Peer) -> None:
    asker, answerer = await peer.connect(), await peer.connect()
    for connection in (asker, answerer):
        await connection.answer("Answer", "42")
    assert await asker.invoke("Ask", "what?") == "42"
    assert await asker.invoke("AskConnection", await answerer.invoke("ConnectionId"), "what?") == "42"


async def test_failing_client_result(peer: Peer) -> None:
    connection = await peer.connect()
    await connection.answer("Answer", error="no idea")
    with pytest.raises(ClientError) as failure:
        await connection.invoke("Ask", "what?")
    assert failure.value.message.startswith("An unexpected error occurred invoking 'Ask' on the server. HubException: ")
    assert failure.value.message.endswith("no idea")
    assert await connection.invoke("Echo", "still here") == "still here"


async def test_client_that_leaves(peer: Peer) -> None:
    asker, answerer = await peer.connect(), await peer.connect()
    await answerer.on("Answer")
    await answerer.answer("Answer", "too late", delay_ms=LATER)
    answerer_id = await answerer.invoke("ConnectionId")
    asking = asyncio.create_task(asker.invoke("AskConnection", answerer_id, "what?"))
    await answerer.wait_event("Answer")
    await answerer.stop()
    with pytest.raises(ClientError) as failure:
        await asking
    assert failure.value.message == "An unexpected error occurred invoking 'AskConnection' on the server."
    assert await asker.invoke("Echo", "still here") == "still here"
