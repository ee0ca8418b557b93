from __future__ import annotations

import dataclasses
import sys
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from signalr_py import HttpConnectionOptions, HubOptions, JsonPayload, MessagePackPayload, OptionsError, TransportType

SECONDS = "a number of seconds greater than 0, up to 1000000000"
INFINITY, NOT_A_NUMBER = float("inf"), float("nan")
HUGE = 10**400
MOST = sys.maxsize


def test_the_defaults_are_those_of_the_reference() -> None:
    options = HubOptions()
    assert (options.handshake_timeout, options.keep_alive_interval, options.client_timeout_interval) == (15, 15, 30)
    assert options.supported_protocols == ("json", "messagepack")
    assert options.maximum_receive_message_size == 32_768
    assert options.enable_detailed_errors is False
    assert options.maximum_parallel_invocations_per_client == 1
    assert options.stream_buffer_capacity == 10
    assert (options.maximum_streams_per_client, options.client_result_timeout) == (1_000, 30)
    assert options.stateful_reconnect_buffer_size == 100_000
    http = HttpConnectionOptions()
    assert http.transports == (
        TransportType.WEB_SOCKETS,
        TransportType.SERVER_SENT_EVENTS,
        TransportType.LONG_POLLING,
    )
    assert (http.poll_timeout, http.disconnect_timeout, http.transport_send_timeout) == (90, 15, 10)
    assert http.application_max_buffer_size == http.transport_max_buffer_size == 65_536
    assert (http.minimum_protocol_version, http.maximum_connections) == (0, None)
    assert http.close_on_authentication_expiration is http.allow_stateful_reconnects is False
    assert http.enable_authentication_refresh is False
    assert (http.websocket_close_timeout, http.websocket_subprotocol_selector) == (5, None)


def test_decimals_are_numbers_in_json_and_text_in_messagepack() -> None:
    assert (JsonPayload().decimals, MessagePackPayload().decimals) == ("number", "string")
    assert HubOptions().json == JsonPayload()
    assert HubOptions().messagepack == MessagePackPayload()


@pytest.mark.parametrize("options", [HubOptions(), HttpConnectionOptions(), JsonPayload(), MessagePackPayload()])
def test_options_are_frozen(options: Any) -> None:
    name = dataclasses.fields(options)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(options, name, 1)


def whole(unit: str, also: str = "") -> str:
    return f"a whole number of {unit} from 1 to {MOST}{also}"


BYTES = whole("bytes")
BUFFER = whole("bytes", ", or 0 for no limit")
PROTOCOLS = "a tuple of one or more of ('json', 'messagepack')"
CONNECTIONS = whole("connections", ", or None")
TRANSPORTS = "a tuple of one or more members of TransportType"
FLAG = "True or False"
NOT_FLAGS: tuple[Any, ...] = (0, 1, None, "yes", [])
SELECTOR = "a plain callable, not an `async def`, or None"


async def select_later(offered: Any) -> None:
    raise AssertionError


REFUSED: list[tuple[type, str, str, tuple[Any, ...]]] = [
    (HubOptions, "handshake_timeout", SECONDS, (0, -1, "5", None, True, INFINITY, NOT_A_NUMBER, HUGE, 10**9 + 1)),
    (HubOptions, "keep_alive_interval", SECONDS, (0, -1, "5", None, INFINITY, 1e300, Decimal(5))),
    (HubOptions, "client_timeout_interval", SECONDS, (0, -1, "5", None, INFINITY, timedelta(seconds=5))),
    (HubOptions, "client_result_timeout", f"{SECONDS}, or infinity", (0, None, NOT_A_NUMBER, -INFINITY, HUGE)),
    (HubOptions, "maximum_receive_message_size", f"{BYTES}, or None", (0, -1, 1.5, "1", True, MOST + 1)),
    (HubOptions, "maximum_parallel_invocations_per_client", whole("calls"), (0, None, 1.0, True)),
    (HubOptions, "maximum_streams_per_client", whole("streams", ", or None"), (0, 1.0, True, INFINITY)),
    (HubOptions, "stream_buffer_capacity", whole("items"), (0, None)),
    (HubOptions, "stateful_reconnect_buffer_size", BYTES, (0, None)),
    (HubOptions, "supported_protocols", PROTOCOLS, ((), None, "json", ("json", "xml"), 5, ([],), b"json", {})),
    (HubOptions, "enable_detailed_errors", FLAG, NOT_FLAGS),
    (
        *(HubOptions, "slow_client_policy", "one of 'disconnect', 'drop_oldest', 'drop_new'"),
        ("latest", "wait", "drop", None, True, []),
    ),
    (HubOptions, "json", "a JsonPayload", ("camel", None, MessagePackPayload())),
    (HubOptions, "messagepack", "a MessagePackPayload", ("camel", None, JsonPayload())),
    (HttpConnectionOptions, "poll_timeout", SECONDS, (0, -0.5, None, INFINITY)),
    (HttpConnectionOptions, "disconnect_timeout", SECONDS, (0, None, INFINITY, NOT_A_NUMBER, -INFINITY, HUGE)),
    (HttpConnectionOptions, "websocket_close_timeout", SECONDS, (0, None, INFINITY)),
    (HttpConnectionOptions, "transport_send_timeout", f"{SECONDS}, or infinity", (0, None, NOT_A_NUMBER, -INFINITY)),
    (HttpConnectionOptions, "application_max_buffer_size", BUFFER, (-1, None, 0.0, False)),
    (HttpConnectionOptions, "transport_max_buffer_size", BUFFER, (-1, None, INFINITY)),
    (HttpConnectionOptions, "maximum_send_buffer_size", BYTES, (0, None)),
    (HttpConnectionOptions, "maximum_send_buffer_messages", whole("messages"), (0, None)),
    (HttpConnectionOptions, "maximum_connections", CONNECTIONS, (0, "1")),
    (HttpConnectionOptions, "maximum_pending_handshakes", CONNECTIONS, (0, 2.5)),
    (HttpConnectionOptions, "minimum_protocol_version", "0 or 1", (-1, 2, None, True, 1.0)),
    (HttpConnectionOptions, "close_on_authentication_expiration", FLAG, NOT_FLAGS),
    (HttpConnectionOptions, "enable_authentication_refresh", FLAG, NOT_FLAGS),
    (HttpConnectionOptions, "allow_stateful_reconnects", FLAG, NOT_FLAGS),
    (HttpConnectionOptions, "websocket_subprotocol_selector", SELECTOR, ("v1", ("v1",), select_later)),
    (
        *(HttpConnectionOptions, "transports", TRANSPORTS),
        ((), None, TransportType.WEB_SOCKETS, "WebSockets", ("WebSockets",)),
    ),
    (JsonPayload, "naming", "one of 'as_declared', 'camel', 'pascal'", ("snake", None, [])),
    (JsonPayload, "decimals", "one of 'number', 'string'", ("float", None)),
    (JsonPayload, "enums", "one of 'value', 'name'", ("text", None)),
    (MessagePackPayload, "naming", "one of 'as_declared', 'camel', 'pascal'", ("snake", None)),
    (MessagePackPayload, "decimals", "one of 'number', 'string'", ("float", None)),
    (MessagePackPayload, "enums", "one of 'value', 'name'", ("text", None)),
]


def test_every_member_is_checked() -> None:
    members = {(kind, field.name) for kind in (HubOptions, HttpConnectionOptions) for field in dataclasses.fields(kind)}
    assert members <= {(kind, name) for kind, name, _, _ in REFUSED}


@pytest.mark.parametrize(("kind", "name", "allowed", "values"), REFUSED)
def test_a_value_that_is_not_allowed_is_named_with_what_is(
    kind: Any, name: str, allowed: str, values: tuple[Any, ...]
) -> None:
    for value in values:
        with pytest.raises(OptionsError) as caught:
            kind(**{name: value})
        shown = repr(value) if value is not HUGE else "1" + "0" * 199 + "..."
        assert str(caught.value) == f"{kind.__name__}({name}={shown}): allowed is {allowed}."
        assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        (HubOptions, "handshake_timeout", 0.1),
        (HubOptions, "keep_alive_interval", 10**9),
        (HubOptions, "client_result_timeout", INFINITY),
        (HubOptions, "maximum_receive_message_size", None),
        (HubOptions, "maximum_receive_message_size", 1),
        (HubOptions, "maximum_streams_per_client", None),
        (HubOptions, "stateful_reconnect_buffer_size", MOST),
        (HubOptions, "supported_protocols", ("messagepack",)),
        (HubOptions, "enable_detailed_errors", True),
        (HubOptions, "json", JsonPayload(naming="camel")),
        (HttpConnectionOptions, "transport_send_timeout", INFINITY),
        (HttpConnectionOptions, "application_max_buffer_size", 0),
        (HttpConnectionOptions, "transport_max_buffer_size", 0),
        (HttpConnectionOptions, "transports", (TransportType.LONG_POLLING,)),
        (HttpConnectionOptions, "maximum_connections", None),
        (HttpConnectionOptions, "maximum_pending_handshakes", None),
        (HttpConnectionOptions, "minimum_protocol_version", 1),
        (HttpConnectionOptions, "websocket_subprotocol_selector", max),
        (JsonPayload, "enums", "name"),
    ],
)
def test_a_value_that_is_allowed(kind: Any, name: str, value: Any) -> None:
    assert getattr(kind(**{name: value}), name) == value


def test_collections_are_kept_as_tuples_without_repetitions() -> None:
    given = ["messagepack", "json", "json"]
    options = HubOptions(supported_protocols=given)  # type: ignore[arg-type]
    given.clear()
    assert options.supported_protocols == ("messagepack", "json")
    transports = {TransportType.LONG_POLLING: 1}
    assert HttpConnectionOptions(transports=transports).transports == (  # type: ignore[arg-type]
        TransportType.LONG_POLLING,
    )


def test_options_have_names() -> None:
    with pytest.raises(TypeError, match=r"^HubOptions\.__init__\(\) takes 1 positional argument"):
        HubOptions(15)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"^HubOptions\.__init__\(\) got an unexpected keyword argument 'ping'"):
        HubOptions(ping=15)  # type: ignore[call-arg]
