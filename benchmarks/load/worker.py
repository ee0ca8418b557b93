"""The load as a process: it reads commands and writes replies, one line of JSON each."""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from typing import TYPE_CHECKING, Final

import msgspec
import uvloop

from benchmarks.cpu import cpu_nanoseconds
from benchmarks.dialects import DIALECTS, DialectError
from benchmarks.load.broadcasts import BroadcastScript, broadcast
from benchmarks.load.calls import CallScript, make_calls
from benchmarks.load.checking import LoadError
from benchmarks.load.commands import (
    Broadcast,
    Calls,
    Close,
    Command,
    Connects,
    Failed,
    Idle,
    Measured,
    Open,
    Reply,
    Stream,
    Target,
)
from benchmarks.load.connections import Connector
from benchmarks.load.spinning import never_asleep
from benchmarks.load.streams import StreamScript, receive_streams

if TYPE_CHECKING:
    from collections.abc import Awaitable

__all__ = ["Worker", "main"]

_SETTLE: Final = 0.05
"""Seconds in which the server finishes what the last message left it to do."""


class Worker:
    """Carries out commands against one server.

    Args:
        target: The server.
    """

    def __init__(self, target: Target) -> None:
        self._pids = target.pids
        self._dialect = DIALECTS[target.dialect]()
        self._failure: asyncio.Future[Measured] = asyncio.get_running_loop().create_future()
        self._connector = Connector(target.url, self._dialect, self._fail)
        self._calls: dict[str, CallScript] = {}
        self._streams: dict[int, StreamScript] = {}
        self._broadcasts = BroadcastScript(self._dialect)

    async def obey(self, command: Command) -> Reply:
        """Carry out a command and return what it came to."""
        work = asyncio.ensure_future(self._measure(command))
        await asyncio.wait((work, self._failure), return_when=asyncio.FIRST_COMPLETED)
        try:
            if self._failure.done():
                work.cancel()
                await self._failure
            return await work
        except (LoadError, DialectError, ExceptionGroup) as error:
            return Failed(_first_words(error))

    def abandon(self) -> None:
        """Drop all connections at once."""
        for client in self._connector.clients:
            client.abandon()

    async def _measure(self, command: Command) -> Measured:
        server, start = cpu_nanoseconds(self._pids), time.monotonic_ns()
        with never_asleep():
            messages = await self._do(command)
        elapsed = time.monotonic_ns() - start
        await asyncio.sleep(_SETTLE)
        return Measured(messages, cpu_nanoseconds(self._pids) - server, elapsed)

    def _do(self, command: Command) -> Awaitable[int]:
        connector = self._connector
        match command:
            case Open(count, at_once):
                return connector.open(count, at_once)
            case Connects(count, at_once):
                return connector.come_and_go(count, at_once)
            case Calls(method, count, in_flight):
                script = self._calls.get(method) or self._calls.setdefault(method, CallScript(self._dialect, method))
                return make_calls(connector.clients, script, count, in_flight)
            case Broadcast(count, burst):
                return broadcast(connector.clients, self._broadcasts, count, burst)
            case Stream(items, count):
                items_script = self._streams.get(items) or self._streams.setdefault(
                    items, StreamScript(self._dialect, items)
                )
                return receive_streams(connector.clients, items_script, count)
            case Idle(seconds):
                return asyncio.sleep(seconds, int(seconds * 1000))
            case Close():
                return connector.close()

    def _fail(self, error: LoadError) -> None:
        if not self._failure.done():
            self._failure.set_exception(error)


def _first_words(error: Exception) -> str:
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return str(error) if isinstance(error, LoadError | DialectError) else repr(error)


async def _serve(target: Target) -> None:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    worker = Worker(target)
    decoder: msgspec.json.Decoder[Command] = msgspec.json.Decoder(Command)
    while line := await reader.readline():
        reply = await worker.obey(decoder.decode(line))
        sys.stdout.buffer.write(msgspec.json.encode(reply) + b"\n")
        sys.stdout.buffer.flush()
    worker.abandon()


def main() -> None:
    """Obey the commands on standard input until it ends; the one argument is the target."""
    gc.disable()
    uvloop.run(_serve(msgspec.json.decode(sys.argv[1], type=Target)))


if __name__ == "__main__":
    main()
