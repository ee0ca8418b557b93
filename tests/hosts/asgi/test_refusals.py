"""WebSockets that the application, or HTTP itself, does not let be."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.websockets import WebSocket

from tests.hosts.asgi.raw_socket import TEXT, frame
from tests.hosts.asgi.serving import Inbox, problems

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from tests.hosts.asgi.conftest import Serve


def denying(response: Response) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        websocket = WebSocket(scope, receive, send)
        assert (await receive())["type"] == "websocket.connect"
        await websocket.send_denial_response(response)

    return app


async def test_a_close_before_the_accept_is_403(serve: Serve) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert await receive() == {"type": "websocket.connect"}
        await send({"type": "websocket.close", "code": 4000, "reason": "unused"})
        assert (await receive())["type"] == "websocket.disconnect"

    server = await serve(app)
    client = await server.refused()
    assert (client.response.status, client.response.reason, client.response.body) == (403, "Forbidden", b"")
    assert client.response.all("content-length") == ["0"]
    assert client.response.all("connection") == ["close"]
    assert len(client.response.all("date")) == 1
    await server.idle()


async def test_a_denial_keeps_status_headers_and_body(serve: Serve) -> None:
    response = JSONResponse({"reason": "no"}, status_code=401, headers={"WWW-Authenticate": "Bearer"})
    response.set_cookie("a", "1")
    response.set_cookie("b", "2")
    server = await serve(denying(response))
    client = await server.refused()
    assert (client.response.status, client.response.reason) == (401, "Unauthorized")
    assert client.response.body == b'{"reason":"no"}'
    assert client.response.all("www-authenticate") == ["Bearer"]
    assert [cookie.split(";")[0] for cookie in client.response.all("set-cookie")] == ["a=1", "b=2"]
    assert client.response.all("content-type") == ["application/json"]
    assert client.response.all("content-length") == ["15"]
    assert client.response.all("connection") == ["close"]
    assert len(client.response.all("date")) == 1
    await server.idle()


async def test_a_denial_without_a_content_type_gets_none(serve: Serve) -> None:
    server = await serve(denying(Response(b"plain", status_code=404)))
    client = await server.refused()
    assert (client.response.status, client.response.body) == (404, b"plain")
    assert client.response.all("content-type") == []
    await server.idle()


async def test_a_denial_may_come_in_pieces(serve: Serve) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"one "
        yield b""
        yield b"two"

    server = await serve(denying(StreamingResponse(pieces(), status_code=503)))
    client = await server.refused()
    assert (client.response.status, client.response.body) == (503, b"one two")
    await server.idle()


async def test_a_denial_may_be_a_redirection_or_large(serve: Serve) -> None:
    server = await serve(denying(RedirectResponse("/elsewhere", status_code=307)))
    client = await server.refused()
    assert (client.response.status, client.response.all("location")) == (307, ["/elsewhere"])
    other = await serve(denying(PlainTextResponse("x" * 1_000_000, status_code=400)))
    client = await other.refused()
    assert len(client.response.body) == 1_000_000
    await other.idle()


async def test_a_denial_whose_body_never_ends_is_500(serve: Serve) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "websocket.http.response.start", "status": 401, "headers": []})
        await send({"type": "websocket.http.response.body", "body": b"half", "more_body": True})

    server = await serve(app)
    client = await server.refused()
    assert client.response.status == 500
    await server.idle()


@pytest.mark.parametrize("status", [99, 101, 600])
async def test_a_denial_with_a_status_that_is_none_fails(serve: Serve, status: int) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        with pytest.raises((RuntimeError, ValueError), match=str(status)):
            await send({"type": "websocket.http.response.start", "status": status, "headers": []})
        raise LookupError

    server = await serve(app)
    client = await server.refused()
    assert client.response.status == 500
    await server.idle()


@pytest.mark.parametrize(
    "messages",
    [
        [{"type": "websocket.send", "text": "x"}],
        [{"type": "websocket.nonsense"}],
        [{"type": "http.response.start", "status": 200}],
        [{"type": "websocket.http.response.body", "body": b""}],
        [{"type": "websocket.http.response.start", "status": 401}, {"type": "websocket.accept"}],
    ],
    ids=lambda messages: messages[-1]["type"],
)
async def test_what_may_not_come_yet_fails_the_call(serve: Serve, messages: list[Message]) -> None:
    failed: Inbox[str] = Inbox()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        *before, last = messages
        for message in before:
            await send(message)
        with pytest.raises(RuntimeError) as error:
            await send(last)
        failed.put_nowait(str(error.value))

    server = await serve(app)
    client = await server.refused()
    assert client.response.status == 500
    assert str(messages[-1]["type"]) in await failed.get()
    await server.idle()


async def test_what_comes_after_the_refusal_fails_the_call(serve: Serve) -> None:
    failed: Inbox[BaseException] = Inbox()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "websocket.close"})
        for message in ({"type": "websocket.accept"}, {"type": "websocket.send", "text": "x"}):
            with pytest.raises((RuntimeError, OSError)) as error:
                await send(message)
            failed.put_nowait(error.value)

    server = await serve(app)
    client = await server.refused()
    assert client.response.status == 403
    await failed.get()
    await failed.get()
    await server.idle()


async def test_an_exception_before_the_accept_is_500(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise LookupError("a bug")

    server = await serve(app)
    client = await server.refused()
    await server.idle()
    assert (client.response.status, client.response.reason) == (500, "Internal Server Error")
    assert b"a bug" not in client.response.body
    (record,) = problems(caplog)
    assert (record.name, record.levelno) == ("uvicorn.error", logging.ERROR)
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], LookupError)


async def test_an_application_that_returns_without_an_answer_is_500(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()

    server = await serve(app)
    client = await server.refused()
    await server.idle()
    assert client.response.status == 500
    (record,) = problems(caplog)
    assert (record.name, record.levelno) == ("uvicorn.error", logging.ERROR)
    assert "without completing handshake" in record.message


async def test_a_client_that_leaves_before_the_answer_is_told_to_the_application(serve: Serve) -> None:
    received: Inbox[Message] = Inbox()
    failed: Inbox[BaseException] = Inbox()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert (await receive())["type"] == "websocket.connect"
        received.put_nowait(await receive())
        with pytest.raises(OSError) as error:  # noqa: PT011 - which OSError is up to the host
            await send({"type": "websocket.accept"})
        failed.put_nowait(error.value)

    server = await serve(app)
    client = await server.connect()
    client.ask()
    await server.has_call()
    client.abort()
    assert (await received.get())["code"] == 1006
    await failed.get()
    await server.idle()


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ("Sec-WebSocket-Version: 8", 426),
        ("Sec-WebSocket-Key: c2hvcnQ=", 400),
        ("Sec-WebSocket-Protocol: a b", 400),
        ("", 400),
    ],
)
async def test_an_upgrade_that_is_not_in_order_never_reaches_the_application(
    serve: Serve, changed: str, status: int
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError

    server = await serve(app)
    client = await server.connect()
    name = changed.split(":")[0]
    given = {
        "Host": "x",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    lines = [f"{header}: {value}" for header, value in given.items() if header != name] + [changed]
    if not changed:
        lines = lines[:4]
    client.write("".join(f"{line}\r\n" for line in ["GET / HTTP/1.1", *lines, ""]).encode())
    await client.answered()
    assert client.response.status == status
    assert client.response.all("connection")[0].startswith("close")
    assert client.response.all("server") == ["uvicorn"]
    await client.expect_end()
    await server.idle()


async def test_a_refused_version_is_told_the_right_one(serve: Serve) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError

    server = await serve(app)
    client = await server.refused("/", "Sec-WebSocket-Version: 25")
    assert client.response.status == 426
    assert client.response.all("sec-websocket-version") == ["13"]


async def test_frames_behind_a_refused_request_are_not_read(serve: Serve) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.close"})
        assert (await receive())["type"] == "websocket.disconnect"

    server = await serve(app)
    client = await server.connect()
    await client.upgrade(pipelined=frame(TEXT, b"too early"))
    assert client.response.status == 403
    await server.idle()
