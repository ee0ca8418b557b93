"""How one SignalR object serves on one event loop after another."""

from __future__ import annotations

import asyncio
import signal

import httpx
import uvicorn
from starlette.testclient import TestClient

from signalr_py import SignalR
from tests.support.applications import NEGOTIATE, ChatHub, serving


def test_a_request_on_a_new_loop_is_served_after_another_has_shut_down() -> None:
    app = serving(SignalR())
    with TestClient(app) as client:
        assert client.post(NEGOTIATE).status_code == 200
    assert TestClient(app).post(NEGOTIATE).status_code == 200
    with TestClient(app) as client:
        assert client.post(NEGOTIATE).status_code == 200


def test_sending_after_the_server_has_ended_reaches_nobody_without_an_error() -> None:
    signalr = SignalR()
    with TestClient(serving(signalr)):
        pass
    asyncio.run(signalr.hub_context(ChatHub).clients.all.send("News"))


def test_the_signals_of_a_second_server_are_taken_over_after_the_first_ended_without_a_shutdown() -> None:
    app = serving(SignalR())

    async def serve() -> bool:
        server = uvicorn.Server(uvicorn.Config(app))
        with server.capture_signals():
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
                await client.post(NEGOTIATE)
            return signal.getsignal(signal.SIGTERM) != server.handle_exit

    assert asyncio.run(serve())
    assert asyncio.run(serve())
