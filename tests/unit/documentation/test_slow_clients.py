"""The page on slow clients, with one that polls seldom."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from signalr_py import HttpConnectionOptions, SignalR
from tests.support.conversation import conversation
from tests.support.documents import pasted
from tests.support.interop import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

PAGE = "docs/how-to/slow-clients.md"
END = "\x1e"


@pytest.fixture
def page() -> Iterator[ModuleType]:
    with pasted(PAGE) as module:
        yield module


class Poller:
    """A client that polls when it is told to."""

    def __init__(self, client: TestClient, path: str) -> None:
        self._client = client
        reply = client.post(f"{path}/negotiate?negotiateVersion=1").json()
        self._url = f"{path}?id={reply['connectionToken']}"
        assert client.get(self._url).text == ""
        self._post({"protocol": "json", "version": 1})
        assert client.get(self._url).text == "{}" + END

    def poll(self) -> list[Any]:
        """Return the calls that wait, as a name in front of arguments; or the answer to a call of its own."""
        messages = [json.loads(text) for text in self._client.get(self._url).text.split(END) if text]
        return [m["result"] if m["type"] == 3 else [m["target"], *m["arguments"]] for m in messages if m["type"] != 6]

    def call(self, target: str) -> None:
        """Call a method of the hub."""
        self._post({"type": 1, "invocationId": "1", "target": target, "arguments": []})

    def _post(self, message: dict[str, Any]) -> None:
        assert self._client.post(self._url, content=json.dumps(message) + END).status_code == 200


def test_a_client_gets_the_newest_values_once(page: ModuleType) -> None:
    with TestClient(page.app) as client, conversation(client, "/market") as publisher:
        slow = Poller(client, "/market")
        for number in range(100):
            for symbol in ("SAP", "BMW"):
                publisher.call("Publish", symbol, number)
                assert publisher.next()["arguments"] == [symbol, number]
                assert publisher.next()["type"] == 3
        assert slow.poll() == [["Price", "SAP", 99], ["Price", "BMW", 99]]
        slow.call("Dropped")
        assert slow.poll() == [198]


def test_a_value_comes_behind_a_message_without_a_key(page: ModuleType) -> None:
    with TestClient(page.app) as client, conversation(client, "/market") as publisher:
        slow = Poller(client, "/market")
        prices: list[tuple[str, list[object]]] = [("Publish", ["SAP", number]) for number in range(5)]
        calls: list[tuple[str, list[object]]] = [*prices[:2], ("Halt", ["fire"]), *prices[2:]]
        for target, arguments in calls:
            publisher.call(target, *arguments)
            publisher.next()
            publisher.next()
        assert slow.poll() == [["Price", "SAP", 1], ["Halted", "fire"], ["Price", "SAP", 4]]


def test_the_newest_comments_count(page: ModuleType) -> None:
    signalr = SignalR(http=HttpConnectionOptions(maximum_send_buffer_messages=3))
    app = Starlette(routes=[signalr.map_hub("/market", page.MarketHub)], lifespan=signalr.lifespan)
    with TestClient(app) as client, conversation(client, "/market") as publisher:
        slow = Poller(client, "/market")
        for text in "abcdef":
            publisher.call("Comment", text)
            publisher.next()
            publisher.next()
        assert slow.poll() == [["Comment", "d"], ["Comment", "e"], ["Comment", "f"]]


def test_a_report_waits_for_its_reader(page: ModuleType) -> None:
    with TestClient(page.app) as client, conversation(client, "/market") as reader:
        reader.call("Report", ["one", "two"])
        assert [reader.next()["arguments"] for _ in range(2)] == [["one"], ["two"]]
        assert reader.next()["type"] == 3


def test_typed_clients_say_it_in_their_protocol(page: ModuleType) -> None:
    signalr = SignalR()
    app = Starlette(routes=[signalr.map_hub("/typed", page.TypedMarketHub)], lifespan=signalr.lifespan)
    with TestClient(app) as client, conversation(client, "/typed") as publisher:
        slow = Poller(client, "/typed")
        for number in range(5):
            publisher.call("Publish", "SAP", number)
            publisher.next()
            publisher.next()
        assert slow.poll() == [["Price", "SAP", 4]]


def test_a_hub_finds_its_slowest_clients(page: ModuleType) -> None:
    signalr = SignalR()
    app = Starlette(routes=[signalr.map_hub("/watched", page.WatchedHub)], lifespan=signalr.lifespan)
    with TestClient(app) as client, conversation(client, "/watched") as watcher:
        watcher.call("Slowest")
        assert watcher.next()["result"] == [watcher.connection_id]


def test_the_limits_on_the_page_are_the_defaults() -> None:
    options = HttpConnectionOptions()
    text = f"maximum_send_buffer_messages={options.maximum_send_buffer_messages},\n"
    text += f"maximum_send_buffer_size={options.maximum_send_buffer_size}"
    assert text in (ROOT / PAGE).read_text("utf-8")
