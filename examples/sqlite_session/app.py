"""Notes in an SQLite database: every call of the hub, and every request, has a session of its own."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from examples.sqlite_session.database import Database, Session
from signalr_py import Hub, HubCallerContext, HubException, SignalR

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from starlette.requests import Request

__all__ = ["Note", "NotesHub", "create_app"]

_PAGE = 100

Text = Annotated[str, Meta(min_length=1, max_length=500)]


@dataclass
class Note:
    """One line that somebody wrote."""

    id: int
    text: str


class NotesHub(Hub):
    """Adds notes and reads them."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def add_note(self, text: Text) -> Note:
        """Add a note and show it to everybody else."""
        note = await self._insert(text)
        await self._session.commit()
        await self.clients.others.send("NoteAdded", note)
        return note

    async def add_notes(self, texts: list[str]) -> int:
        """Add all notes or, if one of them is blank, none."""
        for text in texts:
            if not text.strip():
                raise HubException("A note needs a text; none was added.")
            await self._insert(text)
        await self._session.commit()
        return len(texts)

    async def notes(self, after: int = 0) -> AsyncIterator[Note]:
        """Stream the notes behind one, page by page, in one session."""
        while rows := await self._session.execute(
            "SELECT id, text FROM note WHERE id > ? ORDER BY id LIMIT ?", after, _PAGE
        ):
            for number, text in rows:
                yield Note(number, text)
            after = rows[-1][0]

    async def _insert(self, text: str) -> Note:
        ((number,),) = await self._session.execute("INSERT INTO note (text) VALUES (?) RETURNING id", text)
        return Note(number, text)


def create_app(path: Path) -> Starlette:
    """Return an application whose notes are in a file."""
    database = Database(path)
    signalr = SignalR()

    async def make_hub(context: HubCallerContext) -> AsyncIterator[NotesHub]:
        async with database.session() as session:
            yield NotesHub(session)

    async def count(request: Request) -> JSONResponse:
        async with database.session() as session:
            rows = await session.execute("SELECT count(*) FROM note")
        return JSONResponse({"notes": rows[0][0]})

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncGenerator[None, None]:
        await database.create_tables()
        async with signalr.lifespan(app):
            yield

    return Starlette(
        routes=[signalr.map_hub("/hub/notes", NotesHub, hub_factory=make_hub), Route("/count", count)],
        lifespan=lifespan,
    )


app = create_app(Path(os.environ.get("NOTES_DATABASE", "notes.sqlite3")))
