"""The messages of streams, in both directions, for clients in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.support.hub_client import HubClient, Message

__all__ = ["cancel", "end", "invocation", "item", "items", "start", "stream", "streamed"]


def invocation(
    client: HubClient, target: str, *arguments: Any, uploads: Sequence[str] = (), streams: bool = False
) -> Message:
    """Return the message of a new call.

    Args:
        client: Who calls.
        target: What is called.
        *arguments: With what.
        uploads: Ids of the streams that follow.
        streams: Whether the answer is wanted as a stream.
    """
    _, message = client.invocation(target, *arguments)
    more: Message = {"streamIds": list(uploads)} if uploads else {}
    return {**message, "type": 4 if streams else 1, **more}


def start(client: HubClient, target: str, *arguments: Any, uploads: Sequence[str] = (), streams: bool = False) -> str:
    """Send such a message, and return the id of the call."""
    message = invocation(client, target, *arguments, uploads=uploads, streams=streams)
    client.send(message)
    return str(message["invocationId"])


def stream(client: HubClient, target: str, *arguments: Any, uploads: Sequence[str] = ()) -> str:
    """Call a method for its stream, and return the id of the call."""
    return start(client, target, *arguments, uploads=uploads, streams=True)


def item(stream_id: str, value: Any) -> Message:
    """Return the message of an item that a client uploads."""
    return {"type": 2, "invocationId": stream_id, "item": value}


def end(stream_id: str, error: str | None = None) -> Message:
    """Return the end of an upload."""
    return {"type": 3, "invocationId": stream_id, **({} if error is None else {"error": error})}


def cancel(call: str) -> Message:
    """Return the message that cancels a call."""
    return {"type": 5, "invocationId": call}


def items(client: HubClient, call: str) -> list[Any]:
    """Return the items of a stream that have come so far."""
    return [m["item"] for m in client.received if m["type"] == 2 and m["invocationId"] == call]


async def streamed(client: HubClient, call: str) -> list[Any]:
    """Wait for the good end of a stream, and return its items."""
    assert await client.answer(call) == {"type": 3, "invocationId": call}
    return items(client, call)
