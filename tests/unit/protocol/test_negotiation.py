from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalr_py.protocol.negotiation import (
    NegotiateResponse,
    NegotiateVersionError,
    available_transports,
    parse_negotiate_version,
    parse_stateful_reconnect,
)
from signalr_py.types import TransportType

ALL = (
    '[{"transport":"WebSockets","transferFormats":["Text","Binary"]},'
    '{"transport":"ServerSentEvents","transferFormats":["Text"]},'
    '{"transport":"LongPolling","transferFormats":["Text","Binary"]}]'
)


def connection(version: int, *, stateful: bool = False, lifetime: int | None = None) -> str:
    answer = NegotiateResponse.connection(
        version=version,
        connection_id="id",
        connection_token="token",
        transports=tuple(TransportType),
        use_stateful_reconnect=stateful,
        token_lifetime=lifetime,
    )
    return answer.encode().decode()


def test_version_1_has_the_id_and_the_token() -> None:
    assert connection(1) == (
        '{"negotiateVersion":1,"connectionId":"id","connectionToken":"token","availableTransports":' + ALL + "}"
    )


def test_version_0_has_the_token_for_an_id() -> None:
    assert connection(0) == '{"negotiateVersion":0,"connectionId":"token","availableTransports":' + ALL + "}"


def test_stateful_reconnect_comes_first() -> None:
    assert connection(1, stateful=True).startswith('{"useStatefulReconnect":true,"negotiateVersion":1,')


@pytest.mark.parametrize("version", [0, 1])
@pytest.mark.parametrize("lifetime", [0, 3600])
def test_the_lifetime_of_the_access_token_stands_before_the_transports(version: int, lifetime: int) -> None:
    answer = connection(version, lifetime=lifetime)
    assert f'"token","tokenLifetimeSeconds":{lifetime},"availableTransports":[' in answer


def test_a_refusal_has_nothing_but_its_reason() -> None:
    assert NegotiateResponse.failure("no").encode() == b'{"error":"no"}'


@pytest.mark.parametrize(("token", "member"), [(None, ""), ("t", '"accessToken":"t",')])
def test_a_redirect_has_a_url_and_perhaps_a_token(token: str | None, member: str) -> None:
    answer = NegotiateResponse.redirect("https://example.org/hub", token).encode().decode()
    assert answer == ('{"negotiateVersion":0,"url":"https://example.org/hub",' + member + '"availableTransports":[]}')


@pytest.mark.parametrize("stateful", [True, False])
@pytest.mark.parametrize("version", [0, 1])
def test_no_member_is_null(version: int, stateful: bool) -> None:
    assert None not in json.loads(connection(version, stateful=stateful)).values()


def test_transports_are_in_the_order_of_the_reference() -> None:
    chosen = (TransportType.LONG_POLLING, TransportType.WEB_SOCKETS)
    assert [available.transport for available in available_transports(chosen)] == [
        TransportType.WEB_SOCKETS,
        TransportType.LONG_POLLING,
    ]
    assert available_transports(()) == ()


@pytest.mark.parametrize(
    ("text", "version"),
    [(None, 0), ("0", 0), ("1", 1), ("2", 1), ("2147483647", 1), (" +1\t", 1), ("-0", 0), ("0" * 30 + "1", 1)],
)
def test_a_version_is_an_integer_and_1_at_most(text: str | None, version: int) -> None:
    assert parse_negotiate_version(text) == version


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "one",
        "1.0",
        "1_0",
        "0x1",
        "2147483648",
        "-2147483649",
        "1,1",
        "\N{ARABIC-INDIC DIGIT ONE}",
        "1" * 5000,
        "+-1",
        "- 1",
    ],
)
def test_a_version_that_is_no_integer_is_refused(text: str) -> None:
    with pytest.raises(NegotiateVersionError) as raised:
        parse_negotiate_version(text)
    assert str(raised.value) == "The client requested a non-integer protocol version."


@pytest.mark.parametrize(
    ("text", "minimum", "shown"), [("-1", 0, "-1"), ("0", 1, "0"), (None, 1, "0"), ("-7", 1, "-7")]
)
def test_a_version_that_is_not_served_is_refused(text: str | None, minimum: int, shown: str) -> None:
    with pytest.raises(NegotiateVersionError) as raised:
        parse_negotiate_version(text, minimum)
    assert str(raised.value) == (
        f"The client requested version '{shown}', but the server does not support this version."
    )


@given(st.text())
def test_any_text_gives_a_version_or_the_error(text: str) -> None:
    with contextlib.suppress(NegotiateVersionError):
        assert parse_negotiate_version(text) in (0, 1)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        *((None, False), ("true", True), ("True", True), (" TRUE\t", True), ("true\0", True)),
        *(("false", False), ("1", False), ("yes", False), ("", False), ("true true", False)),
    ],
)
def test_stateful_reconnect_is_asked_for_by_a_word(text: str | None, wanted: bool) -> None:
    assert parse_stateful_reconnect(text) is wanted
