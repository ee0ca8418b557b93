"""How an application says goodbye to its clients."""

from __future__ import annotations

import asyncio
import signal
import socket
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient, WebSocketDenialResponse

from signalr_py import (
    Hub,
    SignalR,
    authorize,
)
from tests.support.applications import NEGOTIATE, ChatHub, Everybody, serving
from tests.support.asgi import hub_session
from tests.support.tasks import no_task_left, settle

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


def token_of(client: TestClient, path: str = NEGOTIATE) -> str:
    token: str = client.post(path).json()["connectionToken"]
    return token


def application_with_shutdown(signalr: SignalR) -> Starlette:
    shutting_down: list[asyncio.Task[None]] = []

    async def shut_down(request: Request) -> Response:
        shutting_down.append(asyncio.create_task(signalr.shutdown()))
        await asyncio.sleep(0)
        return PlainTextResponse("")

    return serving(signalr, Route("/shutdown", shut_down, methods=["POST"]))


def test_shutdown_invites_every_client_to_reconnect() -> None:
    signalr = SignalR()
    with (
        TestClient(application_with_shutdown(signalr)) as client,
        hub_session(client, "/chat") as one,
        hub_session(client, "/chat") as two,
    ):
        assert client.post("/shutdown").status_code == 200
        for session in (one, two):
            assert session.receive() == {"type": 7, "allowReconnect": True}
            assert session.socket.receive() == {"type": "websocket.close", "code": 1000, "reason": ""}


def test_while_leaving_every_new_connection_is_refused_with_503() -> None:
    signalr = SignalR()
    with TestClient(application_with_shutdown(signalr)) as client:
        token = token_of(client)
        client.post("/shutdown")
        assert client.get(f"/chat?id={token}", headers={"Accept": "text/event-stream"}).status_code == 503
        for method, path in (("POST", NEGOTIATE), ("GET", f"/chat?id={token}"), ("POST", f"/chat?id={token}")):
            answer = client.request(method, path)
            assert answer.status_code == 503
            assert answer.headers["retry-after"] == "1"
            assert answer.text == "The server is shutting down."
        with pytest.raises(WebSocketDenialResponse) as caught, client.websocket_connect("/chat"):
            pass
        assert caught.value.status_code == 503


async def test_a_second_shutdown_waits_for_the_first_and_survives_its_caller() -> None:
    may_end = asyncio.Event()

    class H(Hub):
        async def on_disconnected(self, error: Exception | None) -> None:
            await may_end.wait()

    signalr = SignalR()
    app = Starlette(routes=[signalr.map_hub("/chat", H)])
    async with (
        no_task_left(),
        signalr.lifespan(),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client,
    ):
        token = (await client.post(NEGOTIATE)).json()["connectionToken"]
        await client.get(f"/chat?id={token}")
        await client.post(f"/chat?id={token}", content=b'{"protocol":"json","version":1}\x1e')
        first, second = (asyncio.ensure_future(signalr.shutdown()) for _ in range(2))
        await settle()
        first.cancel()
        await settle()
        assert first.cancelled()
        assert not second.done()
        may_end.set()
        while (await client.get(f"/chat?id={token}")).status_code == 200:
            pass
        await second
        await signalr.shutdown()


async def test_a_request_that_was_checked_while_the_shutdown_began_is_refused_as_well() -> None:
    entered, may_go_on = asyncio.Event(), asyncio.Event()

    async def slow_policy(_: Any) -> bool:
        entered.set()
        await may_go_on.wait()
        return True

    signalr = SignalR()
    hub_type = authorize(policy=slow_policy)(type("SlowHub", (Hub,), {}))
    app = Starlette(
        routes=[signalr.map_hub("/chat", hub_type)],
        middleware=[Middleware(AuthenticationMiddleware, backend=Everybody())],
    )
    async with (
        no_task_left(),
        signalr.lifespan(),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client,
    ):
        asking = asyncio.ensure_future(client.post(NEGOTIATE))
        await entered.wait()
        await signalr.shutdown()
        may_go_on.set()
        assert (await asking).status_code == 503


async def test_a_client_in_the_middle_of_its_handshake_is_ended() -> None:
    signalr = SignalR()
    app = Starlette(routes=[signalr.map_hub("/chat", ChatHub)])
    async with (
        no_task_left(),
        signalr.lifespan(),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client,
    ):
        token = (await client.post(NEGOTIATE)).json()["connectionToken"]
        assert (await client.get(f"/chat?id={token}")).status_code == 200
        polling = asyncio.ensure_future(client.get(f"/chat?id={token}"))
        await settle()
        await signalr.shutdown()
        assert (await polling).status_code == 204


async def test_a_poll_gets_the_goodbye() -> None:
    signalr = SignalR()
    app = Starlette(routes=[signalr.map_hub("/chat", ChatHub)])
    async with (
        no_task_left(),
        signalr.lifespan(),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client,
    ):
        token = (await client.post(NEGOTIATE)).json()["connectionToken"]
        await client.get(f"/chat?id={token}")
        await client.post(f"/chat?id={token}", content=b'{"protocol":"json","version":1}\x1e')
        assert (await client.get(f"/chat?id={token}")).content == b"{}\x1e"
        polling = asyncio.ensure_future(client.get(f"/chat?id={token}"))
        await settle()
        shutting_down = asyncio.ensure_future(signalr.shutdown())
        assert (await polling).content == b'{"type":7,"allowReconnect":true}\x1e'
        assert (await client.get(f"/chat?id={token}")).status_code == 204
        await shutting_down


async def test_on_uvicorn_its_signal_handlers_are_borrowed_and_given_back() -> None:
    signalr = SignalR()
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    during: list[Any] = []

    async def look(request: Request) -> Response:
        during.extend(signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM))
        return PlainTextResponse("")

    app = serving(signalr, Route("/look", look))
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="on"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving_task = asyncio.ensure_future(server.serve(sockets=[listener]))
        async with httpx.AsyncClient(trust_env=False) as client:
            await client.get(f"http://127.0.0.1:{listener.getsockname()[1]}/look")
        server.should_exit = True
        await serving_task
    assert [handler.__module__ for handler in during] == ["signalr_py.servers.uvicorn.signals"] * 2
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
