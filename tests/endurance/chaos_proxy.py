"""A TCP proxy that splits, delays and cuts what passes through it, at random and from a seed."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from random import Random

__all__ = ["chaos_proxy"]

_CHUNK = 65_536
_MEAN_BYTES_UNTIL_CUT = 12_000
_LONGEST_DELAY = 0.004


@contextlib.asynccontextmanager
async def chaos_proxy(port: int, random: Random, *, cuts: bool = True) -> AsyncIterator[str]:
    """Stand in front of a port of this machine, and yield the address of the proxy.

    Args:
        port: Where the server listens.
        random: Decides about every piece.
        cuts: Whether connections end before their time.
    """
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await _carry(port, reader, writer, random, cuts=cuts)
        except OSError:
            pass
        finally:
            writer.transport.abort()
            tasks.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=1024)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        while tasks:
            for task in tuple(tasks):
                task.cancel()
            await asyncio.wait(tuple(tasks))
        await asyncio.sleep(0)


async def _carry(
    port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, random: Random, *, cuts: bool
) -> None:
    """Carry one connection until one side ends it or fate does."""
    there_reader, there_writer = await asyncio.open_connection("127.0.0.1", port)
    left = [random.expovariate(1 / _MEAN_BYTES_UNTIL_CUT) if cuts else float("inf")]
    try:
        async with asyncio.TaskGroup() as pumps:
            there = pumps.create_task(_pump(reader, there_writer, random, left))
            here = pumps.create_task(_pump(there_reader, writer, random, left))
            await asyncio.wait((there, here), return_when=asyncio.FIRST_COMPLETED)
            there.cancel()
            here.cancel()
        if left[0] > 0:
            for each in (writer, there_writer):
                each.close()
                await each.wait_closed()
    finally:
        there_writer.transport.abort()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, random: Random, left: list[float]) -> None:
    """Carry one direction in pieces; `left` holds how many bytes the connection has to live."""
    with contextlib.suppress(OSError):
        while data := await reader.read(_CHUNK):
            while data:
                size = min(
                    random.choice((1, 7, 100, 2_000, _CHUNK)), max(1, int(left[0])) if left[0] < _CHUNK else _CHUNK
                )
                piece, data = data[:size], data[size:]
                if random.random() < 0.2:
                    await asyncio.sleep(random.random() * _LONGEST_DELAY)
                writer.write(piece)
                await writer.drain()
                left[0] -= len(piece)
                if left[0] <= 0:
                    return
