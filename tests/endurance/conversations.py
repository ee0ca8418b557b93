"""What a client may do in its life, chosen at random from a seed, with every answer checked."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Final

import httpx
import pytest
from websockets.exceptions import InvalidStatus, WebSocketException

from tests.support.raw_channels import (
    ConnectionGoneError,
    LongPollingChannel,
    ServerSentEventsChannel,
    WebSocketChannel,
)
from tests.support.raw_client import ConnectionEndedError, InvocationError, RawClient, negotiate

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from random import Random

    from tests.support.raw_client import Message

__all__ = ["LOST", "life"]

LOST: Final = (ConnectionEndedError, ConnectionGoneError, httpx.HTTPError, WebSocketException, OSError)
"""What a client sees when its connection is cut."""

_REFUSALS_TO_RETURN: Final = (204, 404, 409)
_CHANNELS: Final = (WebSocketChannel, ServerSentEventsChannel, LongPollingChannel)


async def life(http: httpx.AsyncClient, url: str, random: Random, *, steps: int) -> None:
    """Connect over a transport chosen at random, do some things, and leave in one way or another."""
    kind = random.choices(_CHANNELS, (8, 1, 1))[0]
    is_stateful = kind is WebSocketChannel and random.random() < 0.5
    async with _connected(http, url, kind, is_stateful=is_stateful) as client:
        for _ in range(random.randrange(steps + 1)):
            await random.choice(_THINGS)(client, random)
        await _leave(client, random)
        if is_stateful and random.random() < 0.5:
            await _come_back(client, url)


async def _leave(client: RawClient, random: Random) -> None:
    """End a connection: in the middle of things, or with nothing going on; with words, without, or with a cut."""
    for begin in random.sample(_BEGINNINGS, random.randrange(len(_BEGINNINGS) + 1)):
        await begin(client)
    way = random.randrange(4)
    if way == 0:
        await client.send({"type": 7})
    elif way == 1:
        await client.send({"type": 1, "target": "Abort", "arguments": []})
    elif way == 2 and isinstance(client.channel, WebSocketChannel):
        client.channel.websocket.transport.abort()


async def _come_back(client: RawClient, url: str) -> None:
    """Cut a connection, return to it with another socket, and cut that one too; it may have ended meanwhile."""
    assert isinstance(client.channel, WebSocketChannel)
    client.channel.websocket.transport.abort()
    try:
        channel = await WebSocketChannel.open(url, client.channel.parameters)
    except InvalidStatus as error:
        if error.response.status_code not in _REFUSALS_TO_RETURN:
            raise
        return
    returned = RawClient(channel, client.connection_id)
    try:
        with contextlib.suppress(ConnectionEndedError):
            await returned.take(lambda message: message.get("type") == 9)
        channel.websocket.transport.abort()
    finally:
        await returned.aclose()


@contextlib.asynccontextmanager
async def _connected(
    http: httpx.AsyncClient, url: str, kind: type[Any], *, is_stateful: bool
) -> AsyncIterator[RawClient]:
    negotiated = await negotiate(http, url, {"useStatefulReconnect": "true"} if is_stateful else None)
    parameters = {"id": negotiated.connection_token}
    if kind is WebSocketChannel:
        channel: Any = await WebSocketChannel.open(url, parameters)
    else:
        channel = await kind.open(http, url, parameters)
    client = RawClient(channel, negotiated.connection_id)
    try:
        assert await client.shake_hands(version=2 if is_stateful else 1) == {}
        yield client
    finally:
        await client.aclose()


async def _echo(client: RawClient, random: Random) -> None:
    value = [random.random(), "x" * random.randrange(5_000), None]
    assert await client.invoke("Echo", value) == value


async def _in_thread(client: RawClient, random: Random) -> None:
    assert await client.invoke("InThread", 1) == 2


async def _fail(client: RawClient, random: Random) -> None:
    with pytest.raises(InvocationError, match=r"HubException: as asked for$"):
        await client.invoke("Fail")


async def _with_session(client: RawClient, random: Random) -> None:
    assert await client.invoke("WithSession", 7) == 7


async def _shout(client: RawClient, random: Random) -> None:
    group, text = f"group {random.randrange(3)}", str(random.random())
    await client.invoke("Join", group)
    await client.invoke("Shout", group, text)
    await client.take(lambda message: message.get("target") == "Heard" and message["arguments"] == [text])


async def _stream(client: RawClient, random: Random) -> None:
    count = random.randrange(20)
    stream = await _start(client, "CountUp", count, kind=4)
    assert await _items(client, stream) == list(range(count))


async def _cancelled_stream(client: RawClient, random: Random) -> None:
    stream = await _start(client, "CountUp", 1_000_000, kind=4)
    await client.take(lambda message: message.get("type") == 2 and message["invocationId"] == stream)
    await client.send({"type": 5, "invocationId": stream})
    await _items(client, stream)


async def _upload(client: RawClient, random: Random) -> None:
    numbers = list(range(random.randrange(40)))
    upload = _new_id(client)
    call = await _start(client, "AddUp", streams=[upload])
    await client.send(*({"type": 2, "invocationId": upload, "item": number} for number in numbers))
    await client.send({"type": 3, "invocationId": upload})
    assert await client.result(call) == sum(numbers)


async def _failed_upload(client: RawClient, random: Random) -> None:
    upload = _new_id(client)
    call = await _start(client, "AddUp", streams=[upload])
    ending: Message = {"type": 3, "invocationId": upload, "error": "client gave up"}
    if random.random() < 0.5:
        ending = {"type": 2, "invocationId": upload, "item": "not a number"}
    await client.send({"type": 2, "invocationId": upload, "item": 1}, ending)
    with pytest.raises(InvocationError, match="HubException: "):
        await client.result(call)


async def _repeat(client: RawClient, random: Random) -> None:
    upload = _new_id(client)
    stream = await _start(client, "Repeat", kind=4, streams=[upload])
    await client.send(*({"type": 2, "invocationId": upload, "item": number} for number in range(25)))
    await client.send({"type": 3, "invocationId": upload})
    assert await _items(client, stream) == list(range(25))


async def _ask(client: RawClient, random: Random) -> None:
    call = await _start(client, "Ask", "why?")
    question = await client.take(lambda message: message.get("target") == "Answer")
    await client.send({"type": 3, "invocationId": question["invocationId"], "result": ["because"]})
    assert await client.result(call) == ["because"]


async def _cancelled_call(client: RawClient, random: Random) -> None:
    call = await _start(client, "WaitUntilCancelled")
    await client.send({"type": 5, "invocationId": call})
    assert await client.result(call) == "cancelled"


async def _nonsense(client: RawClient, random: Random) -> None:
    await client.send(
        {"type": 2, "invocationId": "nobody's", "item": 1},
        {"type": 3, "invocationId": "nobody's", "result": 1},
        {"type": 5, "invocationId": "nobody's"},
    )
    call = await _start(client, "AddUp", streams=["twice", "twice"])
    with contextlib.suppress(InvocationError):
        await client.result(call)


_THINGS: Final[tuple[Callable[[RawClient, Random], Awaitable[None]], ...]] = (
    _echo,
    _in_thread,
    _fail,
    _with_session,
    _shout,
    _stream,
    _cancelled_stream,
    _upload,
    _failed_upload,
    _repeat,
    _ask,
    _cancelled_call,
    _nonsense,
)


async def _open_stream(client: RawClient) -> None:
    await _start(client, "CountUp", 1_000_000, kind=4)


async def _open_upload(client: RawClient) -> None:
    upload = _new_id(client)
    await _start(client, "AddUp", streams=[upload])
    await client.send(*({"type": 2, "invocationId": upload, "item": 1} for _ in range(3)))


async def _unanswered_question(client: RawClient) -> None:
    await _start(client, "Ask", "are you there?")


async def _endless_call(client: RawClient) -> None:
    await _start(client, "WaitForEver")


_BEGINNINGS: Final = (_open_stream, _open_upload, _unanswered_question, _endless_call)


def _new_id(client: RawClient) -> str:
    client._calls += 1
    return str(client._calls)


async def _start(client: RawClient, target: str, *arguments: Any, kind: int = 1, streams: Any = ()) -> str:
    call_id = _new_id(client)
    await client.send(
        {"type": kind, "invocationId": call_id, "target": target, "arguments": arguments, "streamIds": list(streams)}
    )
    return call_id


async def _items(client: RawClient, stream: str) -> list[Any]:
    items: list[Any] = []
    while True:
        message = await client.take(lambda message: message.get("invocationId") == stream and message["type"] in (2, 3))
        if message["type"] == 3:
            assert "error" not in message, message
            return items
        items.append(message["item"])
