from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from synaxis.application import create_app
from tests.synaxis.conftest import no_jobs, user

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synaxis.settings import Settings
    from synaxis.tokens import TokenIssuer

ORIGIN = "https://app.example.com"
NEGOTIATE = "/hubs/synaxis/negotiate?negotiateVersion=1"


@pytest.fixture
def web(settings: Settings) -> Iterator[TestClient]:
    with TestClient(create_app(replace(settings, allowed_origins=(ORIGIN,)), make_jobs=no_jobs)) as client:
        yield client


def test_an_allowed_origin_may_send_credentials_and_headers(web: TestClient) -> None:
    headers = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,x-requested-with,x-signalr-user-agent",
    }
    answer = web.options(NEGOTIATE, headers=headers)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    refused = web.post(NEGOTIATE, headers={"Origin": ORIGIN})
    assert refused.status_code == 401
    assert refused.headers["Access-Control-Allow-Origin"] == ORIGIN


def test_another_origin_may_not(web: TestClient) -> None:
    answer = web.post(NEGOTIATE, headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize(("origin", "is_allowed"), [(ORIGIN, True), ("https://evil.example", False)])
def test_web_sockets_are_for_allowed_origins(
    origin: str, web: TestClient, issuer: TokenIssuer, *, is_allowed: bool
) -> None:
    address = f"/hubs/synaxis?access_token={issuer.issue(user('amelia'))}"
    if is_allowed:
        with web.websocket_connect(address, headers={"Origin": origin}):
            return
    with pytest.raises(WebSocketDisconnect), web.websocket_connect(address, headers={"Origin": origin}):
        pass
