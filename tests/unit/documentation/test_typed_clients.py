"""The page on typed clients, with a client that hears what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from tests.support.conversation import conversation
from tests.support.documents import pasted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

PAGE = "docs/how-to/typed-clients.md"


@pytest.fixture
def page() -> Iterator[ModuleType]:
    with pasted(PAGE) as module:
        yield module


def test_everybody_hears_a_message(page: ModuleType) -> None:
    with (
        TestClient(page.app) as client,
        conversation(client, "/chat") as speaker,
        conversation(client, "/chat") as listener,
    ):
        speaker.call("SendMessage", "ann", "hi")
        expected = {"type": 1, "target": "ReceiveMessage", "arguments": ["ann", "hi"]}
        assert speaker.next() == listener.next() == expected
        assert speaker.next()["type"] == 3


def test_defaults_names_and_keywords(page: ModuleType) -> None:
    with (
        TestClient(page.app) as client,
        conversation(client, "/chat") as speaker,
        conversation(client, "/chat") as listener,
    ):
        speaker.call("Greet", "ann")
        assert listener.next() == {"type": 1, "target": "ReceiveMessage", "arguments": ["ann", "hello"]}
        assert speaker.next() == {"type": 1, "target": "status", "arguments": [True]}
        assert speaker.next()["type"] == 3


@pytest.mark.parametrize(("age", "may_drink"), [(42, True), (17, False)])
def test_an_answer(page: ModuleType, age: int, may_drink: object) -> None:
    with TestClient(page.app) as client, conversation(client, "/chat") as guest:
        guest.call("MayDrink")
        question = guest.next()
        assert (question["target"], question["arguments"]) == ("HowOldAreYou", [])
        guest.answer(question, result=age)
        assert guest.next()["result"] is may_drink


def test_sending_from_outside_of_the_hub(page: ModuleType) -> None:
    with TestClient(page.app) as client, conversation(client, "/chat") as listener:
        assert client.portal is not None
        client.portal.call(page.announce_to_all, "closing time")
        assert listener.next()["arguments"] == ["the server", "closing time"]


def test_sending_from_a_thread(page: ModuleType) -> None:
    app = Starlette(routes=[page.signalr.map_hub("/report", page.ReportHub)], lifespan=page.signalr.lifespan)
    with TestClient(app) as client, conversation(client, "/report") as user:
        user.call("Build")
        assert user.next()["arguments"] == ["the server", "building"]
        question = user.next()
        user.answer(question, result=5)
        assert user.next()["result"] == 5
