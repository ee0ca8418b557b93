"""permessage-deflate (RFC 7692): its negotiation, and messages compressed and inflated one by one."""

from __future__ import annotations

import re
import sys
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, final

from signalr_py.option_checks import check_choice, check_count, check_flag
from signalr_py.servers.websocket.messages import WebSocketError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["DeflateSettings", "Inflater", "NegotiatedDeflate", "compressor", "negotiate"]

_NAME: Final = "permessage-deflate"
_TOKEN: Final = r"[-!#$%&'*+.^_`|~0-9A-Za-z]++"
_VALUE: Final = rf'{_TOKEN}|"(?:[^"\\]|\\.)*+"'
_EXTENSION: Final = re.compile(
    rf"[ \t,]*+({_TOKEN})((?:[ \t]*+;[ \t]*+{_TOKEN}(?:[ \t]*+=[ \t]*+(?:{_VALUE}))?+)*+)[ \t]*+(?:,|\Z)[ \t,]*+"
)
_PARAMETER: Final = re.compile(rf";[ \t]*+({_TOKEN})(?:[ \t]*+=[ \t]*+({_VALUE}))?+[ \t]*+")

_LARGEST_WINDOW: Final = 15
_SMALLEST_WINDOW: Final = 9
_WINDOWS: Final = {str(bits): bits for bits in range(8, _LARGEST_WINDOW + 1)}
_LOOKAHEAD: Final = 262

_TAIL: Final = b"\x00\x00\xff\xff"
_TAIL_AND_END: Final = _TAIL + b"\x01" + _TAIL
_REST_BEHIND_LAST_BLOCK: Final = (_TAIL, b"\x00" + _TAIL)
_REST_AT_END: Final = (b"", _TAIL_AND_END, b"\x00" + _TAIL_AND_END)
_SLICE: Final = 1 << 20
_INVALID_DATA: Final = 1007
_TOO_BIG: Final = 1009


@final
@dataclass(frozen=True, kw_only=True)
class DeflateSettings:
    """How messages are compressed, and what is asked of clients.

    Attributes:
        minimum_size: Bytes from which on a message is compressed; shorter ones go as they are.
        level: Effort of zlib, from 1 (fast) to 9 (small).
        memory_level: Memory of zlib while it compresses one message, from 1 (little) to 9.
        maximum_window_bits: Base-two logarithm of the window, from 9 to 15. It bounds the memory for compressing one
            message, and with `client_context_takeover` what each connection keeps.
        client_context_takeover: Whether a client may refer to its earlier messages. Its messages get smaller, and each
            connection keeps a window: 40 KiB instead of nothing.
    """

    minimum_size: int = 1024
    level: int = 3
    memory_level: int = 8
    maximum_window_bits: int = _LARGEST_WINDOW
    client_context_takeover: bool = False

    def __post_init__(self) -> None:
        check_count(self, "bytes", "minimum_size")
        check_choice(self, "level", tuple(range(1, 10)))
        check_choice(self, "memory_level", tuple(range(1, 10)))
        check_choice(self, "maximum_window_bits", tuple(range(_SMALLEST_WINDOW, _LARGEST_WINDOW + 1)))
        check_flag(self, "client_context_takeover")


@final
@dataclass(frozen=True, kw_only=True, slots=True)
class NegotiatedDeflate:
    """What a client and the server agreed on.

    Attributes:
        response: Value of the `Sec-WebSocket-Extensions` header that says so.
        window_bits: Window that the server may use; connections with the same one can share a compressed message.
        client_window_bits: Window that is needed to inflate what the client sends.
        client_context_takeover: Whether a message of the client may refer to earlier ones.
    """

    response: str
    window_bits: int
    client_window_bits: int
    client_context_takeover: bool


def negotiate(offers: str, settings: DeflateSettings) -> NegotiatedDeflate | None:
    """Answer the extensions that a client offers.

    The first offer that can be met is taken. The server never refers to earlier messages, so that one compressed
    message is good for many connections. An offer is passed over when its parameters are unknown, doubled or invalid,
    and when it asks for a server's window of 8 bits, which zlib cannot do.

    Args:
        offers: Value of the `Sec-WebSocket-Extensions` header of the request, several joined by commas.
        settings: What the server wants.

    Returns:
        The agreement, or None when messages go as they are: nothing fitting is offered, or the header is malformed.
    """
    for parameters in _offered(offers):
        negotiated = _answer(parameters, settings)
        if negotiated is not None:
            return negotiated
    return None


def _offered(header: str) -> list[str]:
    """Return the parameters of each offer of the extension, or nothing when the header is malformed."""
    found = []
    position = 0
    while position < len(header):
        extension = _EXTENSION.match(header, position)
        if extension is None:
            return []
        if extension[1] == _NAME:
            found.append(extension[2])
        position = extension.end()
    return found


def _parameters(text: str) -> Iterator[tuple[str, str | None]]:
    for name, value in _PARAMETER.findall(text):
        yield name, re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value or None


def _answer(text: str, settings: DeflateSettings) -> NegotiatedDeflate | None:
    given: dict[str, int | None] = {}
    for name, value in _parameters(text):
        if name in given:
            return None
        match name, value:
            case (("server_no_context_takeover" | "client_no_context_takeover" | "client_max_window_bits"), None):
                given[name] = None
            case (("server_max_window_bits" | "client_max_window_bits"), str()) if value in _WINDOWS:
                given[name] = _WINDOWS[value]
            case _:
                return None
    window_bits = min(given.get("server_max_window_bits") or _LARGEST_WINDOW, settings.maximum_window_bits)
    if window_bits < _SMALLEST_WINDOW:
        return None
    takeover = settings.client_context_takeover and "client_no_context_takeover" not in given
    client_window_bits = _LARGEST_WINDOW
    response = [_NAME, "server_no_context_takeover"]
    if "server_max_window_bits" in given:
        response.append(f"server_max_window_bits={window_bits}")
    if not takeover:
        response.append("client_no_context_takeover")
    elif "client_max_window_bits" in given:
        client_window_bits = min(given["client_max_window_bits"] or _LARGEST_WINDOW, settings.maximum_window_bits)
        response.append(f"client_max_window_bits={client_window_bits}")
    return NegotiatedDeflate(
        response="; ".join(response),
        window_bits=window_bits,
        client_window_bits=max(client_window_bits, _SMALLEST_WINDOW),
        client_context_takeover=takeover,
    )


def compressor(window_bits: int, settings: DeflateSettings) -> Callable[[bytes], bytes | None]:
    """Return a function that compresses messages, each one by itself.

    It returns None for a message that is better sent as it is: one below `minimum_size`, and one that would not get
    smaller. The window is no larger than the message needs, which costs nothing in size and saves most of the time
    that zlib takes to begin.

    Args:
        window_bits: The window that was negotiated.
        settings: Threshold, level and memory.
    """
    minimum_size = settings.minimum_size
    level = settings.level
    memory_level = settings.memory_level

    def compress(data: bytes) -> bytes | None:
        size = len(data)
        if size < minimum_size:
            return None
        bits = min(window_bits, max(_SMALLEST_WINDOW, (size + _LOOKAHEAD).bit_length()))
        deflate = zlib.compressobj(level, zlib.DEFLATED, -bits, memory_level)
        compressed = deflate.compress(data) + deflate.flush(zlib.Z_SYNC_FLUSH)
        return compressed[: -len(_TAIL)] if len(compressed) - len(_TAIL) < size else None

    return compress


@final
class Inflater:
    """Inflates the messages of one connection, each one joined from its frames.

    Without context takeover it keeps nothing from one message to the next.
    """

    __slots__ = ("_inflate", "_keeps_context", "_maximum_size", "_window_bits")

    def __init__(self, negotiated: NegotiatedDeflate, *, maximum_size: int) -> None:
        """Begin with an empty window.

        Args:
            negotiated: What was agreed on.
            maximum_size: Most bytes of an inflated message.
        """
        self._maximum_size = maximum_size
        self._window_bits = negotiated.client_window_bits
        self._keeps_context = negotiated.client_context_takeover
        self._inflate = zlib.decompressobj(-self._window_bits) if self._keeps_context else None

    def __call__(self, data: bytes) -> bytes:
        """Return the message in full; no more of one that is too big is inflated than is needed to see that.

        A message may end with a block that is marked as the last one.

        Raises:
            WebSocketError: The message is too big (1009), or no complete deflate data (1007).
        """
        if not data:
            return b""
        if self._inflate is None:
            inflate = zlib.decompressobj(-self._window_bits)
            message = self._limited(inflate, data + _TAIL_AND_END)
            if not inflate.eof or inflate.unused_data not in _REST_AT_END:
                raise _invalid()
            return message
        message = self._limited(self._inflate, data + _TAIL)
        if self._inflate.eof:
            if self._inflate.unused_data not in _REST_BEHIND_LAST_BLOCK:
                raise _invalid()
            self._inflate = zlib.decompressobj(-self._window_bits)
        return message

    def _limited(self, inflate: zlib._Decompress, data: bytes) -> bytes:
        room = min(self._maximum_size, sys.maxsize - 1) + 1
        pieces = []
        try:
            while True:
                limit = min(room, _SLICE)
                piece = inflate.decompress(data, limit)
                room -= len(piece)
                if not room:
                    raise WebSocketError(_TOO_BIG, f"A message inflates to more than {self._maximum_size} bytes.")
                if len(piece) < limit:
                    break
                pieces.append(piece)
                data = inflate.unconsumed_tail
        except zlib.error:
            raise _invalid() from None
        return b"".join((*pieces, piece)) if pieces else piece


def _invalid() -> WebSocketError:
    return WebSocketError(_INVALID_DATA, "A compressed message is not complete deflate data.")
