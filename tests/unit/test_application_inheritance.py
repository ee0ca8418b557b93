"""Options of one hub and of all, and how the ones inherit from the others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from signalr_py import HttpConnectionOptions, Hub, HubOptions, OptionsError, SignalR, TransportType
from tests.support.applications import ChatHub, serving
from tests.support.asgi import hub_session


class OtherHub(Hub):
    async def say(self, text: str) -> None:
        await self.clients.all.send("Said elsewhere", text)


def error_of(client: TestClient, path: str) -> str:
    """Return what a client is told about a call that lacks an argument."""
    with hub_session(client, path) as session:
        session.start("Say")
        error: str = session.receive()["error"]
        return error


@pytest.mark.parametrize(
    ("own", "is_detailed"),
    [
        (None, True),
        (HubOptions(), True),
        (HubOptions(client_timeout_interval=60), True),
        (HubOptions(enable_detailed_errors=False), False),
        (HubOptions(enable_detailed_errors=False).with_defaults(HubOptions(keep_alive_interval=5)), False),
    ],
)
def test_a_hub_inherits_what_its_options_do_not_name(own: HubOptions | None, is_detailed: object) -> None:
    signalr = SignalR(HubOptions(enable_detailed_errors=True))
    with TestClient(serving(signalr, signalr.map_hub("/other", OtherHub, options=own))) as client:
        assert ("BindingError" in error_of(client, "/other")) is is_detailed
        assert "BindingError" in error_of(client, "/chat")


def test_options_made_by_replace_name_everything() -> None:
    signalr = SignalR(HubOptions(enable_detailed_errors=True))
    own = replace(HubOptions(), client_timeout_interval=60)
    with TestClient(serving(signalr, signalr.map_hub("/other", OtherHub, options=own))) as client:
        assert "BindingError" not in error_of(client, "/other")


def transports_of(client: TestClient, path: str) -> list[str]:
    answer = client.post(f"{path}/negotiate?negotiateVersion=1").json()
    return [each["transport"] for each in answer.get("availableTransports", ())]


def test_hubs_inherit_the_options_of_the_http_surface() -> None:
    polling = HttpConnectionOptions(transports=(TransportType.LONG_POLLING,))
    signalr = SignalR(http=polling)
    own = HttpConnectionOptions(poll_timeout=5)
    other = HttpConnectionOptions(transports=tuple(TransportType), minimum_protocol_version=1)
    routes = [signalr.map_hub("/own", OtherHub, http=own), signalr.map_hub("/all", OtherHub, http=other)]
    assert signalr.http is polling
    with TestClient(serving(signalr, *routes)) as client:
        assert transports_of(client, "/chat") == ["LongPolling"]
        assert transports_of(client, "/own") == ["LongPolling"]
        assert transports_of(client, "/all") == ["WebSockets", "ServerSentEvents", "LongPolling"]
        assert "error" in client.post("/all/negotiate").json()
        assert "error" not in client.post("/own/negotiate").json()


def test_the_options_of_all_hubs_can_be_looked_at() -> None:
    options = HubOptions(keep_alive_interval=5)
    assert SignalR(options).options is options
    assert (SignalR().options, SignalR().http) == (HubOptions(), HttpConnectionOptions())


@pytest.mark.parametrize("value", [{}, {"keep_alive_interval": 5}, HubOptions, 0, "", HttpConnectionOptions()])
def test_options_of_another_kind_are_refused(value: Any) -> None:
    with pytest.raises(OptionsError, match=r"^SignalR\(options=.*\): allowed is an object of the class HubOptions\.$"):
        SignalR(value)
    with pytest.raises(OptionsError, match=r"^map_hub\(options=.*\): allowed is an object of the class HubOptions\.$"):
        SignalR().map_hub("/chat", ChatHub, options=value)


@pytest.mark.parametrize("value", [{}, HttpConnectionOptions, False, HubOptions()])
def test_options_of_another_kind_are_refused_for_the_http_surface(value: Any) -> None:
    with pytest.raises(OptionsError, match=r"^SignalR\(http=.*\): allowed is an object of the class HttpConnectionOp"):
        SignalR(http=value)
    with pytest.raises(OptionsError, match=r"^map_hub\(http=.*\): allowed is an object of the class HttpConnectionOp"):
        SignalR().map_hub("/chat", ChatHub, http=value)
