"""How an open WebSocket ends: by the application, by the client, by a failure, and what both then see."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import pytest
from starlette.websockets import WebSocket, WebSocketDisconnect

from tests.hosts.asgi.raw_socket import PING, TEXT, close, frame
from tests.hosts.asgi.serving import Inbox, problems

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

    from tests.hosts.asgi.conftest import Serve


class Recorder:
    """An application that accepts, and keeps all that it receives until the end."""

    def __init__(self) -> None:
        self.received: Inbox[Message] = Inbox()
        self.failed: Inbox[BaseException] = Inbox()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert await receive() == {"type": "websocket.connect"}
        await send({"type": "websocket.accept"})
        while True:
            message = await receive()
            self.received.put_nowait(message)
            if message["type"] == "websocket.disconnect":
                break
        try:
            await send({"type": "websocket.send", "text": "too late"})
        except OSError as error:
            self.failed.put_nowait(error)


@pytest.mark.parametrize(
    ("message", "code", "reason"),
    [
        ({}, 1000, ""),
        ({"code": 1001}, 1001, ""),
        ({"code": 3000, "reason": None}, 3000, ""),
        ({"code": 4999, "reason": "as you wish ✓"}, 4999, "as you wish ✓"),
        ({"code": 1011, "reason": "x" * 123}, 1011, "x" * 123),
    ],
)
async def test_the_application_closes(serve: Serve, message: Message, code: int, reason: str) -> None:
    received: Inbox[Message] = Inbox()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", **message})
        received.put_nowait(await receive())

    server = await serve(app)
    client = await server.open()
    assert await client.expect_closed_by_both() == (code, reason)
    disconnect = await received.get()
    assert (disconnect["type"], disconnect["code"]) == ("websocket.disconnect", code)
    await server.idle()


async def test_a_reason_that_is_too_long_for_its_frame_is_shortened_or_refused(serve: Serve) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": 4000, "reason": "€" * 100})

    server = await serve(app)
    client = await server.open()
    code, reason = await client.expect_close()
    assert code in (4000, 1011)
    assert len(reason.encode()) <= 123
    client.write(close(code))
    await client.expect_end()
    await server.idle()


async def test_messages_of_the_client_after_the_close_are_dropped(serve: Serve) -> None:
    received: Inbox[Message] = Inbox()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close"})
        received.put_nowait(await receive())

    server = await serve(app)
    client = await server.open()
    assert await client.expect_close() == (1000, "")
    client.write(frame(TEXT, b"too late"), frame(PING, b"x"), close(1000))
    await server.idle()
    assert (await received.get())["type"] == "websocket.disconnect"


@pytest.mark.parametrize("message", [{"type": "websocket.send", "text": "x"}, {"type": "websocket.close"}])
async def test_nothing_can_be_sent_after_the_close(serve: Serve, message: Message) -> None:
    failed: Inbox[BaseException] = Inbox()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close"})
        with pytest.raises((RuntimeError, OSError)) as error:
            await send(message)
        failed.put_nowait(error.value)

    server = await serve(app)
    client = await server.open()
    assert await client.expect_closed_by_both() == (1000, "")
    await failed.get()
    await server.idle()


@pytest.mark.parametrize(
    ("sent", "echoed", "code", "reason"),
    [
        (close(1000), 1000, 1000, ""),
        (close(1001, "leaving €".encode()), 1001, 1001, "leaving €"),
        (close(4321, b"x" * 123), 4321, 4321, "x" * 123),
        (close(), 1005, 1005, ""),
    ],
)
async def test_the_client_closes(serve: Serve, sent: bytes, echoed: int, code: int, reason: str) -> None:
    app = Recorder()
    server = await serve(app)
    client = await server.open()
    client.write(frame(TEXT, b"last"), sent)
    assert (await client.expect_close())[0] == echoed
    await client.expect_end()
    assert await app.received.get() == {"type": "websocket.receive", "text": "last"}
    disconnect = await app.received.get()
    assert (disconnect["code"], disconnect.get("reason") or "") == (code, reason)
    assert isinstance(await app.failed.get(), OSError)
    await server.idle()


async def test_frames_after_the_close_of_the_client_are_not_read(serve: Serve) -> None:
    app = Recorder()
    server = await serve(app)
    client = await server.open()
    client.write(close(1000), frame(TEXT, b"too late"), frame(PING, b"x"), close(1001))
    assert await client.expect_closed() == (1000, "")
    assert (await app.received.get())["code"] == 1000
    await server.idle()
    assert app.received.empty()


@pytest.mark.parametrize("how", ["reset", "half-closed", "closed"])
async def test_a_client_that_vanishes_is_1006(serve: Serve, how: str) -> None:
    app = Recorder()
    server = await serve(app)
    client = await server.open()
    client.write(frame(TEXT, b"unfinished", fin=False))
    match how:
        case "reset":
            client.abort()
        case "half-closed":
            client.writer.write_eof()
        case _:
            client.writer.close()
    assert await app.received.get() == {"type": "websocket.disconnect", "code": 1006, "reason": ""}
    assert isinstance(await app.failed.get(), OSError)
    await server.idle()


async def test_starlette_sees_a_client_that_vanished_when_it_sends(serve: Serve) -> None:
    ended: Inbox[int] = Inbox()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        websocket = WebSocket(scope, receive, send)
        await websocket.accept()
        try:
            while True:
                await websocket.send_text("x" * 10_000)
        except WebSocketDisconnect as error:
            ended.put_nowait(error.code)

    server = await serve(app)
    client = await server.open()
    await client.message()
    client.abort()
    assert await ended.get() == 1006
    await server.idle()


async def test_the_disconnect_is_received_again_and_again(serve: Serve) -> None:
    received: Inbox[Message] = Inbox()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        for _ in range(3):
            received.put_nowait(await receive())

    server = await serve(app)
    client = await server.open()
    await client.leave(1001)
    for _ in range(3):
        message = await received.get()
        assert (message["type"], message["code"]) == ("websocket.disconnect", 1001)
    await server.idle()


async def test_an_exception_after_the_accept_closes_with_1011(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        raise LookupError("a bug")

    server = await serve(app)
    client = await server.open()
    code, reason = await client.expect_closed_by_both()
    assert code == 1011
    assert "a bug" not in reason
    await server.idle()
    (record,) = problems(caplog)
    assert (record.name, record.levelno) == ("uvicorn.error", logging.ERROR)
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], LookupError)


async def test_an_exception_after_the_close_is_only_logged(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": 4000})
        raise LookupError("a bug")

    server = await serve(app)
    client = await server.open()
    assert await client.expect_closed_by_both() == (4000, "")
    await server.idle()
    assert [record.name for record in problems(caplog)] == ["uvicorn.error"]


async def test_an_application_that_returns_without_closing_closes_with_1000(serve: Serve) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": "all there is"})

    server = await serve(app)
    client = await server.open()
    assert await client.message() == "all there is"
    assert await client.expect_closed_by_both() == (1000, "")
    await server.idle()


async def test_a_result_of_the_application_is_noted(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> str:
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close"})
        return "a result"

    server = await serve(app)  # type: ignore[arg-type]
    client = await server.open()
    await client.expect_closed_by_both()
    await server.idle()
    (record,) = problems(caplog)
    assert "should return None" in record.message


@pytest.mark.parametrize(
    "message",
    [
        {"type": "websocket.accept"},
        {"type": "websocket.nonsense"},
        {"type": "websocket.http.response.start", "status": 401, "headers": []},
    ],
    ids=lambda message: message["type"],
)
async def test_what_cannot_come_after_the_accept_fails_the_call(serve: Serve, message: Message) -> None:
    failed: Inbox[str] = Inbox()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        with pytest.raises(RuntimeError) as error:
            await send(message)
        failed.put_nowait(str(error.value))
        await send({"type": "websocket.close"})

    server = await serve(app)
    client = await server.open()
    assert str(message["type"]) in await failed.get()
    assert await client.expect_closed_by_both() == (1000, "")
    await server.idle()


async def test_many_calls_may_wait_for_a_message_in_turn(serve: Serve) -> None:
    received: Inbox[Message] = Inbox()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        waiting = asyncio.ensure_future(receive())
        await asyncio.sleep(0)
        waiting.cancel()
        received.put_nowait(await receive())
        await send({"type": "websocket.close"})

    server = await serve(app)
    client = await server.open()
    client.write(frame(TEXT, b"after a cancelled wait"))
    assert (await received.get())["text"] == "after a cancelled wait"
    assert await client.expect_closed_by_both() == (1000, "")
    await server.idle()
