"""Drives an ASGI application by hand: one HTTP request, or one WebSocket, step by step and without a network."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

from tests.support.waiting import Changes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType
    from typing import Self

    from starlette.types import ASGIApp, Message, Scope

__all__ = [
    "Answer",
    "Exchange",
    "HttpExchange",
    "WebSocketExchange",
    "http_scope",
    "request",
    "text_message",
    "websocket_scope",
]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What an HTTP request was answered with."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def http_scope(
    method: str = "GET",
    path: str = "/",
    *,
    query: str = "",
    headers: Mapping[str, str] | None = None,
    user: object = None,
) -> Scope:
    """Return the scope of an HTTP request; a user is put where the authentication middleware puts it."""
    return {"type": "http", "method": method, "scheme": "http", **_scope(path, query, headers, user)}


def websocket_scope(
    path: str = "/",
    *,
    query: str = "",
    headers: Mapping[str, str] | None = None,
    user: object = None,
    can_deny: bool = True,
) -> Scope:
    """Return the scope of a WebSocket upgrade, of a host with or without the denial response."""
    extensions: dict[str, dict[str, object]] = {"websocket.http.response": {}} if can_deny else {}
    rest = _scope(path, query, headers, user)
    return {"type": "websocket", "scheme": "ws", "subprotocols": [], "extensions": extensions, **rest}


def _scope(path: str, query: str, headers: Mapping[str, str] | None, user: object) -> dict[str, Any]:
    scope: dict[str, Any] = {
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "server": ("testserver", 80),
        "client": ("testclient", 50000),
        "root_path": "",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()],
    }
    return scope if user is None else {**scope, "user": user}


class Exchange:
    """One call of an application, with both sides of `receive` and `send` in the test's hands.

    Use it as a context manager: the call starts with the block and is cancelled at its end if it still runs.
    """

    def __init__(self, app: ASGIApp, scope: Scope) -> None:
        self.sent: list[Message] = []
        self.is_receiving = False
        self.held = 0
        self._app = app
        self._scope = scope
        self._changes = Changes()
        self._incoming: asyncio.Queue[Message] = asyncio.Queue()
        self._gone: Message | None = None
        self._open = asyncio.Event()
        self._open.set()
        self._failure: Exception | None = None
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.get_running_loop().create_task(self._call())
        self._task.add_done_callback(lambda _: self._changes.note())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
        if not self.task.done():
            self.task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self.task

    @property
    def task(self) -> asyncio.Task[None]:
        """The task of the call, which a host would own."""
        assert self._task is not None
        return self._task

    @property
    def is_finished(self) -> bool:
        """Whether the application has returned."""
        return self.task.done()

    async def finished(self) -> None:
        """Wait until the application has returned, and raise what it raised."""
        await self.until(self.task.done)
        await self.task

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until a condition holds; it is asked again after each message and at the end."""
        await self._changes.until(condition)

    def deliver(self, message: Message) -> None:
        """Let the application receive a message."""
        self._incoming.put_nowait(message)

    def hold(self) -> None:
        """Let every `send` from now on suspend, as for a client that does not read."""
        self._open.clear()

    def release(self) -> None:
        """Let those that are suspended go on, and later ones pass at once."""
        self._open.set()

    def fail(self, error: Exception) -> None:
        """Let every `send` from now on raise, as for a client that is gone; those that are suspended too."""
        self._failure = error
        self._open.set()

    async def _call(self) -> None:
        await self._app(self._scope, self.receive, self.send)

    async def receive(self) -> Message:
        """Give the application its next message; once the client is gone, the same one for ever."""
        if self._gone is not None:
            return self._gone
        self.is_receiving = True
        self._changes.note()
        try:
            message = await self._incoming.get()
        finally:
            self.is_receiving = False
        if message["type"].endswith(".disconnect"):
            self._gone = message
        return message

    async def send(self, message: Message) -> None:
        """Take a message of the application."""
        if not self._open.is_set():
            self.held += 1
            self._changes.note()
            try:
                await self._open.wait()
            finally:
                self.held -= 1
        if self._failure is not None:
            raise self._failure
        self.sent.append(message)
        self._changes.note()


@final
class HttpExchange(Exchange):
    """One HTTP request; without a body given, the test sends it."""

    def __init__(self, app: ASGIApp, scope: Scope, *, body: bytes | None = b"") -> None:
        super().__init__(app, scope)
        if body is not None:
            self.send_body(body)

    def send_body(self, data: bytes, *, more: bool = False) -> None:
        """Send a part of the request's body, or its end."""
        self.deliver({"type": "http.request", "body": data, "more_body": more})

    def disconnect(self) -> None:
        """Give up the request."""
        self.deliver({"type": "http.disconnect"})

    @property
    def is_started(self) -> bool:
        """Whether status and headers were sent."""
        return bool(self.sent)

    @property
    def is_complete(self) -> bool:
        """Whether the whole response was sent."""
        return bool(self.sent) and not self.sent[-1].get("more_body", self.sent[-1]["type"] == "http.response.start")

    @property
    def body(self) -> bytes:
        """What was sent of the response's body so far."""
        return b"".join(message.get("body", b"") for message in self.sent[1:])

    async def body_is(self, body: bytes) -> None:
        """Wait until this is what was sent of the response's body."""
        await self.until(lambda: self.body == body)

    async def started(self) -> Answer:
        """Wait for status and headers, and return them with what was sent of the body."""
        await self.until(lambda: self.is_started or self.is_finished)
        return _answer_of(self.sent)

    async def answer(self) -> Answer:
        """Wait for the whole response and for the application to return."""
        await self.finished()
        assert self.is_complete, self.sent
        return _answer_of(self.sent)


class WebSocketExchange(Exchange):
    """One WebSocket, from the upgrade on."""

    def __init__(self, app: ASGIApp, scope: Scope) -> None:
        super().__init__(app, scope)
        self.deliver({"type": "websocket.connect"})

    async def accepted(self) -> None:
        """Wait until the upgrade is accepted."""
        await self.until(lambda: bool(self.sent) or self.is_finished)
        assert self.sent[0]["type"] == "websocket.accept", self.sent

    async def denied(self) -> Answer:
        """Wait until the upgrade is refused with a response."""
        await self.finished()
        return _answer_of(self.sent)

    def send_text(self, text: str) -> None:
        """Send a text frame."""
        self.deliver(text_message(text))

    def send_bytes(self, data: bytes) -> None:
        """Send a binary frame."""
        self.deliver({"type": "websocket.receive", "bytes": data})

    def disconnect(self, code: int = 1000) -> None:
        """Close from the client's side, or answer the server's close."""
        self.deliver({"type": "websocket.disconnect", "code": code, "reason": ""})

    @property
    def frames(self) -> list[str | bytes]:
        """The frames that were sent so far."""
        return [m.get("text") or m["bytes"] for m in self.sent if m["type"] == "websocket.send"]

    async def frames_are(self, *frames: str | bytes) -> None:
        """Wait until these frames were sent."""
        await self.until(lambda: self.frames == list(frames))

    @property
    def close_code(self) -> int | None:
        """The code of the close frame, when one was sent."""
        codes = [message["code"] for message in self.sent if message["type"] == "websocket.close"]
        return codes[0] if codes else None

    async def closed(self) -> int:
        """Wait for the close frame and return its code."""
        await self.until(lambda: self.close_code is not None or self.is_finished)
        assert self.close_code is not None, self.sent
        return self.close_code


def text_message(text: str) -> Message:
    """Return what an application receives for a text frame."""
    return {"type": "websocket.receive", "text": text, "bytes": None}


async def request(app: ASGIApp, scope: Scope, *, body: bytes = b"") -> Answer:
    """Make a whole request and return its answer."""
    async with HttpExchange(app, scope, body=body) as exchange:
        return await exchange.answer()


def _answer_of(sent: list[Message]) -> Answer:
    start, *rest = sent
    assert start["type"].endswith("http.response.start"), sent
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in start["headers"]}
    return Answer(status=start["status"], headers=headers, body=b"".join(m.get("body", b"") for m in rest))
