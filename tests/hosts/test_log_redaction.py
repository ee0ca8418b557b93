"""What uvicorn prints when tokens come in query strings and headers; as an application, this module is served."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from typing import TYPE_CHECKING, NoReturn

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from signalr_py.redaction import install_redaction
from signalr_py.servers.uvicorn.choosing import FAST_WEB_SOCKET_CLASS
from tests.support.processes import server_process

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.requests import Request
    from starlette.websockets import WebSocket

_INSTALLS = "TEST_INSTALLS_REDACTION"


async def plain(request: Request) -> PlainTextResponse:
    return PlainTextResponse("ok")


async def fails(request: Request) -> NoReturn:
    raise RuntimeError(f"cannot serve {request.url} today")


async def accepts(socket: WebSocket) -> None:
    await socket.accept()
    await socket.close()


async def refuses(socket: WebSocket) -> None:
    await socket.close()


async def denies(socket: WebSocket) -> None:
    await socket.send_denial_response(PlainTextResponse("no", status_code=401))


async def fails_later(socket: WebSocket) -> NoReturn:
    await socket.accept()
    raise RuntimeError(f"cannot serve {socket.url} today")


def application() -> Starlette:
    if _INSTALLS in os.environ:
        install_redaction()
    return Starlette(
        routes=[
            Route("/plain", plain),
            Route("/fails", fails),
            WebSocketRoute("/accepts", accepts),
            WebSocketRoute("/refuses", refuses),
            WebSocketRoute("/denies", denies),
            WebSocketRoute("/fails-later", fails_later),
        ]
    )


def secret(number: int) -> str:
    return f"S3CRET.{number}-_~"


def ask(port: int) -> None:
    """Send one request of each kind, each with secrets of its own."""
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        client.get(f"/plain?access_token={secret(1)}&kept=1")
        client.post(f"/plain?kept=2&id={secret(2)}")
        client.get(f"/nowhere?ACCESS%5FTOKEN={secret(3)}&%69d={secret(4)}&kept=3")
        client.get(f"/fails?id={secret(5)}&kept=4")
    for path in ("accepts", "refuses", "denies", "fails-later"):
        url = f"ws://127.0.0.1:{port}/{path}?id={secret(6)}&access_token={secret(7)}&kept=5"
        headers = {"Authorization": f"Bearer {secret(8)}"}
        with (
            contextlib.suppress(InvalidStatus, ConnectionClosed),
            connect(url, proxy=None, additional_headers=headers) as socket,
        ):
            socket.recv(timeout=10)


def serve_and_ask(ws: str, *options: str, env: dict[str, str] | None = None) -> str:
    """Return all that uvicorn printed from start to end."""
    factory = f"{__name__}:application"
    command = [sys.executable, "-m", "uvicorn", "--factory", factory, "--port", "{port}", "--ws", ws, *options]
    with server_process(command, ready="http://127.0.0.1:{port}/plain", env=env) as server:
        ask(server.port)
    return server.log()


EXPECTED = (
    '"GET /plain?access_token=[redacted]&kept=1 HTTP/1.1" 200 OK',
    '"POST /plain?kept=2&id=[redacted] HTTP/1.1" 405 Method Not Allowed',
    '"GET /nowhere?ACCESS%5FTOKEN=[redacted]&%69d=[redacted]&kept=3 HTTP/1.1" 404 Not Found',
    '"GET /fails?id=[redacted]&kept=4 HTTP/1.1" 500 Internal Server Error',
    "/fails?id=[redacted]&kept=4 today\n",
    '"WebSocket /accepts?id=[redacted]&access_token=[redacted]&kept=5" [accepted]',
    '"WebSocket /refuses?id=[redacted]&access_token=[redacted]&kept=5" 403',
    '"WebSocket /denies?id=[redacted]&access_token=[redacted]&kept=5" 401',
    '"WebSocket /fails-later?id=[redacted]&access_token=[redacted]&kept=5" [accepted]',
    "/fails-later?id=[redacted]&access_token=[redacted]&kept=5 today\n",
)
PRINTING_HEADERS = ("websockets", "websockets-sansio")
IMPLEMENTATIONS = (*PRINTING_HEADERS, "wsproto", FAST_WEB_SOCKET_CLASS)


@pytest.mark.parametrize("ws", IMPLEMENTATIONS)
def test_an_application_that_installs_the_filter(ws: str) -> None:
    output = serve_and_ask(ws, env={_INSTALLS: "1"})
    assert [line for line in EXPECTED if line not in output] == [], output
    assert output.count("Traceback (most recent call last):\n") >= 2
    assert "S3CRET" not in output


@pytest.mark.parametrize("ws", IMPLEMENTATIONS)
def test_headers_at_debug_level(ws: str) -> None:
    output = serve_and_ask(ws, "--log-level", "debug", env={_INSTALLS: "1"})
    if ws in PRINTING_HEADERS:
        assert output.lower().count("< authorization: bearer [redacted]\n") == 4
    assert "S3CRET" not in output


def test_at_trace_level_and_in_colour() -> None:
    output = serve_and_ask("wsproto", "--log-level", "trace", "--use-colors", env={_INSTALLS: "1"})
    assert "GET /plain?access_token=[redacted]&kept=1 HTTP/1.1" in output
    assert "'query_string': b'id=[redacted]&kept=4'" in output
    assert "S3CRET" not in output


def test_a_configuration_with_the_filter(tmp_path: Path) -> None:
    handler = {"class": "logging.StreamHandler"}
    logger = {"handlers": ["output"], "level": "INFO", "filters": ["redact"], "propagate": False}
    configuration = {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"redact": {"()": "signalr_py.redaction.RedactTokens"}},
        "handlers": {"output": handler},
        "loggers": {"uvicorn.access": logger, "uvicorn.error": logger},
    }
    path = tmp_path / "logging.json"
    path.write_text(json.dumps(configuration))
    output = serve_and_ask("websockets-sansio", "--log-config", str(path))
    assert '"GET /plain?access_token=[redacted]&kept=1 HTTP/1.1" 200\n' in output
    assert '"WebSocket /refuses?id=[redacted]&access_token=[redacted]&kept=5" 403\n' in output
    assert "/fails?id=[redacted]&kept=4 today\n" in output
    assert "S3CRET" not in output


def test_without_the_filter_the_tokens_would_be_there() -> None:
    output = serve_and_ask("websockets-sansio")
    assert [number for number in range(1, 8) if secret(number) not in output] == []
    debugged = serve_and_ask("websockets-sansio", "--log-level", "debug")
    assert f": Bearer {secret(8)}\n" in debugged
