"""The page on streams does what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient

from tests.support.asgi import HubSession, hub_session
from tests.support.documents import pasted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType


@pytest.fixture
def page() -> Iterator[ModuleType]:
    with pasted("docs/how-to/streaming.md") as module:
        yield module


def stream(session: HubSession, target: str, *arguments: Any, uploads: tuple[str, ...] = ()) -> None:
    session.send({"type": 4, "invocationId": "s", "target": target, "arguments": arguments, "streamIds": uploads})


def upload(session: HubSession, target: str, *arguments: Any) -> None:
    session.send({"type": 1, "invocationId": "u", "target": target, "arguments": arguments, "streamIds": ["up"]})


def item(session: HubSession, value: Any) -> None:
    session.send({"type": 2, "invocationId": "up", "item": value})


def end(session: HubSession, **ending: Any) -> None:
    session.send({"type": 3, "invocationId": "up", **ending})


def test_streams_in_both_directions(page: ModuleType) -> None:
    with TestClient(page.app) as client, hub_session(client, "/numbers") as session:
        stream(session, "Counter", 3)
        assert [session.receive().get("item") for _ in range(3)] == [0, 1, 2]
        assert session.receive() == {"type": 3, "invocationId": "s"}

        upload(session, "Total")
        for number in (1, 2, 3):
            item(session, number)
        end(session)
        assert session.receive() == {"type": 3, "invocationId": "u", "result": 6}

        stream(session, "RunningTotals", 10, uploads=("up",))
        for number, total in ((1, 11), (2, 13)):
            item(session, number)
            assert session.receive()["item"] == total
        end(session)
        assert session.receive() == {"type": 3, "invocationId": "s"}


def test_the_ends_of_an_upload(page: ModuleType) -> None:
    with TestClient(page.app) as client, hub_session(client, "/sensors") as session:
        for ending, result in (({}, "a: 1 readings"), ({"error": "fire"}, "a: 1 readings, then fire")):
            upload(session, "Store", "a")
            item(session, 1.5)
            end(session, **ending)
            assert session.receive()["result"] == result
        upload(session, "Store", "a")
        item(session, "hot")
        assert session.receive()["result"] == "a: 0 readings, then Failed to bind Stream message."
        upload(session, "Store", "b")
        item(session, 1.5)
    assert page.journal == ["b: cut off after 1 readings"]
