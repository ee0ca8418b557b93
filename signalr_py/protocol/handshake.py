"""The first message each way: which hub protocol a client asks for, and the server's answer."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import msgspec
from msgspec import UNSET, MsgspecError, Struct, UnsetType

from signalr_py.exceptions import RemoteProtocolError
from signalr_py.protocol.framing import RECORD_SEPARATOR
from signalr_py.protocol.json_reader import MALFORMED, read_members

__all__ = [
    "HIGHEST_VERSION",
    "RECONNECTING_VERSION",
    "HandshakeReader",
    "HandshakeRequest",
    "HandshakeResponse",
    "HandshakeSizeError",
    "encode_request",
    "encode_response",
    "parse_response",
]

HIGHEST_VERSION: Final = 2
"""The highest `version` a client may ask for; any lower one is welcome."""

RECONNECTING_VERSION: Final = 2
"""From this `version` on a client numbers its messages, so that it can reconnect statefully."""

_KNOWN_REQUESTS: Final = 64
"""How many requests are remembered: there are few different ones, and reading one exactly takes long."""

_INT32: Final = range(-(2**31), 2**31)
_BLANKS: Final = b" \t\n\r"


class HandshakeRequest(Struct, frozen=True):
    """What a client asks for.

    Attributes:
        protocol: Name of the hub protocol, as the client spelled it; names match in any case.
        version: Version of the hub protocol.
    """

    protocol: str
    version: int


class HandshakeResponse(Struct, frozen=True):
    """The server's answer; `error` is None when the connection is open."""

    error: str | None = None


class HandshakeSizeError(RemoteProtocolError):
    """A client sent more bytes than a message may have before its handshake was whole."""


class _WireResponse(Struct):
    error: str | UnsetType


class HandshakeReader:
    """Collects the bytes of one connection until its handshake request is there."""

    __slots__ = ("_data", "_maximum", "_searched")

    def __init__(self, maximum_size: int | None = None) -> None:
        """Start with nothing received.

        Args:
            maximum_size: Bytes that the request with its separator may have; None for no limit.
        """
        self._data = bytearray()
        self._searched = 0
        self._maximum = maximum_size

    @property
    def remainder(self) -> bytes:
        """The bytes behind the request, which are the first hub messages."""
        return bytes(self._data)

    def feed(self, data: bytes) -> HandshakeRequest | None:
        """Take the next bytes and return the request, or None when more bytes are needed.

        Raises:
            HandshakeSizeError: The request is larger than allowed.
            RemoteProtocolError: The bytes are no handshake request.
        """
        self._data += data
        end = self._data.find(RECORD_SEPARATOR, self._searched)
        self._searched = len(self._data)
        if self._maximum is not None and (end + 1 or self._searched) > self._maximum:
            raise HandshakeSizeError(
                f"The handshake request is larger than {self._maximum} bytes. "
                "The size can be configured with HubOptions(maximum_receive_message_size=...)."
            )
        if end < 0:
            return None
        text = bytes(self._data[:end])
        del self._data[: end + 1]
        return _parse_request(text)


@lru_cache(maxsize=_KNOWN_REQUESTS)
def _parse_request(text: bytes) -> HandshakeRequest:
    if not text.strip(_BLANKS):
        raise RemoteProtocolError("Unexpected end when reading JSON.")
    protocol: str | None = None
    version: int | None = None
    for member in read_members(text):
        if member.name == "protocol":
            protocol = _text(member.value, member.raw, "protocol")
        elif member.name == "version":
            version = _whole_number(member.value)
    if protocol is None or version is None:
        missing = "protocol" if protocol is None else "version"
        content = text.decode("utf-8", "replace")
        raise RemoteProtocolError(f"Missing required property '{missing}'. Message content: {content}")
    return HandshakeRequest(protocol, version)


def _text(value: object, raw: bytes, name: str) -> str:
    if not isinstance(value, str):
        raise RemoteProtocolError(f"Expected '{name}' to be of type String.")
    try:
        return msgspec.json.decode(raw, type=str)
    except (MsgspecError, ValueError) as exc:
        raise RemoteProtocolError(MALFORMED) from exc


def _whole_number(value: object) -> int:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise RemoteProtocolError("Expected 'version' to be of type Number.")
    if isinstance(value, float) or value not in _INT32:
        raise RemoteProtocolError("Expected 'version' to be a whole number of 32 bits.")
    return value


def encode_request(protocol: str, version: int = 1) -> bytes:
    """Return the bytes with which a client asks for a hub protocol."""
    return msgspec.json.encode(HandshakeRequest(protocol, version)) + RECORD_SEPARATOR


def encode_response(error: str | None = None) -> bytes:
    """Return the bytes of the server's answer: of success, or of a refusal with its reason."""
    if error is None:
        return _SUCCESS
    return msgspec.json.encode(_WireResponse(error)) + RECORD_SEPARATOR


_SUCCESS: Final = msgspec.json.encode(_WireResponse(UNSET)) + RECORD_SEPARATOR


def parse_response(data: bytes) -> tuple[HandshakeResponse, bytes] | None:
    """Return the server's answer and the bytes behind it, or None when more bytes are needed.

    Raises:
        RemoteProtocolError: The bytes are no handshake response.
    """
    text, separator, rest = data.partition(RECORD_SEPARATOR)
    if not separator:
        return None
    error: str | None = None
    for member in read_members(text):
        if member.name == "error":
            error = _text(member.value, member.raw, "error")
        elif member.name == "type":
            raise RemoteProtocolError("Expected a handshake response from the server.")
    return HandshakeResponse(error), rest
