"""Sessions of an SQLite database: one connection, one transaction and one thread for each."""

from __future__ import annotations

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable
    from pathlib import Path

__all__ = ["Database", "Session"]

T = TypeVar("T")

_TABLES = "CREATE TABLE IF NOT EXISTS note (id INTEGER PRIMARY KEY, text TEXT NOT NULL)"


class Session:
    """A connection with a transaction; what is not committed at the end is rolled back.

    SQLite blocks, so its calls run in a thread. The session has one of its own: SQLite wants a connection to stay in
    its thread, and what is handed to one thread runs in order. So closing comes last even if a call was cancelled in
    the middle of a statement.
    """

    def __init__(self, path: Path) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite session")
        self._path = path
        self._connection: sqlite3.Connection | None = None

    async def open(self) -> None:
        """Connect to the database."""
        await self._run(self._connect)

    async def execute(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run a statement and return its rows."""
        return await self._run(partial(self._execute, statement, values))

    async def commit(self) -> None:
        """Keep what was done so far."""
        await self._run(self._commit)

    async def close(self) -> None:
        """Roll back what was not committed, and give everything back."""
        closing = self._run(self._close)
        self._thread.shutdown(wait=False)
        await closing

    def _run(self, function: Callable[[], T]) -> asyncio.Future[T]:
        return asyncio.shield(asyncio.get_running_loop().run_in_executor(self._thread, function))

    def _connect(self) -> None:
        self._connection = sqlite3.connect(self._path, timeout=5)

    def _execute(self, statement: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        assert self._connection is not None
        return self._connection.execute(statement, values).fetchall()

    def _commit(self) -> None:
        assert self._connection is not None
        self._connection.commit()

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()


class Database:
    """An SQLite database in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @asynccontextmanager
    async def session(self) -> AsyncGenerator[Session, None]:
        """Open a session for as long as the block."""
        session = Session(self._path)
        try:
            await session.open()
            yield session
        finally:
            await session.close()

    async def create_tables(self) -> None:
        """Create what is missing."""
        async with self.session() as session:
            await session.execute("PRAGMA journal_mode=WAL")
            await session.execute(_TABLES)
            await session.commit()
