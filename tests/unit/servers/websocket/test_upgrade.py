"""The opening handshake, against the client of the `websockets` library and against what HTTP forbids."""

from __future__ import annotations

from http.client import HTTPResponse
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.datastructures import Headers
from websockets.http11 import Response
from websockets.protocol import State
from websockets.uri import parse_uri

from signalr_py.servers.websocket.upgrade import (
    UpgradeRefusal,
    UpgradeRequest,
    accept_response,
    parse_request,
    refuse_response,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

_KEY = b"dGhlIHNhbXBsZSBub25jZQ=="
_GOOD = (
    (b"host", b"example.com"),
    (b"upgrade", b"websocket"),
    (b"connection", b"Upgrade"),
    (b"sec-websocket-key", _KEY),
    (b"sec-websocket-version", b"13"),
)


def _request(
    *headers: tuple[bytes, bytes], without: bytes = b"", line: bytes = b"GET /chat?id=1 HTTP/1.1", end: bytes = b"\r\n"
) -> bytes:
    given_headers = [header for header in _GOOD if header[0] != without] + list(headers)
    return line + b"\r\n" + b"".join(name + b": " + value + b"\r\n" for name, value in given_headers) + end


def _accepted(data: bytes) -> UpgradeRequest:
    parsed = parse_request(data)
    assert isinstance(parsed, UpgradeRequest), parsed
    return parsed


def _refused(data: bytes) -> UpgradeRefusal:
    parsed = parse_request(data)
    assert isinstance(parsed, UpgradeRefusal), parsed
    return parsed


class _Socket:
    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, _mode: str) -> BytesIO:
        return BytesIO(self._data)


def _response(data: bytes) -> tuple[HTTPResponse, bytes]:
    response = HTTPResponse(_Socket(data))  # type: ignore[arg-type]
    response.begin()
    return response, response.read()


def test_a_request_is_read() -> None:
    request = _accepted(_request((b"Cookie", b"a=1"), (b"cookie", b"b=2")))

    assert request == UpgradeRequest(
        target=b"/chat?id=1",
        headers=[*_GOOD, (b"cookie", b"a=1"), (b"cookie", b"b=2")],
        key=_KEY,
        subprotocols=[],
        extensions="",
    )


def test_the_answer_proves_that_the_key_was_read() -> None:
    response = accept_response(_accepted(_request()))

    assert response == (
        b"HTTP/1.1 101 Switching Protocols\r\n"
        b"upgrade: websocket\r\n"
        b"connection: Upgrade\r\n"
        b"sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
        b"\r\n"
    )


_path = st.text("abc/%20~-", max_size=20).map(lambda text: "/" + text)
_words = st.text("abcXYZ019-._~", min_size=1, max_size=8)


@given(
    path=_path,
    query=st.text("abc=&%41", max_size=30),
    subprotocols=st.lists(_words, max_size=3, unique=True),
    chosen=st.integers(0, 5),
    cookies=st.lists(_words, max_size=3),
    headers=st.lists(st.tuples(_words, _words), max_size=3),
)
def test_a_client_gets_its_websocket(
    path: str,
    query: str,
    subprotocols: list[str],
    chosen: int,
    cookies: list[str],
    headers: list[tuple[str, str]],
) -> None:
    client = ClientProtocol(parse_uri(f"ws://host{path}?{query}"), subprotocols=list(subprotocols) or None)  # type: ignore[arg-type]
    asked = client.connect()
    for cookie in cookies:
        asked.headers["Cookie"] = cookie
    client.send_request(asked)

    request = _accepted(b"".join(client.data_to_send()))

    assert request.target.decode() == f"{path}?{query}".removesuffix("?")
    assert request.subprotocols == subprotocols
    assert [value.decode() for name, value in request.headers if name == b"cookie"] == cookies
    subprotocol = subprotocols[chosen % len(subprotocols)] if subprotocols else None
    extra = [(f"x-{name}".encode(), value.encode()) for name, value in headers]
    client.receive_data(accept_response(request, headers=extra, subprotocol=subprotocol))
    (answer,) = client.events_received()
    assert client.state is State.OPEN
    assert client.subprotocol == subprotocol
    assert isinstance(answer, Response)
    assert [header for header in answer.headers.raw_items() if header[0].startswith("x-")] == [
        (f"x-{name}", value) for name, value in headers
    ]


@pytest.mark.parametrize(
    ("target", "found"),
    [
        (b"/", b"/"),
        (b"//double?a=?", b"//double?a=?"),
        (b"ws://example.com/chat?x=1", b"/chat?x=1"),
        (b"HTTPS://example.com:8080", b"/"),
        (b"http://example.com?x=1", b"/?x=1"),
    ],
)
def test_the_host_is_no_part_of_the_target(target: bytes, found: bytes) -> None:
    assert _accepted(_request(line=b"GET " + target + b" HTTP/1.1")).target == found


@pytest.mark.parametrize("values", [[b"keep-alive, Upgrade"], [b"upgrade"], [b"keep-alive", b"UPGRADE,"]])
def test_the_connection_header_may_say_more(values: list[bytes]) -> None:
    headers = [(b"connection", value) for value in values]

    assert _accepted(_request(*headers, without=b"connection")).key == _KEY


def test_the_upgrade_header_is_read_in_any_case() -> None:
    assert _accepted(_request((b"upgrade", b"WebSocket"), without=b"upgrade")).key == _KEY


def test_subprotocols_and_extensions_are_joined() -> None:
    request = _accepted(
        _request(
            (b"sec-websocket-protocol", b"one, two"),
            (b"sec-websocket-extensions", b"permessage-deflate; client_max_window_bits"),
            (b"sec-websocket-protocol", b" three,,"),
            (b"sec-websocket-extensions", b"x-other"),
        )
    )

    assert request.subprotocols == ["one", "two", "three"]
    assert request.extensions == "permessage-deflate; client_max_window_bits, x-other"


def test_values_may_hold_any_other_byte() -> None:
    request = _accepted(_request((b"x-name", b"caf\xe9\t\xff"), (b"x-empty", b"")))

    assert request.headers[-2:] == [(b"x-name", b"caf\xe9\t\xff"), (b"x-empty", b"")]


def test_a_long_query_and_large_headers_are_read() -> None:
    token = b"t" * 16_384

    request = _accepted(_request((b"cookie", b"c" * 60_000), line=b"GET /hub?access_token=" + token + b" HTTP/1.1"))

    assert request.target == b"/hub?access_token=" + token
    assert request.headers[-1] == (b"cookie", b"c" * 60_000)


@pytest.mark.parametrize(
    ("data", "status", "reason"),
    [
        (_request(without=b"connection"), 426, "The Connection header does not say Upgrade."),
        (_request((b"connection", b"keep-alive"), without=b"connection"), 426, "Connection"),
        (_request(without=b"upgrade"), 426, "The Upgrade header does not say websocket."),
        (_request((b"upgrade", b"h2c"), without=b"upgrade"), 426, "Upgrade"),
        (_request((b"upgrade", b"h2c")), 426, "Upgrade"),
        (_request(without=b"sec-websocket-version"), 400, "Sec-WebSocket-Version"),
        (_request((b"sec-websocket-version", b"8"), without=b"sec-websocket-version"), 426, "Sec-WebSocket-Version"),
        (_request((b"sec-websocket-version", b"13")), 426, "Sec-WebSocket-Version"),
        (_request(without=b"sec-websocket-key"), 400, "Sec-WebSocket-Key"),
        (_request((b"sec-websocket-key", _KEY)), 400, "Sec-WebSocket-Key"),
        (_request((b"sec-websocket-key", b""), without=b"sec-websocket-key"), 400, "Sec-WebSocket-Key"),
        (_request((b"sec-websocket-key", b"a" * 24), without=b"sec-websocket-key"), 400, "Sec-WebSocket-Key"),
        (_request((b"sec-websocket-key", _KEY + b"!"), without=b"sec-websocket-key"), 400, "Sec-WebSocket-Key"),
        (_request((b"sec-websocket-protocol", b"a b")), 400, "Sec-WebSocket-Protocol"),
        (_request((b"sec-websocket-protocol", b"\xe9")), 400, "Sec-WebSocket-Protocol"),
        (_request(line=b"POST / HTTP/1.1"), 405, "GET"),
        (_request(line=b"GET / HTTP/1.0"), 400, "HTTP/1.1"),
        (_request(line=b"GET  / HTTP/1.1"), 400, "HTTP/1.1"),
        (_request(line=b"GET * HTTP/1.1"), 400, "path"),
        (_request(line=b"GET /caf\xc3\xa9 HTTP/1.1"), 400, "path"),
        (_request((b"x y", b"z")), 400, "header"),
        (_request((b" folded", b"z")), 400, "header"),
        (_request((b"", b"z")), 400, "header"),
        (_request((b"x", b"y\nz: 1")), 400, "header"),
        (_request((b"x", b"y\rz")), 400, "header"),
        (_request((b"x", b"\x00")), 400, "header"),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400, "header"),
        (_request(end=b""), 400, "end"),
        (b"\r\n\r\n", 400, "HTTP/1.1"),
        (b"", 400, "end"),
    ],
)
def test_a_request_that_is_not_in_order_is_refused(data: bytes, status: int, reason: str) -> None:
    refusal = _refused(data)

    assert refusal.status == status
    assert reason in refusal.reason


def test_a_refused_version_is_told_the_right_one() -> None:
    refusal = _refused(_request((b"sec-websocket-version", b"8"), without=b"sec-websocket-version"))

    response, body = _response(refusal.response([(b"server", b"uvicorn"), (b"date", b"today")]))

    assert response.status == 426
    assert response.reason == "Upgrade Required"
    assert response.getheaders() == [
        ("server", "uvicorn"),
        ("date", "today"),
        ("sec-websocket-version", "13"),
        ("upgrade", "websocket"),
        ("connection", "close, Upgrade"),
        ("content-type", "text/plain; charset=utf-8"),
        ("content-length", str(len(body))),
    ]
    assert body.decode() == refusal.reason + "\n"


def test_a_refused_method_is_told_the_right_one() -> None:
    response, _ = _response(_refused(_request(line=b"POST / HTTP/1.1")).response())

    assert (response.status, response.getheader("allow"), response.getheader("connection")) == (405, "GET", "close")


@given(data=st.binary(max_size=200) | st.binary(max_size=40).map(lambda junk: _request((b"x", junk))))
def test_any_bytes_are_a_request_or_a_refusal(data: bytes) -> None:
    parsed = parse_request(data)

    if isinstance(parsed, UpgradeRefusal):
        assert _response(parsed.response())[0].status == parsed.status
    else:
        assert accept_response(parsed).startswith(b"HTTP/1.1 101 ")


def test_extensions_agreed_on_are_told() -> None:
    response = accept_response(_accepted(_request()), extensions="permessage-deflate; server_no_context_takeover")

    assert b"\r\nsec-websocket-extensions: permessage-deflate; server_no_context_takeover\r\n" in response


_INJECTIONS: Sequence[tuple[bytes, bytes]] = [
    (b"x", b"a\r\nset-cookie: b=1"),
    (b"x", b"a\nb"),
    (b"x", b"a\rb"),
    (b"x", b"a\x00"),
    (b"x\r\ny", b"a"),
    (b"x: y\r\nz", b"a"),
    (b"x\n", b"a"),
    (b"", b"a"),
    (b"x y", b"a"),
    (b"\xe9", b"a"),
]


@pytest.mark.parametrize("header", _INJECTIONS)
def test_a_header_cannot_bring_others_in(header: tuple[bytes, bytes]) -> None:
    with pytest.raises(ValueError, match=r"(of|in) the response"):
        accept_response(_accepted(_request()), headers=[header])
    with pytest.raises(ValueError, match=r"(of|in) the response"):
        refuse_response(403, [header], b"")


@pytest.mark.parametrize("subprotocol", ["a\r\nb: c", "a,b", "", "ä", "€"])
def test_a_subprotocol_cannot_bring_headers_in(subprotocol: str) -> None:
    with pytest.raises(ValueError, match="subprotocol is a token"):
        accept_response(_accepted(_request()), subprotocol=subprotocol)


def test_extensions_cannot_bring_headers_in() -> None:
    with pytest.raises(ValueError, match="sec-websocket-extensions"):
        accept_response(_accepted(_request()), extensions="a\r\nb: c")


@pytest.mark.parametrize("name", [b"Connection", b"upgrade", b"Sec-WebSocket-Accept", b"sec-websocket-extensions"])
def test_the_handshake_has_its_headers_to_itself(name: bytes) -> None:
    with pytest.raises(ValueError, match="is the server's to set"):
        accept_response(_accepted(_request()), headers=[(name, b"x")])


def test_a_refusal_keeps_headers_that_repeat_and_adds_no_content_type() -> None:
    cookies = [(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")]

    response, body = _response(refuse_response(401, [(b"date", b"today"), *cookies], b"no"))

    assert (response.status, response.reason, body) == (401, "Unauthorized", b"no")
    assert response.getheaders() == [
        ("date", "today"),
        ("set-cookie", "a=1"),
        ("set-cookie", "b=2"),
        ("content-length", "2"),
        ("connection", "close"),
    ]


def test_a_refusal_keeps_the_headers_that_it_would_add() -> None:
    response = refuse_response(403, [(b"Content-Length", b"2"), (b"Connection", b"Close")], b"no")

    assert response == b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: Close\r\n\r\nno"


@pytest.mark.parametrize("status", [204, 304])
def test_a_refusal_without_a_body_has_no_length(status: int) -> None:
    response = refuse_response(status, [], b"")

    assert response.endswith(b"\r\nconnection: close\r\n\r\n")
    assert b"content-length" not in response
    with pytest.raises(ValueError, match="no body"):
        refuse_response(status, [], b"body")


def test_a_status_without_a_name_is_sent_as_a_number() -> None:
    assert refuse_response(599, [], b"").startswith(b"HTTP/1.1 599 \r\n")


@pytest.mark.parametrize("status", [0, 100, 101, 199, 600, 1000])
def test_not_every_status_is_a_refusal(status: int) -> None:
    with pytest.raises(ValueError, match=f"status {status}"):
        refuse_response(status, [], b"")


def test_a_length_that_is_not_the_body_s_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="not the 2 bytes"):
        refuse_response(403, [(b"content-length", b"3")], b"no")


def test_a_body_cannot_come_encoded_for_transfer() -> None:
    with pytest.raises(ValueError, match="transfer-encoding"):
        refuse_response(403, [(b"Transfer-Encoding", b"chunked")], b"0\r\n\r\n")


@given(
    status=st.sampled_from([200, 302, 401, 403, 404, 500, 503, 599]),
    headers=st.lists(st.tuples(_words, _words), max_size=4),
    body=st.binary(max_size=200),
)
def test_any_refusal_is_read_by_an_http_client(status: int, headers: list[tuple[str, str]], body: bytes) -> None:
    given_headers = [(f"x-{name}".encode(), value.encode()) for name, value in headers]

    response, received = _response(refuse_response(status, given_headers, body))

    assert (response.status, received) == (status, body)
    found = Headers([header for header in response.getheaders() if header[0].startswith("x-")])
    assert list(found.raw_items()) == [(f"x-{name}", value) for name, value in headers]
