"""Server-Sent Events: one long response carries what the server sends, POST requests what the client sends."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, final

from signalr_py.transports.disconnect import wait_for_disconnect
from signalr_py.transports.sending import report_loss

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Send

    from signalr_py.transports.connection import TransportConnection

__all__ = ["ServerSentEventsTransport", "event"]

_HEADERS: Final = (
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-cache,no-store"),
    (b"pragma", b"no-cache"),
    (b"content-encoding", b"identity"),
    (b"x-accel-buffering", b"no"),
)


def event(data: bytes) -> bytes:
    r"""Return one event: a `data:` line for each line of the payload, then an empty line.

    A line feed, and a carriage return in front of it, separate lines; both cannot occur inside a JSON hub message.
    """
    if b"\n" not in data:
        return b"data: " + data + b"\r\n\r\n"
    lines = data.replace(b"\r\n", b"\n").split(b"\n")
    return b"".join(b"data: " + line + b"\r\n" for line in lines) + b"\r\n"


@final
class ServerSentEventsTransport:
    """Carries what the server sends over one response, until the hub or the client ends it."""

    def __init__(self, connection: TransportConnection, receive: Receive, send: Send) -> None:
        self._connection = connection
        self._receive = receive
        self._send = send
        self._writer: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Answer the request and send events until both sides have finished."""
        connection = self._connection
        loop = asyncio.get_running_loop()
        connection.attach(self)
        self._writer = writer = loop.create_task(self._write(), name="signalr_py event stream writer")
        watcher = loop.create_task(wait_for_disconnect(self._receive), name="signalr_py event stream watcher")
        try:
            await asyncio.wait([writer, watcher], return_when=asyncio.FIRST_COMPLETED)
        finally:
            connection.end_of_input()
            connection.detach()
            for task in (writer, watcher):
                task.cancel()
            await asyncio.wait([writer, watcher])
        await connection.wait_ended()

    def send_now(self, data: bytes) -> bool:
        """Leave everything to the writer of the response."""
        return False

    def finish(self) -> None:
        """Leave the end to the writer of the response, which the buffer has told."""

    def abort(self) -> None:
        """Stop writing at once."""
        assert self._writer is not None
        self._writer.cancel()

    async def _write(self) -> None:
        connection = self._connection
        outbound = connection.outbound
        try:
            await self._send_part({"type": "http.response.start", "status": 200, "headers": list(_HEADERS)})
            await self._send_part({"type": "http.response.body", "body": b":\r\n", "more_body": True})
            while outbound or not outbound.ended:
                while outbound:
                    data = event(outbound.take())
                    await self._send_part({"type": "http.response.body", "body": data, "more_body": True})
                connection.sending_finished()
                await outbound.wait()
            await self._send_part({"type": "http.response.body", "body": b""})
        except Exception as error:  # noqa: BLE001 - hosts raise errors of their own for a lost client
            report_loss(connection.connection_id, error)

    async def _send_part(self, message: Message) -> None:
        self._connection.sending_started()
        await self._send(message)
