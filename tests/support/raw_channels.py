"""The three transports as a client sees them, without any knowledge of hub messages."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Protocol

import httpx
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as websocket_connect
from websockets.exceptions import ConnectionClosed

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncIterator, Mapping

__all__ = [
    "Channel",
    "ConnectionGoneError",
    "LongPollingChannel",
    "ServerSentEventsChannel",
    "WebSocketChannel",
    "http_client",
    "open_websocket",
]


def http_client(headers: Mapping[str, str] | None = None) -> httpx.AsyncClient:
    """Return an HTTP client that reads answers without a time limit and knows no proxies."""
    return httpx.AsyncClient(
        headers=dict(headers or {}), timeout=httpx.Timeout(10, read=None), trust_env=False, verify=False
    )


async def open_websocket(
    url: str,
    parameters: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    sock: socket.socket | None = None,
) -> ClientConnection:
    """Open a WebSocket at an `http://` address, without compression and pings.

    Raises:
        websockets.exceptions.InvalidStatus: The upgrade is refused.
    """
    address = str(httpx.URL(url, params=dict(parameters))) if parameters else url
    return await websocket_connect(
        address.replace("http://", "ws://", 1),
        additional_headers=dict(headers or {}),
        compression=None,
        ping_interval=None,
        max_size=None,
        proxy=None,
        sock=sock,
        close_timeout=5,
    )


class ConnectionGoneError(Exception):
    """A request for a connection is answered 404."""


class Channel(Protocol):
    """Carries text both ways."""

    @property
    def ending(self) -> str:
        """How the server ended the transport; empty while it has not."""
        ...

    @property
    def parameters(self) -> dict[str, str]:
        """Query values of every request."""
        ...

    async def send(self, text: str) -> None:
        """Send a chunk."""
        ...

    async def receive(self) -> str | None:
        """Return the next chunk that is not empty, or None at the end."""
        ...

    async def aclose(self) -> None:
        """End the transport as a client does."""
        ...


class WebSocketChannel:
    """A WebSocket, whose frames must all be text."""

    def __init__(self, websocket: ClientConnection, parameters: Mapping[str, str]) -> None:
        self.websocket = websocket
        self.parameters = dict(parameters)
        self.ending = ""

    @classmethod
    async def open(
        cls,
        url: str,
        parameters: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        sock: socket.socket | None = None,
    ) -> WebSocketChannel:
        """Upgrade."""
        return cls(await open_websocket(url, parameters, headers, sock), parameters or {})

    async def send(self, text: str) -> None:
        """Send a frame."""
        await self.websocket.send(text)

    async def receive(self) -> str | None:
        """Return the next frame."""
        try:
            frame = await self.websocket.recv()
        except ConnectionClosed:
            self.ending = f"code {self.websocket.close_code}"
            return None
        assert isinstance(frame, str), f"JSON came in a binary frame: {frame!r}"
        return frame

    async def aclose(self) -> None:
        """Close the socket."""
        await self.websocket.close()


class _PostingChannel:
    def __init__(self, http: httpx.AsyncClient, url: str, parameters: Mapping[str, str]) -> None:
        self.http = http
        self.url = url
        self.parameters = dict(parameters)
        self.ending = ""

    async def send(self, text: str) -> None:
        """Send a POST request, which must succeed.

        Raises:
            ConnectionGoneError: The server does not know the connection any more.
        """
        response = await self.http.post(self.url, params=self.parameters, content=text.encode())
        if response.status_code == 404:
            raise ConnectionGoneError(response.text)
        assert (response.status_code, response.content) == (200, b""), response.text
        assert response.headers["content-type"].startswith("text/plain")


class ServerSentEventsChannel(_PostingChannel):
    """One long response."""

    def __init__(self, http: httpx.AsyncClient, url: str, parameters: Mapping[str, str]) -> None:
        super().__init__(http, url, parameters)
        self._stack = contextlib.AsyncExitStack()
        self._events: AsyncIterator[str]

    @classmethod
    async def open(cls, http: httpx.AsyncClient, url: str, parameters: Mapping[str, str]) -> ServerSentEventsChannel:
        """Request the event stream."""
        channel = cls(http, url, parameters)
        response = await channel._stack.enter_async_context(
            http.stream("GET", url, params=channel.parameters, headers={"Accept": "text/event-stream"})
        )
        assert response.status_code == 200, await response.aread()
        assert response.headers["content-type"] == "text/event-stream"
        assert response.headers["content-encoding"] == "identity"
        assert response.headers["x-accel-buffering"] == "no"
        channel._events = _events(response)
        return channel

    async def receive(self) -> str | None:
        """Return the data of the next event."""
        try:
            async for event in self._events:
                if event:
                    return event
        except httpx.HTTPError as error:
            self.ending = type(error).__name__
            return None
        self.ending = "end of stream"
        return None

    async def aclose(self) -> None:
        """Drop the response."""
        await self._stack.aclose()


async def _events(response: httpx.Response) -> AsyncIterator[str]:
    """Yield the data of each event; that of a comment is empty."""
    buffer = ""
    async for text in response.aiter_text():
        buffer += text
        *lines, buffer = buffer.split("\r\n")
        for line in lines:
            if line:
                assert line == ":" or line.startswith("data: "), line[:80]
                yield line.removeprefix("data: ").removeprefix(":")


class LongPollingChannel(_PostingChannel):
    """Poll after poll."""

    @classmethod
    async def open(cls, http: httpx.AsyncClient, url: str, parameters: Mapping[str, str]) -> LongPollingChannel:
        """Send the first poll, whose answer must be empty."""
        channel = cls(http, url, parameters)
        response = await channel._poll()
        assert (response.status_code, response.content) == (200, b""), response.text
        return channel

    async def receive(self) -> str | None:
        """Poll until there is data or the end."""
        while True:
            try:
                response = await self._poll()
            except httpx.HTTPError as error:
                self.ending = type(error).__name__
                return None
            if response.status_code != 200:
                self.ending = f"status {response.status_code}"
                return None
            if response.content:
                assert response.headers["content-type"] == "application/octet-stream"
                return response.text

    async def aclose(self) -> None:
        """Delete the connection unless it has ended; a server that is gone is fine too."""
        if not self.ending:
            with contextlib.suppress(httpx.HTTPError):
                response = await self.http.delete(self.url, params=self.parameters)
                assert response.status_code in (202, 404), response.text

    async def _poll(self) -> httpx.Response:
        response = await self.http.get(self.url, params=self.parameters)
        assert response.headers["cache-control"].startswith("no-cache"), response.text
        return response
