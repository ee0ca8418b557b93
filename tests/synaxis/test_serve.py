from __future__ import annotations

import os
import subprocess
import sys

import httpx

from tests.support.interop import ROOT
from tests.support.processes import server_process

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


def test_without_a_key_it_says_what_to_do() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SYNAXIS_")}
    done = subprocess.run(SERVE, env=environment, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("SYNAXIS_JWT_KEY is not set")
