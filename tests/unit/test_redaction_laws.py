"""Laws of redaction: a secret never survives, and whatever is logged, the record still formats."""

from __future__ import annotations

import json
import logging
import logging.config
import sys
from typing import Any
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st
from uvicorn.logging import AccessFormatter

from signalr_py.redaction import PLACEHOLDER, RedactTokens, redact

ACCESS = '%(client_addr)s - "%(request_line)s" %(status_code)s'


def record(message: Any, *arguments: Any, level: int = logging.INFO, **attributes: Any) -> logging.LogRecord:
    made = logging.LogRecord("uvicorn.error", level, "app.py", 7, message, arguments, None)
    vars(made).update(attributes)
    assert RedactTokens().filter(made)
    return made


def caught(error: BaseException) -> Any:
    try:
        try:
            raise KeyError("/inner?access_token=s3cret")
        except KeyError as cause:
            raise error from cause
    except type(error):
        return sys.exc_info()


SECRETS = st.text("ABCxyz0189-._~+/=%!$()*,;:@[]").map(lambda middle: f"S3CRET{middle}S3CRET")
NAMES = st.sampled_from(["access_token", "id", "ID", "Access_Token", "%69d", "access%5ftoken", "%41CCESS%5FTOKEN"])


@given(NAMES, SECRETS, st.booleans(), st.integers(0, 7))
def test_a_secret_never_survives(name: str, secret: str, is_encoded: bool, place: int) -> None:
    address = f"/chat?x=1&{name}={quote(secret, safe='') if is_encoded else secret}&y=2"
    values: list[Any] = ["1.2.3.4:5", "GET", "/plain", "1.1", 200]
    message: Any = '%s - "%s %s HTTP/%s" %d'
    attributes: dict[str, Any] = {}
    if place == 0:
        values[2] = address
    elif place == 1:
        values[2] = address.encode()
    elif place == 2:
        values[2] = {"address": [address]}
    elif place == 3:
        message, values = f"asked for {address} today".replace("%", "%%"), [0]
        message += " %d"
    elif place == 4:
        message, values = f"asked for {address} today", []
    elif place == 5:
        attributes = {"exc_info": caught(RuntimeError(address))}
    elif place == 6:
        attributes = {"exc_info": caught(ExceptionGroup(address, [KeyError(address)]))}
    else:
        attributes = {"stack_info": address, "url": address, "nested": {"url": (address,)}}
    made = record(message, *values, **attributes)
    text = logging.Formatter("%(message)s %(url)s %(nested)s", defaults={"url": "", "nested": ""}).format(made)
    assert "S3CRET" not in text
    assert PLACEHOLDER in text
    assert "today" in text or "GET" in text
    if len(values) == 5:
        assert "S3CRET" not in AccessFormatter(ACCESS, use_colors=False).format(made)


@given(
    st.text("authorizn").map(lambda start: f"{start}authorization"),
    st.sampled_from(["lower", "upper", "title"]),
    st.sampled_from([":", ": ", " : ", ":\t"]),
    st.sampled_from(["", "Bearer ", "bearer  ", "Basic ", "Digest a=", "X-Own+1\t"]),
    SECRETS | st.tuples(SECRETS, SECRETS).map(", ".join),
    st.integers(0, 5),
)
def test_a_secret_in_a_header_never_survives(
    name: str, case: str, colon: str, scheme: str, secret: str, place: int
) -> None:
    name = {"lower": name.lower(), "upper": name.upper(), "title": name.title()}[case]
    value = f"{scheme}{secret}"
    line = f"{name}{colon}{value}"
    message, arguments, attributes = (
        ("today < %s%s%s", (name, colon, value), {}),
        ("today %s", (line,), {}),
        ("today %s", ([(name.encode(), value.encode())],), {}),
        ("today %s", (json.dumps({name: value, "x": 1}),), {}),
        (f"today {line}\r\nhost: x", (), {}),
        ("today", (), {"stack_info": line, "exc_info": caught(RuntimeError(line)), "headers": {name: value}}),
    )[place]
    made = record(message, *arguments, **attributes)
    text = logging.Formatter("%(message)s %(headers)s", defaults={"headers": ""}).format(made)
    assert "S3CRET" not in text
    assert PLACEHOLDER in text
    assert text.startswith("today")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.binary(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.tuples(inner) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(
    ANYTHING | st.text("%sdr()id=? ", max_size=20),
    st.lists(ANYTHING, max_size=3),
    st.dictionaries(
        st.sampled_from(["exc_info", "exc_text", "stack_info", "color_message", "x"]), ANYTHING, max_size=3
    ),
)
def test_whatever_is_logged_never_raises(message: object, arguments: list[Any], attributes: dict[str, Any]) -> None:
    made = logging.LogRecord("uvicorn.error", logging.INFO, "app.py", 7, message, (), None)
    made.args = tuple(arguments)
    vars(made).update(attributes)
    assert RedactTokens().filter(made)
    made.getMessage()
    assert RedactTokens().filter(made)


PIECES = st.sampled_from(
    ["authorization", "AUTHORIZATION", ": ", ":", ", ", "Bearer ", "b'", "\\", "?id=", "&", "[redacted]"]
)


@given(
    st.text("access_tokenid=?&%2563dD'\" \n.[]", max_size=60)
    | st.lists(PIECES | st.text("a=?&%2563dD'\" :,\n.[]", max_size=3)).map("".join)
)
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    assert redact(redact(text)) == redact(text)
