"""The page on client results, with a client that answers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from tests.support.conversation import conversation
from tests.support.documents import pasted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

PAGE = "docs/how-to/client-results.md"


@pytest.fixture
def page() -> Iterator[ModuleType]:
    with pasted(PAGE) as module:
        yield module


@pytest.mark.parametrize(
    ("ending", "outcome"),
    [
        ({"result": {"row": 1, "column": 2}}, "1/2"),
        ({"error": "I resign"}, "no move: I resign"),
        ({"result": {"row": 1}}, "no move: Error trying to deserialize result to Move. "),
    ],
)
def test_a_player_is_asked_for_a_move(page: ModuleType, ending: dict[str, Any], outcome: str) -> None:
    with TestClient(page.app) as client, conversation(client, "/game") as player:
        player.call("Play", player.connection_id)
        question = player.next()
        assert (question["target"], question["arguments"]) == ("NextMove", ["your turn"])
        player.answer(question, **ending)
        assert player.next()["result"].startswith(outcome)


def test_a_player_who_is_not_there(page: ModuleType) -> None:
    with TestClient(page.app) as client, conversation(client, "/game") as player:
        player.call("Play", "nobody")
        assert player.next()["result"] == "gone"


def test_a_question_from_outside_of_the_hub(page: ModuleType) -> None:
    with TestClient(page.app) as client, conversation(client, "/game") as player, ThreadPoolExecutor() as threads:
        assert client.portal is not None
        asking = threads.submit(client.portal.call, page.is_ready, player.connection_id)
        question = player.next()
        assert question["target"] == "IsReady"
        player.answer(question, result=True)
        assert asking.result() is True


def test_a_question_from_a_thread(page: ModuleType) -> None:
    app = Starlette(routes=[page.signalr.map_hub("/confirm", page.ConfirmHub)], lifespan=page.signalr.lifespan)
    with TestClient(app) as client, conversation(client, "/confirm") as user:
        for agreed, outcome in ((True, "deleted"), (False, "kept")):
            user.call("DeleteEverything")
            question = user.next()
            assert (question["target"], question["arguments"]) == ("Confirm", ["Really everything?"])
            user.answer(question, result=agreed)
            assert user.next()["result"] == outcome
