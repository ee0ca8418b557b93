"""Options of a server, a hub and an endpoint, under the reference's names in snake case."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, Self, TypeAlias, final

from signalr_py.option_checks import (
    check_callable,
    check_choice,
    check_count,
    check_flag,
    check_kind,
    check_seconds,
    check_word,
    members_of,
)
from signalr_py.types import TransportType

__all__ = [
    "HttpConnectionOptions",
    "HubOptions",
    "JsonPayload",
    "MessagePackPayload",
    "Naming",
    "SlowClientDefault",
    "SubprotocolSelector",
]

Naming: TypeAlias = Literal["as_declared", "camel", "pascal"]

SlowClientDefault: TypeAlias = Literal["disconnect", "drop_oldest", "drop_new"]
"""What may happen to any message: the policies that need neither a key nor a sender who can wait."""

SubprotocolSelector: TypeAlias = Callable[[Sequence[str]], str | None]
"""Picks one of the subprotocols that a client offers, or None when none of them will do."""

_NAMINGS: Final = ("as_declared", "camel", "pascal")
_PROTOCOLS: Final = ("json", "messagepack")


class _InheritedOptions:
    """Options that remember which of their members were given, so that the others can come from elsewhere."""

    _given: frozenset[str]

    def __new__(cls, *_: object, **given: object) -> Self:
        self = super().__new__(cls)
        object.__setattr__(self, "_given", frozenset(given))
        return self

    def with_defaults(self, defaults: Self) -> Self:
        """Return options in which every member that was not given has its value from others.

        Members count as given when they were named in the call that made the object, whatever their value;
        `dataclasses.replace` names all of them.

        Args:
            defaults: The others. What was given there counts as given in the result.
        """
        given = {name: getattr(source, name) for source in (defaults, self) for name in source._given}
        return type(self)(**given)


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
        check_word(self, "naming", _NAMINGS)
        check_word(self, "decimals", ("number", "string"))
        check_word(self, "enums", ("value", "name"))


@dataclass(frozen=True, kw_only=True)
class MessagePackPayload:
    """How arguments and results are spelled in MessagePack; the attributes are those of `JsonPayload`."""

    naming: Naming = "as_declared"
    decimals: Literal["number", "string"] = "string"
    enums: Literal["value", "name"] = "value"

    def __post_init__(self) -> None:
        check_word(self, "naming", _NAMINGS)
        check_word(self, "decimals", ("number", "string"))
        check_word(self, "enums", ("value", "name"))


@final
@dataclass(frozen=True, kw_only=True)
class HubOptions(_InheritedOptions):
    """Options of a hub; given to `SignalR` they hold for every hub, given to `map_hub` for that one.

    A hub inherits from `SignalR` what its own options do not name.

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
        maximum_streams_per_client: How many streams one connection may have open at once, in both directions together,
            and how many of its calls may wait for clients' answers; None for no limit.
        client_result_timeout: Seconds in which a client must answer a call of the server; may be infinite.
        stateful_reconnect_buffer_size: Bytes kept for a client that may come back.
        slow_client_policy: What happens to messages of `send` when as much waits for a client as
            `HttpConnectionOptions(maximum_send_buffer_size=..., maximum_send_buffer_messages=...)` allow, unless the
            call says otherwise: `disconnect` the client, `drop_oldest` or `drop_new`. Answers and items of streams are
            never dropped.
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
    maximum_streams_per_client: int | None = 1_000
    client_result_timeout: float = 30
    stateful_reconnect_buffer_size: int = 100_000
    slow_client_policy: SlowClientDefault = "disconnect"
    json: JsonPayload = field(default_factory=JsonPayload)
    messagepack: MessagePackPayload = field(default_factory=MessagePackPayload)

    def __post_init__(self) -> None:
        check_seconds(self, "handshake_timeout", "keep_alive_interval", "client_timeout_interval")
        check_seconds(self, "client_result_timeout", can_be_endless=True)
        check_count(self, "bytes", "maximum_receive_message_size", can_be_none=True)
        check_count(self, "calls", "maximum_parallel_invocations_per_client")
        check_count(self, "items", "stream_buffer_capacity")
        check_count(self, "streams", "maximum_streams_per_client", can_be_none=True)
        check_count(self, "bytes", "stateful_reconnect_buffer_size")
        check_flag(self, "enable_detailed_errors")
        check_word(self, "slow_client_policy", ("disconnect", "drop_oldest", "drop_new"))
        check_kind(self, "json", JsonPayload)
        check_kind(self, "messagepack", MessagePackPayload)
        protocols = members_of(self, "supported_protocols", str, _PROTOCOLS, f"of {_PROTOCOLS}")
        object.__setattr__(self, "supported_protocols", protocols)


@final
@dataclass(frozen=True, kw_only=True)
class HttpConnectionOptions(_InheritedOptions):
    """Options of a mapped hub's HTTP surface; ASP.NET Core's `HttpConnectionDispatcherOptions`.

    Given to `SignalR` they hold for every hub, given to `map_hub` for that one, which inherits what they do not name.

    Attributes:
        transports: Transports that a client may use.
        minimum_protocol_version: Lowest `negotiateVersion` that is served.
        poll_timeout: Seconds after which a long poll without data is answered empty; clients give up after 100.
        disconnect_timeout: Seconds that a connection may be without a request of its client.
        transport_send_timeout: Seconds that one write to the client may take; may be infinite.
        application_max_buffer_size: Bytes at which reading stops, of those that come while the hub cannot start the
            client's next call. Until then a client that leaves is noticed, and POST requests are answered. 0 for no
            limit.
        transport_max_buffer_size: Bytes waiting to be sent at which senders that can wait are held back. 0 for no
            limit.
        maximum_send_buffer_size: Bytes waiting to be sent at which a client that does not read is disconnected.
        maximum_send_buffer_messages: The same, as a number of messages.
        maximum_connections: How many connections the hub holds at once; another one is answered 503. None for no limit.
        maximum_pending_handshakes: How many of them may be without a finished handshake. None for no limit.
        close_on_authentication_expiration: Whether a connection ends when the token it was opened with does.
        enable_authentication_refresh: Whether a client may hand in a new token while its connection goes on.
        allow_stateful_reconnects: Whether a client may come back to its connection.
        websocket_close_timeout: Seconds that the client's side of a WebSocket may take to close after the server's.
        websocket_subprotocol_selector: Picks the subprotocol of a WebSocket among those that the client offers, which
            are one or more; None when none of them will do.
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
    enable_authentication_refresh: bool = False
    allow_stateful_reconnects: bool = False
    websocket_close_timeout: float = 5
    websocket_subprotocol_selector: SubprotocolSelector | None = None

    def __post_init__(self) -> None:
        check_seconds(self, "poll_timeout", "disconnect_timeout", "websocket_close_timeout")
        check_seconds(self, "transport_send_timeout", can_be_endless=True)
        check_count(self, "bytes", "application_max_buffer_size", "transport_max_buffer_size", zero_is_endless=True)
        check_count(self, "bytes", "maximum_send_buffer_size")
        check_count(self, "messages", "maximum_send_buffer_messages")
        check_count(self, "connections", "maximum_connections", "maximum_pending_handshakes", can_be_none=True)
        check_choice(self, "minimum_protocol_version", (0, 1))
        check_flag(
            self, "close_on_authentication_expiration", "enable_authentication_refresh", "allow_stateful_reconnects"
        )
        check_callable(self, "websocket_subprotocol_selector", "a plain callable, not an `async def`, or None")
        transports = members_of(self, "transports", TransportType, tuple(TransportType), "members of TransportType")
        object.__setattr__(self, "transports", transports)
