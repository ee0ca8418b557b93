"""What Starlette and FastAPI applications do with a WebSocket, as their own tests have it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import pytest
from fastapi import Depends, FastAPI, Header, Query, WebSocketException
from starlette.applications import Starlette
from starlette.endpoints import WebSocketEndpoint
from starlette.routing import Mount, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from tests.hosts.asgi.raw_socket import BINARY, TEXT, frame
from tests.hosts.asgi.serving import Inbox

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from tests.hosts.asgi.conftest import Serve


async def test_text_is_echoed(serve: Serve) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        websocket = WebSocket(scope, receive, send)
        await websocket.accept()
        async for text in websocket.iter_text():
            await websocket.send_text(f"you said {text}")

    server = await serve(app)
    client = await server.open()
    for text in ("hello", "", "€ ✓ 🎉", "x" * 125, "x" * 126, "x" * 65535, "x" * 65536):
        client.write(frame(TEXT, text.encode()))
        assert await client.message() == f"you said {text}"
    await client.leave()
    await server.idle()


async def test_bytes_are_echoed(serve: Serve) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        websocket = WebSocket(scope, receive, send)
        await websocket.accept()
        async for data in websocket.iter_bytes():
            await websocket.send_bytes(data)

    server = await serve(app)
    client = await server.open()
    for data in (b"", b"\x00\xff", bytes(range(256)) * 1000):
        client.write(frame(BINARY, data))
        assert await client.message() == data
    await client.leave()
    await server.idle()


@pytest.mark.parametrize("mode", ["text", "binary"])
async def test_json_is_echoed(serve: Serve, mode: str) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        websocket = WebSocket(scope, receive, send)
        await websocket.accept()
        value = await websocket.receive_json(mode=mode)
        await websocket.send_json({"received": value}, mode=mode)
        await websocket.close()

    server = await serve(app)
    client = await server.open()
    client.write(frame(TEXT if mode == "text" else BINARY, b'{"a":[1,null]}'))
    received = await client.message()
    assert received == ('{"received":{"a":[1,null]}}' if mode == "text" else b'{"received":{"a":[1,null]}}')
    assert await client.expect_closed_by_both() == (1000, "")


async def test_headers_and_subprotocol_of_the_accept_are_sent(serve: Serve) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        websocket = WebSocket(scope, receive, send)
        assert websocket["subprotocols"] == ["soap", "wamp", "other"]
        await websocket.accept(
            subprotocol="wamp",
            headers=[(b"X-One", b"1"), (b"set-cookie", b"a=1"), (b"set-cookie", b"b=2; Path=/")],
        )
        await websocket.close()

    server = await serve(app)
    client = await server.open("/", "Sec-WebSocket-Protocol: soap, wamp", "Sec-WebSocket-Protocol: other")
    assert client.response.all("sec-websocket-protocol") == ["wamp"]
    assert client.response.all("x-one") == ["1"]
    assert client.response.all("set-cookie") == ["a=1", "b=2; Path=/"]
    assert client.response.all("server") == ["uvicorn"]
    assert len(client.response.all("date")) == 1
    assert client.response.all("sec-websocket-accept") == ["s3pPLMBiTxaQ9kYGzzhZRbK+xOo="]
    assert client.response.all("sec-websocket-extensions") == []
    assert [value.lower() for value in client.response.all("upgrade")] == ["websocket"]
    assert [value.lower() for value in client.response.all("connection")] == ["upgrade"]
    assert client.response.all("content-length") == []
    assert await client.expect_closed_by_both() == (1000, "")


@pytest.mark.parametrize(
    ("header", "match"),
    [((b"x", b"a\r\nb: c"), "line break"), ((b"x\n", b"a"), "not a token"), ((b"upgrade", b"h2c"), "set")],
)
async def test_a_header_that_is_none_fails_the_accept(serve: Serve, header: tuple[bytes, bytes], match: str) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        with pytest.raises(ValueError, match=match):
            await send({"type": "websocket.accept", "headers": [header]})
        await send({"type": "websocket.accept", "headers": []})
        await send({"type": "websocket.close"})

    server = await serve(app)
    client = await server.open()
    assert await client.expect_closed_by_both() == (1000, "")


async def test_an_endpoint_class_serves(serve: Serve) -> None:
    left: Inbox[int] = Inbox()

    class Endpoint(WebSocketEndpoint):
        encoding: Literal["text", "bytes", "json"] | None = "json"

        async def on_receive(self, websocket: WebSocket, data: object) -> None:
            await websocket.send_json({"message": data})

        async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
            left.put_nowait(close_code)

    server = await serve(Starlette(routes=[Mount("/outer", routes=[WebSocketRoute("/{name}", Endpoint)])]))
    client = await server.open("/outer/ws%20x?q=1")
    client.write(frame(TEXT, b"[1]"))
    assert await client.message() == '{"message":[1]}'
    await client.leave(1001)
    assert await left.get() == 1001


async def test_data_that_an_endpoint_cannot_decode_closes_with_1003(serve: Serve) -> None:
    class Endpoint(WebSocketEndpoint):
        encoding: Literal["text", "bytes", "json"] | None = "bytes"

        async def on_receive(self, websocket: WebSocket, data: object) -> None:
            raise AssertionError

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        with pytest.raises(RuntimeError, match="Expected bytes"):
            await Endpoint(scope, receive, send)

    server = await serve(app)
    client = await server.open()
    client.write(frame(TEXT, b"text"))
    assert await client.expect_closed_by_both() == (1003, "")


async def _session(token: Annotated[str | None, Query()] = None) -> str:
    if token is None:
        raise WebSocketException(code=1008, reason="no token")
    return token


def _fastapi() -> FastAPI:
    app = FastAPI()
    app.state.left = Inbox()

    @app.websocket("/items/{item}")
    async def item(
        websocket: WebSocket,
        item: int,
        token: Annotated[str, Depends(_session)],
        x_name: Annotated[str, Header()] = "nobody",
    ) -> None:
        await websocket.accept()
        try:
            while True:
                text = await websocket.receive_text()
                if text == "fail":
                    raise WebSocketException(code=4001, reason="as you wish")
                await websocket.send_text(f"{item} {token} {x_name} {text}")
        except WebSocketDisconnect as error:
            websocket.app.state.left.put_nowait(error.code)

    return app


async def test_fastapi_parameters_and_dependencies_work(serve: Serve) -> None:
    app = _fastapi()
    server = await serve(app)
    client = await server.open("/items/7?token=t", "X-Name: caf\xe9")
    client.write(frame(TEXT, b"hello"))
    assert await client.message() == "7 t café hello"
    await client.leave(1001)
    assert await app.state.left.get() == 1001
    await server.idle()


async def test_a_fastapi_dependency_refuses(serve: Serve) -> None:
    server = await serve(_fastapi())
    for path in ("/items/7", "/items/seven?token=t", "/nowhere"):
        client = await server.refused(path)
        assert client.response.status == 403
    await server.idle()


async def test_a_fastapi_exception_closes_with_its_code(serve: Serve) -> None:
    server = await serve(_fastapi())
    client = await server.open("/items/7?token=t")
    client.write(frame(TEXT, b"fail"))
    assert await client.expect_closed_by_both() == (4001, "as you wish")
    await server.idle()


async def test_messages_may_be_sent_before_and_while_others_are_received(serve: Serve) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        websocket = WebSocket(scope, receive, send)
        await websocket.accept()
        for number in range(100):
            await websocket.send_text(str(number))
        async for text in websocket.iter_text():
            await websocket.send_bytes(text.encode())
        assert websocket.client_state is WebSocketState.DISCONNECTED

    server = await serve(app)
    client = await server.open()
    client.write(*(frame(TEXT, str(number).encode()) for number in range(100)))
    assert [await client.message() for _ in range(100)] == [str(number) for number in range(100)]
    assert [await client.message() for _ in range(100)] == [str(number).encode() for number in range(100)]
    await client.leave()
    await server.idle()


async def test_a_message_to_send_may_have_both_members_with_one_of_them_none(serve: Serve) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "bytes": None, "text": "text"})
        await send({"type": "websocket.send", "bytes": b"bytes", "text": None})
        await send({"type": "websocket.send", "bytes": b"", "text": None})
        await send({"type": "websocket.close"})

    server = await serve(app)
    client = await server.open()
    assert [await client.message() for _ in range(3)] == ["text", b"bytes", b""]
    assert await client.expect_closed_by_both() == (1000, "")
