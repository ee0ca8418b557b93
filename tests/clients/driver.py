"""Clients that run as a process of their own and speak JSON lines: TypeScript in Node and Chromium, .NET, Java."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import json
import os
from collections import defaultdict, deque
from typing import TYPE_CHECKING, Any, Self, TypeVar

from tests.clients.base import (
    DEFAULT_TIMEOUT,
    Abilities,
    ClientError,
    ClientEvent,
    ClientFailure,
    ProtocolName,
    TransportName,
)

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping, Sequence
    from types import TracebackType

__all__ = ["ClientDriver", "DriverConnection"]

T = TypeVar("T")

_LINE_LIMIT = 1 << 26
_EXIT_TIMEOUT = 5.0
_LOG_LINES = 200


class DriverConnection:
    """One hub connection held by a `ClientDriver`."""

    def __init__(self, driver: ClientDriver, name: str) -> None:
        self._driver = driver
        self._name = name
        self._events: defaultdict[str, asyncio.Queue[ClientEvent]] = defaultdict(asyncio.Queue)
        self.connection_id: str | None = None
        self.is_stopped = False

    async def invoke(self, method: str, *arguments: object) -> Any:
        """Call a hub method and return its result; its error is raised as `ClientError`."""
        return await self._request("invoke", method=method, args=arguments)

    async def invoke_void(self, method: str, *arguments: object) -> None:
        """Call a hub method that returns nothing, and wait until it has run; its error is raised as `ClientError`."""
        await self._request("invoke", method=method, args=arguments, void=True)

    async def order(self, method: str, order: dict[str, Any]) -> dict[str, Any]:
        """Call a hub method with one Order record, spelled as in JSON here and as the protocol wants it there."""
        result: dict[str, Any] = await self._request("order", method=method, args=(order,))
        return result

    async def send(self, method: str, *arguments: object) -> None:
        """Call a hub method without waiting for it."""
        await self._request("send", method=method, args=arguments)

    async def stream(self, method: str, *arguments: object, take: int = 0) -> tuple[list[Any], str | None]:
        """Return the items of a streaming hub method and its error; `take` cancels it after that many items."""
        result = await self._request("stream", method=method, args=arguments, take=take)
        return result["items"], result["error"]

    async def upload(
        self,
        method: str,
        *arguments: object,
        streams: Sequence[Sequence[object]],
        delay_ms: int = 0,
        failure: str | None = None,
    ) -> Any:
        """Call a hub method with uploaded streams and return its result.

        A `failure`, which only the TypeScript client takes, ends every stream with that error after its items.
        """
        return await self._request(
            "upload", method=method, args=arguments, streams=streams, delayMs=delay_ms, failure=failure
        )

    async def upload_stream(
        self,
        method: str,
        *arguments: object,
        streams: Sequence[Sequence[object]],
        delay_ms: int = 0,
        take: int = 0,
    ) -> tuple[list[Any], str | None]:
        """Upload streams to a streaming hub method and return its items and its error."""
        result = await self._request(
            "uploadstream", method=method, args=arguments, streams=streams, delayMs=delay_ms, take=take
        )
        return result["items"], result["error"]

    async def on(self, event: str, *, arity: int = 1) -> None:
        """Report every call of a client method from now on."""
        await self._request("on", event=event, arity=arity)

    async def answer(self, event: str, value: object = None, *, error: str | None = None, delay_ms: int = 0) -> None:
        """Answer the server's calls of a client method with a value, or with an error."""
        await self._request("answer", event=event, value=value, error=error, delayMs=delay_ms)

    async def state(self) -> str:
        """Return the client's own name of the connection's state."""
        return str(await self._request("state"))

    async def stop(self) -> None:
        """End the connection from this side."""
        self.is_stopped = True
        await self._request("stop")

    async def wait_event(self, event: str) -> ClientEvent:
        """Return the next event of a name, in the order in which they came."""
        return await self._driver.bounded(f"event {event!r} on connection {self._name}", self._events[event].get())

    def pending(self, event: str) -> Sequence[ClientEvent]:
        """Return the events of a name that came and were not waited for."""
        queue = self._events[event]
        return [queue.get_nowait() for _ in range(queue.qsize())]

    async def start(self, **options: object) -> None:
        """Connect; `ClientDriver.connect` is the typed form of this."""
        self.connection_id = await self._request("connect", **options)

    def take(self, event: ClientEvent) -> None:
        """Keep an event that the process reported until a test waits for it."""
        self._events[event.name].put_nowait(event)

    async def _request(self, operation: str, **fields: object) -> Any:
        return await self._driver.request(operation, conn=self._name, **fields)


class ClientDriver:
    """One client process; `async with ClientDriver(command) as client` starts it and ends it.

    Every wait is bounded, and its failure shows the end of the process's standard error. A promise that the process
    reports as rejected and never awaited fails the test on the way out.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        abilities: Abilities | None = None,
        environment: Mapping[str, str] | None = None,
        timeout: float = DEFAULT_TIMEOUT,
    ) -> None:
        self.abilities = abilities or Abilities()
        self._command = tuple(command)
        self._environment = dict(environment or {})
        self._timeout = timeout
        self._ids = itertools.count(1)
        self._connections: dict[str, DriverConnection] = {}
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._unhandled: list[str] = []
        self._log: deque[str] = deque(maxlen=_LOG_LINES)
        self._process: asyncio.subprocess.Process | None = None
        self._tasks: tuple[asyncio.Task[None], ...] = ()

    @property
    def exit_status(self) -> int | None:
        """How the process ended; None while it runs."""
        return None if self._process is None else self._process.returncode

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=_LINE_LIMIT,
            env=os.environ | self._environment,
        )
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._tasks = (
            asyncio.create_task(self._read_output(self._process.stdout)),
            asyncio.create_task(self._read_log(self._process.stderr)),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._end()
        if error is None:
            self._check()

    async def connect(
        self,
        url: str,
        *,
        protocol: ProtocolName = "json",
        transport: TransportName = "websockets",
        token: str | None = None,
        skip_negotiation: bool = False,
        reconnect: bool | Sequence[int] = False,
        stateful: bool = False,
        headers: Mapping[str, str] | None = None,
        server_timeout: float | None = None,
        keep_alive: float | None = None,
    ) -> DriverConnection:
        """Open a hub connection; a start that fails is raised as `ClientError`.

        Delays between attempts to reconnect, in milliseconds, and `headers` are for the TypeScript client only: the
        others take a bool, and no headers.
        """
        name = f"c{len(self._connections) + 1}"
        connection = self._connections[name] = DriverConnection(self, name)
        chosen = {"token": token, "headers": headers, "serverTimeout": server_timeout, "keepAlive": keep_alive}
        await connection.start(
            url=url,
            protocol=protocol,
            transport=transport,
            skipNegotiation=skip_negotiation,
            reconnect=reconnect,
            stateful=stateful,
            **{name: value for name, value in chosen.items() if value is not None},
        )
        return connection

    async def stop_all(self) -> None:
        """End every connection, so that another test may use the process, and check that none left an error behind."""
        left = [connection for connection in self._connections.values() if not connection.is_stopped]
        await asyncio.gather(*(_stop(connection) for connection in left))
        self._check()

    def _check(self) -> None:
        """Fail when the process reported a promise that was rejected and never awaited."""
        if self._unhandled:
            unhandled, self._unhandled = self._unhandled, []
            raise self._failure(f"rejected and never awaited: {unhandled}")

    async def request(self, operation: str, **fields: object) -> Any:
        """Send one request to the process and return its result."""
        assert self._process is not None
        assert self._process.stdin is not None
        number = next(self._ids)
        line = json.dumps({"id": number, "op": operation} | fields, default=_encode_bytes)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        self._process.stdin.write(line.encode() + b"\n")
        response = await self.bounded(f"answer to {line[:200]}", _result(answer))
        if not response["ok"]:
            raise ClientError(response["error"], response["type"])
        return response["result"]

    async def bounded(self, what: str, waiting: Coroutine[Any, Any, T]) -> T:
        """Wait for something that the process owes, for no longer than the driver's timeout or the process's life."""
        task = asyncio.create_task(waiting)
        try:
            await asyncio.wait({task, self._tasks[0]}, timeout=self._timeout, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
        finally:
            task.cancel()
        if self._tasks[0].done():
            raise self._failure(f"the client ended before the {what}")
        raise self._failure(f"no {what} within {self._timeout:g} s")

    async def _read_output(self, stream: asyncio.StreamReader) -> None:
        while line := await stream.readline():
            message = json.loads(line, object_hook=_decode_bytes)
            if "id" in message:
                answer = self._answers.pop(message["id"])
                if not answer.done():
                    answer.set_result(message)
            elif message["event"] == "$unhandled":
                self._unhandled.append(message["error"])
            else:
                self._connections[message["conn"]].take(
                    ClientEvent(
                        message["event"],
                        tuple(message.get("args", ())),
                        message.get("error"),
                        connection_id=message.get("connectionId"),
                    )
                )

    async def _read_log(self, stream: asyncio.StreamReader) -> None:
        while line := await stream.readline():
            self._log.append(line.decode(errors="replace").rstrip())

    async def _end(self) -> None:
        process = self._process
        assert process is not None
        assert process.stdin is not None
        process.stdin.close()
        try:
            async with asyncio.timeout(_EXIT_TIMEOUT):
                await asyncio.gather(process.wait(), *self._tasks)
        except TimeoutError:
            process.kill()
            await process.wait()
        except BaseException:
            process.kill()
            raise

    def _failure(self, what: str) -> ClientFailure:
        assert self._process is not None
        state = "running" if self._process.returncode is None else f"exit status {self._process.returncode}"
        log = "\n".join(self._log) or "(nothing)"
        return ClientFailure(f"{what}\nclient: {' '.join(self._command)} ({state})\n--- standard error\n{log}")


async def _stop(connection: DriverConnection) -> None:
    """End a connection; one that never opened cannot be ended."""
    with contextlib.suppress(ClientError):
        await connection.stop()


async def _result(future: asyncio.Future[T]) -> T:
    return await future


def _encode_bytes(value: object) -> dict[str, str]:
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode()}
    raise TypeError(f"{type(value).__name__} cannot be sent to a client process")


def _decode_bytes(value: dict[str, Any]) -> object:
    return base64.b64decode(value["$bytes"]) if value.keys() == {"$bytes"} else value
