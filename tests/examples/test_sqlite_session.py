"""The example with a database session for each call."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient

from examples.sqlite_session.app import NotesHub, create_app
from examples.sqlite_session.database import Database
from tests.support.hub_server import serve

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from starlette.testclient import WebSocketTestSession

    from signalr_py import HubCallerContext

PATIENCE = 10
PATH = "/hub/notes"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(create_app(tmp_path / "notes.sqlite3")) as client:
        yield client


@pytest.fixture(autouse=True)
def no_session_is_left() -> Iterator[None]:
    yield
    for thread in threading.enumerate():
        if thread.name.startswith("sqlite session"):
            thread.join(PATIENCE)
            assert not thread.is_alive()


def receive(socket: WebSocketTestSession) -> list[dict[str, Any]]:
    return [json.loads(text) for text in socket.receive_text().split("\x1e") if text]


def shake_hands(socket: WebSocketTestSession) -> None:
    socket.send_text('{"protocol":"json","version":1}\x1e')
    assert receive(socket) == [{}]


def call(socket: WebSocketTestSession, target: str, *arguments: Any, kind: int = 1) -> list[dict[str, Any]]:
    """Call a method, and return all that came until it was answered."""
    message = {"type": kind, "invocationId": "1", "target": target, "arguments": arguments}
    socket.send_text(f"{json.dumps(message)}\x1e")
    received: list[dict[str, Any]] = []
    while not any(message["type"] == 3 for message in received):
        received += receive(socket)
    return received


def test_a_note_is_kept_and_shown_to_the_others(client: TestClient) -> None:
    with client.websocket_connect(PATH) as socket, client.websocket_connect(PATH) as other:
        shake_hands(socket)
        shake_hands(other)
        note = {"id": 1, "text": "milk"}
        assert call(socket, "AddNote", "milk")[-1]["result"] == note
        assert receive(other) == [{"type": 1, "target": "NoteAdded", "arguments": [note]}]
        assert client.get("/count").json() == {"notes": 1}
        assert "error" in call(socket, "AddNote", "")[-1]


def test_several_notes_are_added_together_or_not_at_all(client: TestClient) -> None:
    with client.websocket_connect(PATH) as socket:
        shake_hands(socket)
        assert call(socket, "AddNotes", ["milk", "bread"])[-1]["result"] == 2
        assert call(socket, "AddNotes", ["salt", " "])[-1]["error"].endswith(
            "HubException: A note needs a text; none was added."
        )
        assert client.get("/count").json() == {"notes": 2}
        *items, end = call(socket, "Notes", 1, kind=4)
        assert [item["item"] for item in items] == [{"id": 2, "text": "bread"}]
        assert "error" not in end


def test_many_notes_come_page_by_page(client: TestClient) -> None:
    texts = [f"note {number}" for number in range(250)]
    with client.websocket_connect(PATH) as socket:
        shake_hands(socket)
        call(socket, "AddNotes", texts)
        *items, _ = call(socket, "Notes", kind=4)
        assert [item["item"]["text"] for item in items] == texts


async def test_a_stream_cut_off_closes_its_session(tmp_path: Path) -> None:
    database = Database(tmp_path / "notes.sqlite3")
    await database.create_tables()
    open_sessions = 0

    async def make_hub(context: HubCallerContext) -> AsyncIterator[NotesHub]:
        nonlocal open_sessions
        async with database.session() as session:
            open_sessions += 1
            try:
                yield NotesHub(session)
            finally:
                open_sessions -= 1

    async with serve(NotesHub, hub_factory=make_hub) as server, asyncio.timeout(PATIENCE):
        client = server.connect()
        await client.invoke("AddNotes", ["a note"] * 300)
        _, message = client.invocation("Notes")
        client.duplex.is_slow = True
        client.send({**message, "type": 4})
        await client.take(lambda m: m["type"] == 2)
        client.leave()
        await client.ended()
    assert len([m for m in client.received if m["type"] == 2]) < 300
    assert open_sessions == 0


async def test_what_a_cancelled_session_did_is_rolled_back(tmp_path: Path) -> None:
    database = Database(tmp_path / "notes.sqlite3")
    await database.create_tables()
    began = asyncio.Event()

    async def work() -> None:
        async with database.session() as session:
            await session.execute("INSERT INTO note (text) VALUES ('half')")
            statement = session.execute(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n LIMIT 99999) "
                "INSERT INTO note (text) SELECT i FROM n"
            )
            began.set()
            await statement
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with database.session() as session:
        assert await session.execute("SELECT count(*) FROM note") == [(0,)]
