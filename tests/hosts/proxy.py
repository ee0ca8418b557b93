"""A reverse proxy that holds back responses, as nginx does by default."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

__all__ = ["buffering_proxy"]

_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "host"}


@contextlib.asynccontextmanager
async def buffering_proxy(target: str) -> AsyncIterator[str]:
    """Run a proxy in front of a server and yield its address.

    It passes a response on when it is complete, or at once if a header says `X-Accel-Buffering: no`. It speaks HTTP/1.1
    to the server, one request for each connection of a client, and knows no upgrades.

    Args:
        target: Address of the server, without a path.
    """
    async with httpx.AsyncClient(timeout=httpx.Timeout(10, read=None), trust_env=False, verify=False) as http:

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(ConnectionError, httpx.HTTPError, asyncio.IncompleteReadError):
                request = await _read_request(http, target, reader)
                passing = asyncio.create_task(_pass_on(http, request, writer))
                leaving = asyncio.create_task(reader.read(1))
                await asyncio.wait([passing, leaving], return_when=asyncio.FIRST_COMPLETED)
                leaving.cancel()
                passing.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await passing
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server:
            host, port = server.sockets[0].getsockname()
            yield f"http://{host}:{port}"


async def _read_request(http: httpx.AsyncClient, target: str, reader: asyncio.StreamReader) -> httpx.Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, path, _ = head[0].split(" ", 2)
    headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in head[1:] if line)]
    size = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
    body = await reader.readexactly(size)
    passed_on = [(name, value) for name, value in headers if name.lower() not in _HOP_BY_HOP]
    return http.build_request(method, target + path, headers=passed_on, content=body)


async def _pass_on(http: httpx.AsyncClient, request: httpx.Request, writer: asyncio.StreamWriter) -> None:
    async with contextlib.aclosing(await http.send(request, stream=True)) as response:
        is_buffered = response.headers.get("x-accel-buffering") != "no"
        lines = [f"HTTP/1.1 {response.status_code} {response.reason_phrase}", "connection: close"]
        lines += [f"{name}: {value}" for name, value in response.headers.items() if name not in _HOP_BY_HOP]
        held_back = ["\r\n".join([*lines, "", ""]).encode("latin-1")]
        async for chunk in response.aiter_raw():
            held_back.append(chunk)
            if not is_buffered:
                writer.write(b"".join(held_back))
                await writer.drain()
                held_back.clear()
        writer.write(b"".join(held_back))
        await writer.drain()
