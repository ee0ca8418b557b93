"""What `negotiate` is asked and what it answers, without the HTTP around it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import UNSET, Struct, UnsetType

from signalr_py.exceptions import RemoteProtocolError
from signalr_py.types import TransferFormat, TransportType

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = [
    "HIGHEST_NEGOTIATE_VERSION",
    "AvailableTransport",
    "NegotiateResponse",
    "NegotiateVersionError",
    "available_transports",
    "parse_negotiate_version",
    "parse_stateful_reconnect",
]

HIGHEST_NEGOTIATE_VERSION: Final = 1
"""The highest `negotiateVersion` served; a client that asks for a higher one gets this."""

_INTEGER: Final = re.compile(r"[ \t\n\v\f\r]*([+-]?)0*([0-9]{1,10})[ \t\n\v\f\r]*")
_INT32: Final = range(-(2**31), 2**31)
_BINARY_OR_TEXT: Final = (TransferFormat.TEXT, TransferFormat.BINARY)
_FORMATS: Final = {
    TransportType.WEB_SOCKETS: _BINARY_OR_TEXT,
    TransportType.SERVER_SENT_EVENTS: (TransferFormat.TEXT,),
    TransportType.LONG_POLLING: _BINARY_OR_TEXT,
}


class NegotiateVersionError(RemoteProtocolError):
    """A client asked for a `negotiateVersion` that is not served; the text goes into the answer's `error`."""


class AvailableTransport(Struct, frozen=True, rename="camel"):
    """One transport that a client may choose, and what it carries."""

    transport: TransportType
    transfer_formats: tuple[TransferFormat, ...]


_AVAILABLE: Final = {transport: AvailableTransport(transport, _FORMATS[transport]) for transport in TransportType}


class NegotiateResponse(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """The answer to `negotiate`; its members stand in the reference's order, and absent ones are left out.

    Use `connection`, `redirect` or `failure` to make one.
    """

    error: str | UnsetType = UNSET
    use_stateful_reconnect: bool = False
    negotiate_version: int | UnsetType = UNSET
    url: str | UnsetType = UNSET
    access_token: str | UnsetType = UNSET
    connection_id: str | UnsetType = UNSET
    connection_token: str | UnsetType = UNSET
    token_lifetime_seconds: int | UnsetType = UNSET
    available_transports: tuple[AvailableTransport, ...] | UnsetType = UNSET

    @classmethod
    def connection(
        cls,
        *,
        version: int,
        connection_id: str,
        connection_token: str,
        transports: Collection[TransportType],
        use_stateful_reconnect: bool = False,
        token_lifetime: int | None = None,
    ) -> NegotiateResponse:
        """Return the answer that gives a client its connection.

        Args:
            version: What `parse_negotiate_version` returned.
            connection_id: The public id; a client of version 0 never learns it.
            connection_token: The secret for later requests; a client of version 0 knows it as its connection id.
            transports: Transports that the client may choose; the answer has them in the reference's order.
            use_stateful_reconnect: Whether the client may come back to this connection.
            token_lifetime: Whole seconds after which the client's access token expires; None leaves it out.
        """
        return cls(
            use_stateful_reconnect=use_stateful_reconnect,
            negotiate_version=version,
            connection_id=connection_id if version else connection_token,
            connection_token=connection_token if version else UNSET,
            token_lifetime_seconds=UNSET if token_lifetime is None else token_lifetime,
            available_transports=available_transports(transports),
        )

    @classmethod
    def redirect(cls, url: str, access_token: str | None = None) -> NegotiateResponse:
        """Return the answer that sends a client to another address, where it negotiates again."""
        return cls(
            negotiate_version=0,
            url=url,
            access_token=UNSET if access_token is None else access_token,
            available_transports=(),
        )

    @classmethod
    def failure(cls, error: str) -> NegotiateResponse:
        """Return the answer that refuses a client, in words for its developer."""
        return cls(error=error)

    def encode(self) -> bytes:
        """Return the JSON body of the answer."""
        return msgspec.json.encode(self)


def available_transports(transports: Collection[TransportType]) -> tuple[AvailableTransport, ...]:
    """Return transports with what each carries, in the reference's order."""
    return tuple(_AVAILABLE[transport] for transport in TransportType if transport in transports)


def parse_negotiate_version(text: str | None, minimum: int = 0) -> int:
    """Return the version to answer with.

    Args:
        text: Value of `negotiateVersion` in the query, None when absent, which asks for version 0.
        minimum: Lowest version that is served.

    Raises:
        NegotiateVersionError: The value is no integer, or the version is not served.
    """
    version = 0
    if text is not None:
        match = _INTEGER.fullmatch(text)
        if match is None or (version := int(match[1] + match[2])) not in _INT32:
            raise NegotiateVersionError("The client requested a non-integer protocol version.")
    if version < minimum:
        raise NegotiateVersionError(
            f"The client requested version '{version}', but the server does not support this version."
        )
    return min(version, HIGHEST_NEGOTIATE_VERSION)


def parse_stateful_reconnect(text: str | None) -> bool:
    """Return whether `useStatefulReconnect` in the query says yes: the word `true`, in any case; None when absent."""
    return text is not None and text.strip(" \t\n\v\f\r\0").lower() == "true"
