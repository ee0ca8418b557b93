"""Connection tokens: signed and self-describing, so that `negotiate` stores nothing."""

from __future__ import annotations

import hashlib
import hmac
import os
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING, Final, final

from msgspec import Struct

from signalr_py.exceptions import OptionsError
from signalr_py.types import ConnectionId

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ConnectionToken", "ConnectionTokens", "fingerprint", "new_connection_id"]

_VERSION: Final = 1
_STATEFUL: Final = 1
_NEGOTIATED_AS_0: Final = 2
_ID_SIZE: Final = 16
_FINGERPRINT_SIZE: Final = 16
_MAC_SIZE: Final = 32
_MINIMUM_KEY_SIZE: Final = 16
_BODY: Final = struct.Struct(f"!BBQ8s{_ID_SIZE}s{_FINGERPRINT_SIZE}s")


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def new_connection_id() -> ConnectionId:
    """Return a fresh public id: 22 URL-safe characters of 16 random bytes."""
    return _text(os.urandom(_ID_SIZE))


def fingerprint(identity: str) -> bytes:
    """Return the 16 bytes that stand for an identity in a token."""
    return _digest(identity) if identity else _NOBODY


def _digest(identity: str) -> bytes:
    return hashlib.sha256(identity.encode("utf-8", "surrogatepass")).digest()[:_FINGERPRINT_SIZE]


_NOBODY: Final = _digest("")


class ConnectionToken(Struct, frozen=True):
    """What a token says.

    Attributes:
        connection_id: Public id of the connection that it opens.
        home: Node that issued it, which remembers who has the connection; 8 bytes.
        identity: Fingerprint of the user who negotiated.
        stateful: Whether stateful reconnect was granted.
        expires_at: Unix time, in whole seconds, until which it may open the connection.
        negotiate_version: Version of the negotiation that it comes from.
    """

    connection_id: ConnectionId
    home: bytes
    identity: bytes
    stateful: bool
    expires_at: int
    negotiate_version: int = 1


@final
class ConnectionTokens:
    """Issues and reads the tokens of one hub.

    Args:
        keys: Secrets of at least 16 characters; the first one signs, all of them verify, so keys can be rotated.
        hub: Name of the hub; a token of another hub is not accepted.
    """

    def __init__(self, keys: Sequence[str | bytes], hub: str) -> None:
        raw = [key.encode() if isinstance(key, str) else key for key in keys]
        if not raw or any(len(key) < _MINIMUM_KEY_SIZE for key in raw):
            raise OptionsError(
                f"SignalR(secret_keys=...): each of one or more keys needs {_MINIMUM_KEY_SIZE} characters or more."
            )
        context = b"signalr_py connection token\0" + hub.encode()
        self._keys = [hmac.digest(key, context, "sha256") for key in raw]

    def issue(self, token: ConnectionToken) -> str:
        """Return the text of a token, made of URL-safe characters only."""
        body = _BODY.pack(
            _VERSION,
            (_STATEFUL if token.stateful else 0) | (0 if token.negotiate_version else _NEGOTIATED_AS_0),
            token.expires_at,
            token.home,
            urlsafe_b64decode(token.connection_id + "=="),
            token.identity,
        )
        return _text(body + hmac.digest(self._keys[0], body, "sha256"))

    def read(self, text: str) -> ConnectionToken | None:
        """Return what a token says, or None when this hub did not issue it; expiry is the caller's to check."""
        try:
            raw = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        except ValueError:
            return None
        if len(raw) != _BODY.size + _MAC_SIZE or _text(raw) != text:
            return None
        body, mac = raw[: _BODY.size], raw[_BODY.size :]
        if not any(hmac.compare_digest(hmac.digest(key, body, "sha256"), mac) for key in self._keys):
            return None
        version, flags, expires_at, home, connection_id, identity = _BODY.unpack(body)
        if version != _VERSION:
            return None
        negotiate_version = 0 if flags & _NEGOTIATED_AS_0 else 1
        return ConnectionToken(
            _text(connection_id), home, identity, bool(flags & _STATEFUL), expires_at, negotiate_version
        )
