from __future__ import annotations

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from signalr_py import SignalR
from tests.support.applications import ChatHub

KEYS = ["a key for connection tokens"]


def site() -> Starlette:
    signalr = SignalR(secret_keys=KEYS)
    mounts = [Mount(prefix, routes=[signalr.map_hub("/chat", ChatHub)]) for prefix in ("/v1", "/v2")]
    return Starlette(routes=mounts, lifespan=signalr.lifespan)


def token_of(client: TestClient, prefix: str) -> str:
    token = client.post(f"{prefix}/chat/negotiate?negotiateVersion=1").json()["connectionToken"]
    assert isinstance(token, str)
    return token


def test_a_token_opens_nothing_where_the_same_hub_is_mapped_a_second_time() -> None:
    with TestClient(site()) as client:
        token = token_of(client, "/v1")
        assert client.get("/v2/chat", params={"id": token}).status_code == 404
        assert client.get("/v1/chat", params={"id": token}).status_code == 200
        assert client.get("/v2/chat", params={"id": token}).status_code == 404
