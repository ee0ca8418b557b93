"""The code in the documents works as pasted."""

from __future__ import annotations

import re
import time
from typing import Any

import jwt
import pytest
from starlette.testclient import TestClient

from tests.support.documents import pasted, python_in
from tests.support.interop import ROOT

HANDSHAKE = '{"protocol":"json","version":1}\x1e'
MOST_LINES_OF_A_FIRST_HUB = 20


def token(secret: str, **claims: Any) -> str:
    now = int(time.time())
    return jwt.encode(
        {"sub": "ada", "iss": "https://id.example.org", "aud": "chat", "exp": now + 60} | claims, secret, "HS256"
    )


def test_the_first_hub_is_short_and_talks() -> None:
    assert len(python_in("README.md").splitlines()) < MOST_LINES_OF_A_FIRST_HUB
    with (
        pasted("README.md") as module,
        TestClient(module.app) as client,
        client.websocket_connect("/chat") as socket,
    ):
        socket.send_text(HANDSHAKE)
        assert socket.receive_text() == "{}\x1e"
        socket.send_text('{"type":1,"invocationId":"1","target":"SendMessage","arguments":["ada","hello"]}\x1e')
        heard = ""
        while heard.count("\x1e") < 2:
            heard += socket.receive_text()
        assert heard.split("\x1e") == [
            '{"type":1,"target":"ReceiveMessage","arguments":["ada","hello"]}',
            '{"type":3,"invocationId":"1","result":null}',
            "",
        ]


def test_the_page_on_authentication_refuses_and_admits() -> None:
    with pasted("docs/authentication.md") as module, TestClient(module.app) as client:
        assert client.post("/chat/negotiate?negotiateVersion=1").status_code == 401
        good = token(module.SECRET)
        headers = {"Authorization": f"Bearer {good}"}
        assert client.post("/chat/negotiate?negotiateVersion=1", headers=headers).status_code == 200
        with client.websocket_connect(f"/chat?access_token={good}") as socket:
            socket.send_text(HANDSHAKE)
            socket.receive_text()
            socket.send_text('{"type":1,"invocationId":"1","target":"WhoAmI","arguments":[]}\x1e')
            assert socket.receive_text() == '{"type":3,"invocationId":"1","result":"ada"}\x1e'
            socket.send_text('{"type":1,"invocationId":"2","target":"Announce","arguments":["x"]}\x1e')
            assert "because user is unauthorized" in socket.receive_text()


@pytest.mark.parametrize(
    "document", ["README.md", *sorted(p.relative_to(ROOT).as_posix() for p in ROOT.glob("docs/**/*.md"))]
)
def test_links_lead_somewhere(document: str) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)\)", (ROOT / document).read_text("utf-8")):
        if "://" not in target:
            assert ((ROOT / document).parent / target).exists(), target


def test_the_tests_that_differences_name_exist() -> None:
    rows = re.findall(r"\| `(tests/[^`]+)` \|$", (ROOT / "docs/differences.md").read_text("utf-8"), re.MULTILINE)
    assert rows
    for path in rows:
        assert (ROOT / path).exists(), path
