"""A bare picows server: `/echo` sends each message back, `/broadcast` sends it to every connection of that path."""

from __future__ import annotations

import argparse
from typing import Final

import uvloop
from picows import (
    WSFrame,
    WSListener,
    WSMsgType,
    WSTransport,
    WSUpgradeRequest,
    WSUpgradeResponse,
    WSUpgradeResponseWithListener,
    ws_create_server,
)

__all__ = ["main"]

_READ_BUFFER: Final = 2048
_BACKLOG: Final = 4096


class _Echo(WSListener):
    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        kind = frame.msg_type
        if kind == WSMsgType.CLOSE:
            transport.send_close(frame.get_close_code())
            transport.disconnect()
            return
        transport.send(kind, frame.get_payload_as_bytes())


class _Broadcast(WSListener):
    def __init__(self, everyone: set[WSTransport]) -> None:
        self._everyone = everyone

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._everyone.add(transport)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self._everyone.discard(transport)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        kind = frame.msg_type
        if kind == WSMsgType.CLOSE:
            transport.send_close(frame.get_close_code())
            transport.disconnect()
            return
        message = frame.get_payload_as_bytes()
        for receiver in self._everyone:
            receiver.send(kind, message)


async def _serve(port: int) -> None:
    everyone: set[WSTransport] = set()

    def listener(request: WSUpgradeRequest) -> WSListener | WSUpgradeResponseWithListener:
        if request.path == b"/echo":
            return _Echo()
        if request.path == b"/broadcast":
            return _Broadcast(everyone)
        return WSUpgradeResponseWithListener(WSUpgradeResponse.create_ok_response(b"ok"), None)

    server = await ws_create_server(
        listener,
        "127.0.0.1",
        port,
        backlog=_BACKLOG,
        read_buffer_init_size=_READ_BUFFER,
        websocket_handshake_timeout=60,
    )
    await server.serve_forever()


def main() -> None:
    """Serve until the process is told to end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    uvloop.run(_serve(parser.parse_args().port))


if __name__ == "__main__":
    main()
