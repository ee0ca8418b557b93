from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from signalr_py import HttpConnectionOptions, HubOptions, JsonPayload, MessagePackPayload, OptionsError, TransportType
from signalr_py.options import check_shutdown_timeout, origins_of, secret_keys_of

SECONDS = "a finite number of seconds greater than 0"
INFINITY, NOT_A_NUMBER = float("inf"), float("nan")


def test_the_defaults_are_those_of_the_reference() -> None:
    options = HubOptions()
    assert (options.handshake_timeout, options.keep_alive_interval, options.client_timeout_interval) == (15, 15, 30)
    assert options.supported_protocols == ("json", "messagepack")
    assert options.maximum_receive_message_size == 32_768
    assert options.enable_detailed_errors is False
    assert options.maximum_parallel_invocations_per_client == 1
    assert options.stream_buffer_capacity == 10
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


def test_decimals_are_numbers_in_json_and_text_in_messagepack() -> None:
    assert (JsonPayload().decimals, MessagePackPayload().decimals) == ("number", "string")
    assert HubOptions().json == JsonPayload()
    assert HubOptions().messagepack == MessagePackPayload()


@pytest.mark.parametrize("options", [HubOptions(), HttpConnectionOptions(), JsonPayload(), MessagePackPayload()])
def test_options_are_frozen(options: Any) -> None:
    name = dataclasses.fields(options)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(options, name, 1)


BYTES = "a whole number of bytes, 1 or more"
PROTOCOLS = "a tuple of one or more of ('json', 'messagepack')"
CONNECTIONS = "a whole number of connections, 1 or more, or None"
TRANSPORTS = "a tuple of one or more members of TransportType"

REFUSED: list[tuple[type, str, str, tuple[Any, ...]]] = [
    (HubOptions, "handshake_timeout", SECONDS, (0, -1, "5", None, True, INFINITY, NOT_A_NUMBER)),
    (HubOptions, "keep_alive_interval", SECONDS, (0, -1, "5", None, INFINITY)),
    (HubOptions, "client_timeout_interval", SECONDS, (0, -1, "5", None, INFINITY)),
    (HubOptions, "maximum_receive_message_size", f"{BYTES}, or None", (0, -1, 1.5, "1", True)),
    (
        *(HubOptions, "maximum_parallel_invocations_per_client"),
        *("a whole number of calls, 1 or more", (0, None, 1.0, True)),
    ),
    (HubOptions, "stream_buffer_capacity", "a whole number of items, 1 or more", (0, None)),
    (HubOptions, "stateful_reconnect_buffer_size", BYTES, (0, None)),
    (HubOptions, "supported_protocols", PROTOCOLS, ((), None, "json", ("json", "xml"), 5, ([],))),
    (HubOptions, "json", "a JsonPayload", ("camel", None, MessagePackPayload())),
    (HubOptions, "messagepack", "a MessagePackPayload", ("camel", None, JsonPayload())),
    (HttpConnectionOptions, "poll_timeout", SECONDS, (0, -0.5, None, INFINITY)),
    (HttpConnectionOptions, "disconnect_timeout", SECONDS, (0, None, INFINITY, NOT_A_NUMBER, -INFINITY)),
    (
        *(HttpConnectionOptions, "transport_send_timeout"),
        *("a number of seconds greater than 0", (0, None, NOT_A_NUMBER, -INFINITY)),
    ),
    (HttpConnectionOptions, "application_max_buffer_size", BYTES, (0, None)),
    (HttpConnectionOptions, "transport_max_buffer_size", BYTES, (-1, None)),
    (HttpConnectionOptions, "maximum_send_buffer_size", BYTES, (0, None)),
    (HttpConnectionOptions, "maximum_send_buffer_messages", "a whole number of messages, 1 or more", (0, None)),
    (HttpConnectionOptions, "maximum_connections", CONNECTIONS, (0, "1")),
    (HttpConnectionOptions, "maximum_pending_handshakes", CONNECTIONS, (0, 2.5)),
    (HttpConnectionOptions, "minimum_protocol_version", "0 or 1", (-1, 2, None)),
    (
        *(HttpConnectionOptions, "transports", TRANSPORTS),
        ((), None, TransportType.WEB_SOCKETS, "WebSockets", ("WebSockets",)),
    ),
    (JsonPayload, "naming", "one of 'as_declared', 'camel', 'pascal'", ("snake", None)),
    (JsonPayload, "decimals", "one of 'number', 'string'", ("float", None)),
    (JsonPayload, "enums", "one of 'value', 'name'", ("text", None)),
    (MessagePackPayload, "naming", "one of 'as_declared', 'camel', 'pascal'", ("snake", None)),
    (MessagePackPayload, "decimals", "one of 'number', 'string'", ("float", None)),
    (MessagePackPayload, "enums", "one of 'value', 'name'", ("text", None)),
]


@pytest.mark.parametrize(("kind", "name", "allowed", "values"), REFUSED)
def test_a_value_that_is_not_allowed_is_named_with_what_is(
    kind: Any, name: str, allowed: str, values: tuple[Any, ...]
) -> None:
    for value in values:
        with pytest.raises(OptionsError) as caught:
            kind(**{name: value})
        assert str(caught.value) == f"{kind.__name__}({name}={value!r}): allowed is {allowed}."
        assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        (HubOptions, "handshake_timeout", 0.1),
        (HubOptions, "keep_alive_interval", 10**6),
        (HubOptions, "maximum_receive_message_size", None),
        (HubOptions, "maximum_receive_message_size", 1),
        (HubOptions, "supported_protocols", ("messagepack",)),
        (HubOptions, "supported_protocols", ["json", "messagepack"]),
        (HubOptions, "json", JsonPayload(naming="camel")),
        (HttpConnectionOptions, "transport_send_timeout", INFINITY),
        (HttpConnectionOptions, "transports", (TransportType.LONG_POLLING,)),
        (HttpConnectionOptions, "transports", [TransportType.WEB_SOCKETS]),
        (HttpConnectionOptions, "maximum_connections", None),
        (HttpConnectionOptions, "maximum_pending_handshakes", None),
        (HttpConnectionOptions, "minimum_protocol_version", 1),
        (JsonPayload, "enums", "name"),
    ],
)
def test_a_value_that_is_allowed(kind: Any, name: str, value: Any) -> None:
    assert getattr(kind(**{name: value}), name) == value


def test_options_have_names() -> None:
    with pytest.raises(TypeError):
        HubOptions(15)  # type: ignore[call-arg]


@pytest.mark.parametrize("value", [0, 0.5, 5, float("inf")])
def test_a_shutdown_timeout_that_is_allowed(value: float) -> None:
    check_shutdown_timeout(value)


@pytest.mark.parametrize("value", [-1, "5", None, True, float("nan")])
def test_a_shutdown_timeout_that_is_not_allowed(value: Any) -> None:
    with pytest.raises(OptionsError, match=r"^SignalR\(shutdown_timeout=.*\): allowed is a number of seconds, 0 or"):
        check_shutdown_timeout(value)


def test_origins_are_compared_in_lower_case() -> None:
    assert origins_of(["https://Example.org:8443", "http://[::1]:80", "*"]) == (
        "https://example.org:8443",
        "http://[::1]:80",
        "*",
    )
    assert origins_of(()) == ()


def test_secret_keys_stay_in_order_and_are_never_shown() -> None:
    keys = ("a secret of some length", "another secret of some length")
    assert secret_keys_of(list(keys), "here") == keys
    with pytest.raises(OptionsError) as caught:
        secret_keys_of([keys[0], "hunter2"], "here")
    assert str(caught.value) == "here: allowed are one or more strings of 16 characters or more."
