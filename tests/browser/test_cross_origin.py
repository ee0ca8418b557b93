"""The page on one origin and the hub on another, with credentials, on every transport."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.support.processes import server_process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.browser.conftest import Pages, Servers

pytestmark = pytest.mark.timeout(150)

TRANSPORTS = {
    "websockets": "WebSockets",
    "sse": "Server-Sent Events",
    "longpolling": "Long Polling",
}


@pytest.fixture(scope="module")
def page_origin(front_end: Path) -> Iterator[str]:
    """Serve the page, and nothing else, from an origin of its own."""
    command = [sys.executable, "-m", "http.server", "{port}", "--bind", "127.0.0.1", "--directory", str(front_end)]
    with server_process(command, ready="http://127.0.0.1:{port}/index.html") as server:
        yield server.url


def token(url: str) -> str:
    """Return a token from a server, as somebody outside a browser gets it."""
    with httpx.Client(trust_env=False) as client:
        return str(client.post(f"{url}/demo/token", json={"user": "amelia"}).raise_for_status().json()["token"])


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_an_allowed_origin_connects(transport: str, page_origin: str, pages: Pages, start_synaxis: Servers) -> None:
    server, page = start_synaxis(allowed_origins=page_origin), pages()
    page.open(f"{page_origin}/?server={server.url}&transport={transport}")
    page.click("[data-testid=sign-in-amelia]")
    page.wait("[data-testid=connection][data-status=connected]")
    assert page.text("[data-testid=transport]") == TRANSPORTS[transport]
    page.wait("[data-testid=provider]", timeout=60)
    assert page.problems() == []
    assert "eyJ" not in server.log()


def test_another_origin_is_refused(page_origin: str, pages: Pages, start_synaxis: Servers) -> None:
    server, page = start_synaxis(allowed_origins="https://app.example.com"), pages()
    page.open(f"{page_origin}/?server={server.url}")
    page.wait("[data-testid=sign-in-note]:not(:empty)")
    assert page.text("[data-testid=sign-in-note]") == "The server cannot be reached."


@pytest.mark.parametrize("is_allowed", [True, False])
def test_web_sockets_are_for_allowed_origins_only(
    page_origin: str, pages: Pages, start_synaxis: Servers, *, is_allowed: bool
) -> None:
    server, page = start_synaxis(allowed_origins=page_origin if is_allowed else "https://app.example.com"), pages()
    page.open(page_origin)
    address = f"{server.url.replace('http', 'ws', 1)}/hubs/synaxis?access_token={token(server.url)}"
    opens = f"""new Promise((resolve) => {{
        const socket = new WebSocket("{address}");
        socket.onopen = () => resolve(true);
        socket.onclose = () => resolve(false);
    }})"""
    assert page.evaluate(opens) is is_allowed
