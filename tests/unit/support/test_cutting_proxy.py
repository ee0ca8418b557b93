from __future__ import annotations

import asyncio
import contextlib
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from tests.support.cutting_proxy import cutting_proxy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.support.cutting_proxy import CuttingProxy


class Echo:
    """A server that answers each line with the same, and notes how its connections end."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.endings: asyncio.Queue[type[BaseException] | None] = asyncio.Queue()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ending: type[BaseException] | None = None
        try:
            while line := await reader.readline():
                self.heard.append(line)
                writer.write(line)
        except ConnectionError as error:
            ending = type(error)
        self.endings.put_nowait(ending)
        writer.close()


@asynccontextmanager
async def proxied() -> AsyncIterator[tuple[Echo, CuttingProxy]]:
    echo = Echo()
    server = await asyncio.start_server(echo.serve, "127.0.0.1", 0)
    async with server, cutting_proxy(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}") as proxy:
        yield echo, proxy


async def connect(proxy: CuttingProxy) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, _, port = proxy.url.removeprefix("http://").partition(":")
    return await asyncio.open_connection(host, int(port))


async def test_it_forwards_both_ways() -> None:
    async with proxied() as (echo, proxy):
        reader, writer = await connect(proxy)
        assert proxy.answered == 0
        writer.write(b"one\n")
        assert await reader.readline() == b"one\n"
        await proxy.answers(1)
        writer.close()
        assert await echo.endings.get() is None


async def test_a_cut_resets_both_sides() -> None:
    async with proxied() as (echo, proxy):
        reader, writer = await connect(proxy)
        writer.write(b"one\n")
        await reader.readline()
        proxy.cut()
        with pytest.raises(ConnectionResetError):
            await reader.readline()
        assert await echo.endings.get() is ConnectionResetError
        writer.close()
        reader, writer = await connect(proxy)
        writer.write(b"two\n")
        assert await reader.readline() == b"two\n"
        await proxy.answers(2)
        writer.close()
        await echo.endings.get()


async def test_pieces_of_both_sides_are_waited_for_until_the_call_is_over() -> None:
    async with proxied() as (echo, proxy):
        reader, writer = await connect(proxy)
        call = asyncio.get_running_loop().create_future()
        carried = asyncio.create_task(proxy.carries(2, of=call))
        writer.write(b"one\n")
        await reader.readline()
        await carried
        assert not call.done()
        carried = asyncio.create_task(proxy.carries(1, of=call))
        call.set_result(None)
        await carried
        writer.close()
        await echo.endings.get()


async def test_an_interruption_lasts_until_the_server_answers_again() -> None:
    async with proxied() as (echo, proxy):
        reader, writer = await connect(proxy)
        writer.write(b"one\n")
        await reader.readline()
        interruption = asyncio.create_task(proxy.interrupt())
        assert await echo.endings.get() is ConnectionResetError
        writer.close()
        assert not interruption.done()
        reader, writer = await connect(proxy)
        writer.write(b"two\n")
        await reader.readline()
        await interruption
        writer.close()
        await echo.endings.get()


async def test_a_stranded_server_learns_nothing() -> None:
    async with proxied() as (echo, proxy):
        reader, writer = await connect(proxy)
        writer.write(b"one\n")
        await reader.readline()
        proxy.strand()
        with pytest.raises(ConnectionResetError):
            await reader.readline()
        writer.close()
        _, other = await connect(proxy)
        other.write(b"two\n")
        other.close()
        assert await echo.endings.get() is None
        assert echo.endings.empty()
        assert echo.heard == [b"one\n", b"two\n"]


async def test_a_server_that_is_not_there_resets_the_client() -> None:
    unused = await asyncio.start_server(lambda _, __: None, "127.0.0.1", 0)
    port = unused.sockets[0].getsockname()[1]
    unused.close()
    async with cutting_proxy(f"http://127.0.0.1:{port}") as proxy:
        with contextlib.suppress(ConnectionResetError):
            reader, writer = await connect(proxy)
            with pytest.raises(ConnectionResetError):
                await reader.readline()
            writer.close()
        assert proxy.answered == 0
