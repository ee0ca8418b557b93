"""The opening handshake of a WebSocket, as the bytes of its request and response."""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha1
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["UpgradeRefusal", "UpgradeRequest", "accept_response", "parse_request", "refuse_response"]

_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_VERSION: Final = b"13"
_KEY_SIZE: Final = 16
_TOKEN: Final = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_HEADER: Final = re.compile(rb"^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):([^\x00\r\n]*)\r$", re.MULTILINE)
_VALUE: Final = re.compile(rb"[^\x00\r\n]*")
_ABSOLUTE: Final = re.compile(rb"(?:https?|wss?)://[^/?#]*(.*)", re.IGNORECASE)
_READ: Final = frozenset(
    {
        *(b"connection", b"upgrade", b"sec-websocket-version", b"sec-websocket-key"),
        *(b"sec-websocket-protocol", b"sec-websocket-extensions"),
    }
)
_OF_THE_HANDSHAKE: Final = frozenset({b"connection", b"upgrade", b"sec-websocket-accept", b"sec-websocket-extensions"})
_WITHOUT_BODY: Final = frozenset({204, 304})
_PHRASES: Final = {status.value: status.phrase for status in HTTPStatus}


@dataclass(frozen=True, slots=True)
class UpgradeRequest:
    """A request to open a WebSocket, found to be in order.

    Attributes:
        target: Path and query, never with a scheme and host in front.
        headers: Headers in their order, names in lower case.
        key: What the response has to prove knowledge of.
        subprotocols: What the client offers, the best first.
        extensions: The extensions that the client offers, empty without any.
    """

    target: bytes
    headers: list[tuple[bytes, bytes]]
    key: bytes
    subprotocols: list[str]
    extensions: str


@dataclass(frozen=True, slots=True)
class UpgradeRefusal:
    """The answer to a request that cannot open a WebSocket.

    Attributes:
        status: Status of the response.
        reason: What is wrong with the request.
        headers: Headers that tell the client what would be right.
    """

    status: int
    reason: str
    headers: tuple[tuple[bytes, bytes], ...] = ()

    def response(self, headers: Sequence[tuple[bytes, bytes]] = ()) -> bytes:
        """Return the whole response.

        Args:
            headers: Headers of every response of this server.
        """
        content_type = (b"content-type", b"text/plain; charset=utf-8")
        return refuse_response(self.status, (*headers, *self.headers, content_type), f"{self.reason}\n".encode())


class _NotInOrderError(Exception):
    def __init__(self, refusal: UpgradeRefusal) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal


def parse_request(data: bytes) -> UpgradeRequest | UpgradeRefusal:
    """Read the request of a client that wants a WebSocket, or tell why it gets none.

    Args:
        data: Request line and headers, up to and with the empty line.
    """
    try:
        return _parsed(data)
    except _NotInOrderError as error:
        return error.refusal


def accept_response(
    request: UpgradeRequest,
    *,
    headers: Sequence[tuple[bytes, bytes]] = (),
    subprotocol: str | None = None,
    extensions: str | None = None,
) -> bytes:
    """Return the response that opens the WebSocket.

    Args:
        request: What the client asked for.
        headers: Headers besides those of the handshake itself.
        subprotocol: The subprotocol chosen; None for none.
        extensions: The extensions agreed on, with their parameters; None for none.

    Raises:
        ValueError: A header is no header, or belongs to the handshake.
    """
    key = binascii.b2a_base64(sha1(request.key + _GUID, usedforsecurity=False).digest(), newline=False)
    lines = [
        b"HTTP/1.1 101 Switching Protocols",
        b"upgrade: websocket",
        b"connection: Upgrade",
        b"sec-websocket-accept: " + key,
    ]
    if subprotocol is not None:
        chosen = subprotocol.encode("latin-1", "replace")
        if _TOKEN.fullmatch(chosen) is None:
            raise ValueError("A WebSocket subprotocol is a token: letters, digits and !#$%&'*+-.^_`|~ only.")
        lines.append(b"sec-websocket-protocol: " + chosen)
    if extensions is not None:
        lines += _header_lines([(b"sec-websocket-extensions", extensions.encode("latin-1"))])
    for name, _ in headers:
        if name.lower() in _OF_THE_HANDSHAKE:
            raise ValueError(
                f"The header {name.decode('latin-1')!r} of the WebSocket handshake is the server's to set."
            )
    return _head(lines, headers)


def refuse_response(status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> bytes:
    """Return a response that refuses the WebSocket, after which the server closes the connection.

    `content-length` and `connection` are added when they are not among the headers, nothing else is: neither a date nor
    a content type.

    Args:
        status: Status of the response.
        headers: Headers of the response; names may repeat.
        body: Body of the response, whole.

    Raises:
        ValueError: The status is none of a refusal, a header is no header, or the content length is another one.
    """
    if not 200 <= status < 600:
        raise ValueError(f"A WebSocket cannot be refused with status {status}: use one from 200 to 599.")
    if status in _WITHOUT_BODY and body:
        raise ValueError(f"A response with status {status} has no body.")
    names = {name.lower() for name, _ in headers}
    own: list[tuple[bytes, bytes]] = []
    if b"content-length" not in names and status not in _WITHOUT_BODY:
        own.append((b"content-length", b"%d" % len(body)))
    if b"connection" not in names:
        own.append((b"connection", b"close"))
    for name, value in headers:
        if name.lower() == b"content-length" and status not in _WITHOUT_BODY and value != b"%d" % len(body):
            raise ValueError(f"The content-length of the response is not the {len(body)} bytes of its body.")
        if name.lower() == b"transfer-encoding":
            raise ValueError("The transfer-encoding of a response is the server's to set.")
    line = f"HTTP/1.1 {status} {_PHRASES.get(status, '')}".encode()
    return _head([line], (*headers, *own)) + body


def _head(lines: list[bytes], headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    return b"\r\n".join([*lines, *_header_lines(headers), b"", b""])


def _header_lines(headers: Iterable[tuple[bytes, bytes]]) -> list[bytes]:
    lines = []
    for name, value in headers:
        if _TOKEN.fullmatch(name) is None:
            raise ValueError("A name of a header in the response is not a token.")
        if _VALUE.fullmatch(value) is None:
            raise ValueError(f"The header {name.decode()!r} of the response has a line break or null byte in it.")
        lines.append(name + b": " + value)
    return lines


def _parsed(data: bytes) -> UpgradeRequest:
    head, end, _ = data.partition(b"\r\n\r\n")
    if not end:
        raise _bad("The request has no end.")
    request_line, _, lines = (head + b"\r\n").partition(b"\r\n")
    found = _HEADER.findall(lines)
    if len(found) != lines.count(b"\n") or not _VALUE.fullmatch(request_line):
        raise _bad("A header of the request is malformed.")
    headers = [(_lower_case(name), value.strip(b" \t")) for name, value in found]
    values: dict[bytes, bytes] = {}
    for name, value in headers:
        if name in _READ:
            values[name] = values[name] + b", " + value if name in values else value
    target = _target(request_line)
    if b"upgrade" not in _tokens(values.get(b"connection", b"").lower()):
        raise _upgrade_required("The Connection header does not say Upgrade.")
    if _tokens(values.get(b"upgrade", b"").lower()) != [b"websocket"]:
        raise _upgrade_required("The Upgrade header does not say websocket.")
    _check_version(values.get(b"sec-websocket-version"))
    return UpgradeRequest(
        target=target,
        headers=headers,
        key=_key(values.get(b"sec-websocket-key", b"")),
        subprotocols=_subprotocols(values.get(b"sec-websocket-protocol", b"")),
        extensions=values.get(b"sec-websocket-extensions", b"").decode("latin-1"),
    )


def _target(request_line: bytes) -> bytes:
    parts = request_line.split(b" ")
    if len(parts) != 3 or parts[2] != b"HTTP/1.1":
        raise _bad("The request line is not one of HTTP/1.1.")
    method, target, _ = parts
    if method != b"GET":
        raise _NotInOrderError(
            UpgradeRefusal(405, "A WebSocket is opened with a GET request.", ((b"allow", b"GET"),)),
        )
    if not target.startswith(b"/") and (absolute := _ABSOLUTE.fullmatch(target)) is not None:
        target = absolute[1] if absolute[1].startswith(b"/") else b"/" + absolute[1]
    if not target.startswith(b"/") or not target.isascii():
        raise _bad("The target of the request is not a path.")
    return target


@lru_cache(maxsize=1_024)
def _lower_case(name: bytes) -> bytes:
    """Return a name of a header in lower case, one object for all requests."""
    return name.lower()


def _check_version(version: bytes | None) -> None:
    if version != _VERSION:
        hint = ((b"sec-websocket-version", _VERSION),)
        reason = "The Sec-WebSocket-Version header is not 13, the one version there is."
        if version is not None:
            raise _upgrade_required(reason, hint)
        raise _NotInOrderError(UpgradeRefusal(400, reason, hint))


def _key(key: bytes) -> bytes:
    try:
        if len(binascii.a2b_base64(key, strict_mode=True)) == _KEY_SIZE:
            return key
    except binascii.Error:
        pass
    raise _bad("The Sec-WebSocket-Key header is not one key of 16 bytes in Base64.")


def _subprotocols(value: bytes) -> list[str]:
    offered = _tokens(value)
    if not all(map(_TOKEN.fullmatch, offered)):
        raise _bad("A subprotocol in the Sec-WebSocket-Protocol header is not a token.")
    return [token.decode() for token in offered]


def _tokens(value: bytes) -> list[bytes]:
    return [token for part in value.split(b",") if (token := part.strip(b" \t"))]


def _bad(reason: str) -> _NotInOrderError:
    return _NotInOrderError(UpgradeRefusal(400, reason))


def _upgrade_required(reason: str, headers: tuple[tuple[bytes, bytes], ...] = ()) -> _NotInOrderError:
    return _NotInOrderError(
        UpgradeRefusal(426, reason, (*headers, (b"upgrade", b"websocket"), (b"connection", b"close, Upgrade")))
    )
