"""The page on cancellation does what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from tests.support.asgi import HubSession, hub_session
from tests.support.documents import pasted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType


@pytest.fixture
def page() -> Iterator[ModuleType]:
    with pasted("docs/how-to/cancellation.md") as module:
        yield module


def cancel(session: HubSession, call: str) -> None:
    session.send({"type": 5, "invocationId": call})


def test_each_method_learns_of_it_in_its_own_way(page: ModuleType) -> None:
    with TestClient(page.app) as client, hub_session(client, "/reports") as session:
        session.send({"type": 4, "invocationId": "s", "target": "Lines", "arguments": []})
        assert session.receive()["item"] == "line"
        cancel(session, "s")
        assert session.receive() == {"type": 3, "invocationId": "s"}
        assert page.journal == ["lines closed"]

        call = session.start("Build")
        cancel(session, call)
        assert session.receive() == {
            "type": 3,
            "invocationId": call,
            "error": "An unexpected error occurred invoking 'Build' on the server.",
        }

        assert session.invoke("ImportAll", 2) == 2
        call = session.start("ImportAll", 1_000_000)
        cancel(session, call)
        assert session.receive()["result"] < 1_000_000

        call = session.start("Render")
        cancel(session, call)
        assert session.receive()["result"] == "stopped"

        call = session.start("Pay")
        cancel(session, call)
        assert session.receive()["result"] == "paid"
        assert page.journal[-1] == "paid"


def test_those_that_asked_for_it_end_with_the_connection(page: ModuleType) -> None:
    with TestClient(page.app) as client:
        for target in ("Lines", "Build", "Pay"):
            with hub_session(client, "/reports") as session:
                kind = 4 if target == "Lines" else 1
                session.send({"type": kind, "invocationId": "x", "target": target, "arguments": []})
                if kind == 4:
                    session.receive()
                else:
                    session.send({"type": 1, "invocationId": "y", "target": "Missing", "arguments": []})
                    session.receive()
    assert sorted(page.journal) == ["build cancelled", "lines closed", "paid"]
