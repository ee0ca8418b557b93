"""Options of a server, a hub and an endpoint, under the reference's names in snake case."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from signalr_py.exceptions import OptionsError
from signalr_py.types import TransportType

__all__ = [
    "HttpConnectionOptions",
    "HubOptions",
    "JsonPayload",
    "MessagePackPayload",
    "Naming",
    "check_shutdown_timeout",
    "origins_of",
    "secret_keys_of",
]

Naming: TypeAlias = Literal["as_declared", "camel", "pascal"]
_NAMINGS = ("as_declared", "camel", "pascal")
_PROTOCOLS = ("json", "messagepack")
_MINIMUM_KEY_LENGTH = 16
_ORIGIN = re.compile(r"\*|[^/*]+://[^/*]+")


def _fail(options: object, name: str, allowed: str) -> None:
    value = getattr(options, name)
    raise OptionsError(f"{type(options).__name__}({name}={value!r}): allowed is {allowed}.")


def _one_of(options: object, name: str, allowed: tuple[str, ...]) -> None:
    if getattr(options, name) not in allowed:
        _fail(options, name, "one of " + ", ".join(repr(a) for a in allowed))


def _some_of(options: object, name: str, allowed: tuple[object, ...], text: str) -> None:
    values = getattr(options, name)
    is_collection = isinstance(values, Collection) and not isinstance(values, str)
    if not is_collection or not values or not all(value in allowed for value in values):
        _fail(options, name, text)


def _seconds(options: object, *names: str, endless: bool = False) -> None:
    for name in names:
        value = getattr(options, name)
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not is_number or not value > 0 or (value == math.inf and not endless):
            _fail(options, name, f"a {'' if endless else 'finite '}number of seconds greater than 0")


def _count(options: object, minimum: int, unit: str, *names: str, optional: bool = False) -> None:
    for name in names:
        value = getattr(options, name)
        if value is None and optional:
            continue
        if not isinstance(value, int) or isinstance(value, bool) or value < minimum:
            _fail(options, name, f"a whole number of {unit}, {minimum} or more" + (", or None" if optional else ""))


@dataclass(frozen=True, kw_only=True)
class JsonPayload:
    """How arguments and results are spelled in JSON.

    Attributes:
        naming: Member names of dataclasses, Structs, attrs classes and Pydantic models: as declared (aliases honoured),
            `camel` or `pascal`. Keys of dictionaries are never changed.
        decimals: `Decimal` as a JSON number or as a string.
        enums: An `Enum` member as its value or as its name.
    """

    naming: Naming = "as_declared"
    decimals: Literal["number", "string"] = "number"
    enums: Literal["value", "name"] = "value"

    def __post_init__(self) -> None:
        _one_of(self, "naming", _NAMINGS)
        _one_of(self, "decimals", ("number", "string"))
        _one_of(self, "enums", ("value", "name"))


@dataclass(frozen=True, kw_only=True)
class MessagePackPayload:
    """How arguments and results are spelled in MessagePack; the attributes are those of `JsonPayload`."""

    naming: Naming = "as_declared"
    decimals: Literal["number", "string"] = "string"
    enums: Literal["value", "name"] = "value"

    def __post_init__(self) -> None:
        _one_of(self, "naming", _NAMINGS)
        _one_of(self, "decimals", ("number", "string"))
        _one_of(self, "enums", ("value", "name"))


@dataclass(frozen=True, kw_only=True)
class HubOptions:
    """Options of a hub; given to `SignalR` they hold for every hub, given to `map_hub` for that one.

    Attributes:
        handshake_timeout: Seconds in which a new connection must finish its handshake.
        keep_alive_interval: Seconds between the server's pings.
        client_timeout_interval: Seconds after which a client that has pinged once and then fell silent is closed.
            Twice the `keep_alive_interval` is customary.
        supported_protocols: Hub protocols that a client may ask for.
        maximum_receive_message_size: Bytes of one incoming message with its framing; None for no limit.
        enable_detailed_errors: Whether the text of any exception, not only of `HubException`, reaches the client.
        maximum_parallel_invocations_per_client: How many calls of one client may run at once; 1 keeps them in order.
        stream_buffer_capacity: Items of an uploaded stream that wait for the hub method.
        stateful_reconnect_buffer_size: Bytes kept for a client that may come back.
        json: How values are spelled in JSON.
        messagepack: How values are spelled in MessagePack.
    """

    handshake_timeout: float = 15
    keep_alive_interval: float = 15
    client_timeout_interval: float = 30
    supported_protocols: tuple[str, ...] = _PROTOCOLS
    maximum_receive_message_size: int | None = 32_768
    enable_detailed_errors: bool = False
    maximum_parallel_invocations_per_client: int = 1
    stream_buffer_capacity: int = 10
    stateful_reconnect_buffer_size: int = 100_000
    json: JsonPayload = field(default_factory=JsonPayload)
    messagepack: MessagePackPayload = field(default_factory=MessagePackPayload)

    def __post_init__(self) -> None:
        _seconds(self, "handshake_timeout", "keep_alive_interval", "client_timeout_interval")
        _count(self, 1, "bytes", "maximum_receive_message_size", optional=True)
        _count(self, 1, "calls", "maximum_parallel_invocations_per_client")
        _count(self, 1, "items", "stream_buffer_capacity")
        _count(self, 1, "bytes", "stateful_reconnect_buffer_size")
        _some_of(self, "supported_protocols", _PROTOCOLS, f"a tuple of one or more of {_PROTOCOLS}")
        for name, kind in (("json", JsonPayload), ("messagepack", MessagePackPayload)):
            if not isinstance(getattr(self, name), kind):
                _fail(self, name, f"a {kind.__name__}")


@dataclass(frozen=True, kw_only=True)
class HttpConnectionOptions:
    """Options of one mapped hub's HTTP surface; the reference's `HttpConnectionDispatcherOptions`.

    Attributes:
        transports: Transports that a client may use.
        minimum_protocol_version: Lowest `negotiateVersion` that is served.
        poll_timeout: Seconds after which a long poll without data is answered empty; clients give up after 100.
        disconnect_timeout: Seconds that a connection may be without a request of its client.
        transport_send_timeout: Seconds that one write to the client may take; may be infinite.
        application_max_buffer_size: Bytes at which reading stops, of those that come while the hub cannot start the
            client's next call. Until then a client that leaves is noticed, and POST requests are answered.
        transport_max_buffer_size: Bytes waiting to be sent at which senders that can wait are held back.
        maximum_send_buffer_size: Bytes waiting to be sent at which a client that does not read is disconnected.
        maximum_send_buffer_messages: The same, as a number of messages.
        maximum_connections: How many connections the hub holds at once; another one is answered 503. None for no limit.
        maximum_pending_handshakes: How many of them may be without a finished handshake. None for no limit.
        close_on_authentication_expiration: Whether a connection ends when the token it was opened with does.
        allow_stateful_reconnects: Whether a client may come back to its connection.
    """

    transports: tuple[TransportType, ...] = tuple(TransportType)
    minimum_protocol_version: int = 0
    poll_timeout: float = 90
    disconnect_timeout: float = 15
    transport_send_timeout: float = 10
    application_max_buffer_size: int = 65_536
    transport_max_buffer_size: int = 65_536
    maximum_send_buffer_size: int = 4_194_304
    maximum_send_buffer_messages: int = 4_096
    maximum_connections: int | None = None
    maximum_pending_handshakes: int | None = 10_000
    close_on_authentication_expiration: bool = False
    allow_stateful_reconnects: bool = False

    def __post_init__(self) -> None:
        _seconds(self, "poll_timeout", "disconnect_timeout")
        _seconds(self, "transport_send_timeout", endless=True)
        _count(self, 1, "bytes", "application_max_buffer_size", "transport_max_buffer_size", "maximum_send_buffer_size")
        _count(self, 1, "messages", "maximum_send_buffer_messages")
        _count(self, 1, "connections", "maximum_connections", "maximum_pending_handshakes", optional=True)
        if self.minimum_protocol_version not in (0, 1):
            _fail(self, "minimum_protocol_version", "0 or 1")
        _some_of(self, "transports", tuple(TransportType), "a tuple of one or more members of TransportType")


def check_shutdown_timeout(value: float) -> None:
    """Check the `shutdown_timeout` of `SignalR`.

    Raises:
        OptionsError: It is no number, or less than 0.
    """
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not value >= 0:
        raise OptionsError(f"SignalR(shutdown_timeout={value!r}): allowed is a number of seconds, 0 or more.")


def origins_of(values: Sequence[str]) -> tuple[str, ...]:
    """Return the `allowed_origins` of `SignalR` in lower case.

    Raises:
        OptionsError: One is not an origin.
    """
    if isinstance(values, str) or not all(isinstance(value, str) and _ORIGIN.fullmatch(value) for value in values):
        raise OptionsError(
            f"SignalR(allowed_origins={values!r}): allowed is a list of origins with a scheme and without a path, "
            'such as ["https://example.org"], or ["*"].'
        )
    return tuple(value.lower() for value in values)


def secret_keys_of(values: Sequence[str], where: str) -> tuple[str, ...]:
    """Return secrets that are long enough.

    Args:
        values: The secrets.
        where: What gave them, for the error text.

    Raises:
        OptionsError: There is none, or one is too short; the text does not show them.
    """
    if isinstance(values, str):
        raise OptionsError(f"{where}: allowed is a list of strings, not one string.")
    if not values or not all(isinstance(value, str) and len(value) >= _MINIMUM_KEY_LENGTH for value in values):
        raise OptionsError(f"{where}: allowed are one or more strings of {_MINIMUM_KEY_LENGTH} characters or more.")
    return tuple(values)
