"""What a WebSocket leaves behind when it has ended: nothing that only the garbage collector could free."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from typing import TYPE_CHECKING, TypeAlias

import pytest
from starlette.applications import Starlette

from signalr_py import Hub, SignalR
from signalr_py.hub.connection import HubConnection
from signalr_py.hub.context import HubCallerContext
from signalr_py.servers.uvicorn.protocol import FastWebSocketProtocol
from signalr_py.servers.websocket.connection import WebSocketConnection
from signalr_py.transports.connection import TransportConnection
from signalr_py.transports.direct import DirectTransport
from tests.hosts.asgi.echo import Echo
from tests.hosts.asgi.raw_socket import TEXT, RawSocket, close, frame
from tests.hosts.asgi.serving import serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractAsyncContextManager

    from starlette.types import Receive, Scope, Send

End: TypeAlias = Callable[[RawSocket], Awaitable[None]]

HANDSHAKE = frame(TEXT, b'{"protocol":"json","version":1}\x1e')
CALL = frame(TEXT, b'{"type":1,"invocationId":"1","target":"Who","arguments":[]}\x1e')
ABORT = frame(TEXT, b'{"type":1,"target":"Abort","arguments":[]}\x1e')
GOODBYE = frame(TEXT, b'{"type":7}\x1e')
NONSENSE = frame(TEXT, b"no message\x1e")


class GreetingHub(Hub):
    async def who(self) -> str:
        return self.context.connection_id

    async def abort(self) -> None:
        self.context.abort()


KINDS = (
    *(FastWebSocketProtocol, WebSocketConnection, DirectTransport),
    *(TransportConnection, HubConnection, HubCallerContext),
)


@pytest.fixture
def left_behind() -> Iterator[Callable[[], Counter[str]]]:
    """Return what counts the new objects of connections, while the garbage collector rests."""

    def alive() -> Counter[str]:
        return Counter(type(each).__name__ for each in gc.get_objects() if type(each) in KINDS)

    gc.collect()
    before = alive()
    gc.disable()
    yield lambda: alive() - before
    gc.enable()


async def say_goodbye(client: RawSocket) -> None:
    client.write(close(1000))
    await client.frames_until_end()


async def drop(client: RawSocket) -> None:
    client.abort()


async def send_nonsense(client: RawSocket) -> None:
    client.write(frame(TEXT, b"\xff"))
    await client.expect_close()
    client.abort()


@pytest.mark.parametrize("end", [say_goodbye, drop, send_nonsense])
async def test_a_websocket_of_a_plain_application_is_freed_at_its_end(
    end: End, left_behind: Callable[[], Counter[str]]
) -> None:
    async with serving(Echo()) as server:
        client = await server.open()
        client.write(frame(TEXT, b"hello"))
        assert await client.message() == "hello"
        assert left_behind() == {"FastWebSocketProtocol": 1, "WebSocketConnection": 1}
        await end(client)
        await server.idle()
        assert left_behind() == {}


async def test_a_refused_websocket_is_freed(left_behind: Callable[[], Counter[str]]) -> None:
    async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "websocket.close"})

    async with serving(refuse) as server:
        await server.refused()
        await server.idle()
        assert left_behind() == {}


@pytest.mark.parametrize("last", [b"", GOODBYE, ABORT, NONSENSE], ids=["no", "goodbye", "abort", "nonsense"])
@pytest.mark.parametrize("end", [say_goodbye, drop])
@pytest.mark.parametrize("serve", [SignalR.lifespan, nullcontext], ids=["request ends first", "request ends last"])
async def test_a_connection_of_a_hub_is_freed_at_its_end(
    last: bytes,
    end: End,
    serve: Callable[[SignalR], AbstractAsyncContextManager[None]],
    left_behind: Callable[[], Counter[str]],
) -> None:
    signalr = SignalR()
    app = Starlette(routes=[signalr.map_hub("/hub", GreetingHub)])
    async with serving(app) as server:
        async with serve(signalr):
            client = await server.open("/hub")
            client.write(HANDSHAKE)
            assert await client.message() == "{}\x1e"
            client.write(CALL)
            assert "result" in str(await client.message())
            assert left_behind().keys() == {kind.__name__ for kind in KINDS}
            client.write(last)
            await end(client)
            await server.idle()
        await signalr.shutdown()
        assert left_behind() == {}
