"""The page on tokens that run out does what it says."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from starlette.testclient import TestClient

from tests.support.asgi import HubSession
from tests.support.documents import blocks_in, pasted
from tests.support.interop import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

PAGE = "docs/how-to/authentication-in-time.md"


@pytest.fixture
def page() -> Iterator[ModuleType]:
    with pasted(PAGE) as module:
        yield module


def bearer(module: ModuleType, user: str = "ada", **claims: Any) -> dict[str, str]:
    payload = {"sub": user, "aud": "chat", "exp": int(time.time()) + 60} | claims
    return {"Authorization": f"Bearer {jwt.encode(payload, module.SECRET, 'HS256')}"}


def test_a_client_goes_on_with_a_newer_token(page: ModuleType) -> None:
    with TestClient(page.app) as client:
        negotiated = client.post("/chat/negotiate?negotiateVersion=1", headers=bearer(page)).json()
        assert 0 < negotiated["tokenLifetimeSeconds"] <= 60
        refresh = f"/chat/refresh?id={negotiated['connectionToken']}"
        path = f"/chat?id={negotiated['connectionToken']}"
        with client.websocket_connect(path, headers=bearer(page)) as socket:
            session = HubSession(socket)
            session.start("Announce", "x")
            assert "because user is unauthorized" in session.receive()["error"]

            expiry = int(time.time()) + 3600
            answer = client.post(refresh, headers=bearer(page, role="admin", exp=expiry))
            assert answer.status_code == 200
            assert 3500 < answer.json()["tokenLifetimeSeconds"] <= 3600
            assert session.expect("SignedInUntil") == [expiry]
            session.start("Announce", "news")
            assert session.expect("Announcement") == ["news"]
            assert session.receive()["type"] == 3

            assert client.post(refresh).json() == {"error": "invalid_token"}
            assert client.post("/chat/refresh", headers=bearer(page)).json() == {"error": "missing_connection_token"}
            assert client.get(refresh, headers=bearer(page)).status_code == 405
            answer = client.post(refresh, headers=bearer(page, "bob"))
            assert (answer.status_code, answer.json()) == (403, {"error": "permission_change_rejected"})
            assert session.receive() == {"type": 7, "allowReconnect": True}
        gone = client.post(refresh, headers=bearer(page))
        assert (gone.status_code, gone.json()) == (404, {"error": "connection_not_found"})


def test_the_page_names_every_error_code() -> None:
    source = (ROOT / "signalr_py/transports/refresh.py").read_text("utf-8")
    codes = set(re.findall(r'_error\(\d+, "(\w+)"', source))
    assert codes
    assert codes == set(re.findall(r'"error":"(\w+)"', (ROOT / PAGE).read_text("utf-8")))


def test_the_client_on_the_page_is_the_one_that_is_tested() -> None:
    (shown,) = blocks_in(PAGE, "typescript")
    tested = (ROOT / "tests/clients/typescript/refresh.mjs").read_text("utf-8")
    for line in ("Authorization: `Bearer ${this.token}`", "this.negotiated = JSON.parse(response.content);"):
        assert line in shown
        assert line in tested
