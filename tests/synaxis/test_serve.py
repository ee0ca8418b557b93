from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.support.interop import ROOT
from tests.support.processes import server_process
from tests.support.raw_client import connect

if TYPE_CHECKING:
    from pathlib import Path

SERVE = [sys.executable, str(ROOT / "examples/synaxis/serve.py")]


def test_it_says_where_the_page_is_and_serves_the_demo() -> None:
    with (
        server_process([*SERVE, "--demo", "--port", "{port}"], ready="Synaxis is at http://127.0.0.1:{port}") as server,
        httpx.Client(trust_env=False, base_url=server.url) as client,
    ):
        assert client.get("/health").json() == {"status": "ok"}
        token = client.post("/demo/token", json={"user": "noor"}).json()["token"]
        answer = client.post(f"/hubs/synaxis/negotiate?negotiateVersion=1&access_token={token}")
        assert answer.status_code == 200
        assert client.get("/hubs/synaxis?id=hidden").status_code == 401
        server.stop()
        assert "Traceback" not in server.log()
        assert token not in server.log()
        assert "hidden" not in server.log()


@pytest.mark.parametrize("has_picows", [True, False])
async def test_it_is_served_by_the_fast_class_where_it_can_be(tmp_path: Path, *, has_picows: bool) -> None:
    module = tmp_path / "sitecustomize.py"
    module.write_text("" if has_picows else "import sys; sys.modules['picows'] = None")
    with server_process([*SERVE, "--demo", "--port", "{port}"], env={"PYTHONPATH": str(tmp_path)}) as server:
        async with httpx.AsyncClient(trust_env=False, base_url=server.url) as http:
            user = (await http.post("/demo/token", json={"user": "noor"})).json()
        headers = {"Authorization": f"Bearer {user['token']}"}
        async with connect(server.url + "/hubs/synaxis", headers=headers) as client:
            assert await client.invoke("JoinOrganization", user["organizations"][0]["id"]) is None
    assert ("The fast WebSocket class is not used" in server.log()) is not has_picows


def test_without_a_key_it_says_what_to_do() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SYNAXIS_")}
    done = subprocess.run(SERVE, env=environment, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("SYNAXIS_JWT_KEY is not set")
