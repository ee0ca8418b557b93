from __future__ import annotations

import io
import logging
import logging.config
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypercorn.logging import AccessLogAtoms
from uvicorn.logging import AccessFormatter, DefaultFormatter

from signalr_py.redaction import RedactTokens, install_redaction, redact

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCESS = '%(client_addr)s - "%(request_line)s" %(status_code)s'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/chat?access_token=abc.def-_~+/=", "/chat?access_token=[redacted]"),
        ("/chat?id=abc&access_token=def&x=1", "/chat?id=[redacted]&access_token=[redacted]&x=1"),
        ("access_token=abc", "access_token=[redacted]"),
        ("id=abc", "id=[redacted]"),
        ("?ID=abc&Access_Token=def", "?ID=[redacted]&Access_Token=[redacted]"),
        ("?%69d=abc", "?%69d=[redacted]"),
        ("?%49%44=abc&access%5ftoken=def", "?%49%44=[redacted]&access%5ftoken=[redacted]"),
        ("?%61ccess%5Ftoken=def", "?%61ccess%5Ftoken=[redacted]"),
        ("?next=%2Fchat%3Fid%3Dabc%26access_token%3Ddef", "?next=%2Fchat%3Fid%3D[redacted]"),
        ("?a=%253Faccess%255Ftoken%253Ddef&b=1", "?a=%253Faccess%255Ftoken%253D[redacted]&b=1"),
        ("?x=1&amp;id=abc&amp;y=2", "?x=1&amp;id=[redacted]&amp;y=2"),
        ('1.2.3.4 - "WebSocket /chat?id=abc" [accepted]', '1.2.3.4 - "WebSocket /chat?id=[redacted]" [accepted]'),
        ('1.2.3.4 - "WebSocket /chat?id=abc" 403', '1.2.3.4 - "WebSocket /chat?id=[redacted]" 403'),
        ("KeyError: '/chat?id=abc'", "KeyError: '/chat?id=[redacted]'"),
        ("('/chat?id=abc', 5)", "('/chat?id=[redacted]', 5)"),
        ("<http://host/chat?id=abc>", "<http://host/chat?id=[redacted]>"),
        ("{'query_string': b'id=abc&access_token=def'}", "{'query_string': b'id=[redacted]&access_token=[redacted]'}"),
        ("?access_token=it's\"odd>", "?access_token=[redacted]>"),
        ("?access_token=%22%20%C3%BC", "?access_token=[redacted]"),
        ("?access_token=[redacted]&id=[redacted]", "?access_token=[redacted]&id=[redacted]"),
        ("?access_token=&id=&x=1", "?access_token=&id=&x=1"),
        ("?userid=5&grid=7&a_id=8", "?userid=5&grid=7&a_id=8"),
        ("user id=5, id: 7", "user id=5, id: 7"),
        ("100 % of access_token", "100 % of access_token"),
        ("< authorization: Bearer abc.def-_~+/=", "< authorization: Bearer [redacted]"),
        ("AUTHORIZATION:bearer abc", "AUTHORIZATION:bearer [redacted]"),
        ("Proxy-Authorization : Basic YTpi", "Proxy-Authorization : Basic [redacted]"),
        ("Authorization: abc", "Authorization: [redacted]"),
        ('Authorization: Digest username="a", response="b"\r\nHost: x', "Authorization: Digest [redacted]\r\nHost: x"),
        ("authorization: Bearer [redacted]", "authorization: Bearer [redacted]"),
        (
            "[(b'authorization', b'Bearer abc'), (b'host', b'x')]",
            "[(b'authorization', b'Bearer [redacted]'), (b'host', b'x')]",
        ),
        ("{'authorization': 'Bearer abc', 'host': 'x'}", "{'authorization': 'Bearer [redacted]', 'host': 'x'}"),
        ('{"Authorization":"a\\"bc","host":"x"}', '{"Authorization":"[redacted]","host":"x"}'),
        ("{'authorization': ['Bearer abc']}", "{'authorization': [redacted]"),
        (r'"{\"authorization\": \"Bearer abc\"}"', r'"{\"authorization\": [redacted]'),
        ("{'authorization': '', 'host': 'x'}", "{'authorization': '', 'host': 'x'}"),
        ("?id=authorization: Bearer abc", "?id=[redacted] Bearer [redacted]"),
        ("authorization:", "authorization:"),
        ("authorization is needed: yes, x-authorization-at: 5", "authorization is needed: yes, x-authorization-at: 5"),
        ("", ""),
    ],
)
def test_values_in_texts(text: str, expected: str) -> None:
    assert redact(text) == expected
    assert redact(expected) == expected


def record(message: Any, *arguments: Any, level: int = logging.INFO, **attributes: Any) -> logging.LogRecord:
    made = logging.LogRecord("uvicorn.error", level, "app.py", 7, message, arguments, None)
    vars(made).update(attributes)
    assert RedactTokens().filter(made)
    return made


def test_the_access_log_of_uvicorn_keeps_its_form() -> None:
    made = record('%s - "%s %s HTTP/%s" %d', "1.2.3.4:5", "GET", "/chat?id=s3cret&x=1", "1.1", 200)
    assert made.args == ("1.2.3.4:5", "GET", "/chat?id=[redacted]&x=1", "1.1", 200)
    assert made.getMessage() == '1.2.3.4:5 - "GET /chat?id=[redacted]&x=1 HTTP/1.1" 200'
    assert AccessFormatter(ACCESS, use_colors=False).format(made) == (
        '1.2.3.4:5 - "GET /chat?id=[redacted]&x=1 HTTP/1.1" 200 OK'
    )
    assert "\x1b[1mGET /chat?id=[redacted]" in AccessFormatter(ACCESS, use_colors=True).format(made)


def test_upgrades_in_the_error_log_of_uvicorn() -> None:
    for end in ("[accepted]", "403", "401"):
        made = record(f'%s - "WebSocket %s" {end}', "1.2.3.4:5", "/chat?access_token=s3cret")
        assert made.getMessage() == f'1.2.3.4:5 - "WebSocket /chat?access_token=[redacted]" {end}'


def test_coloured_messages() -> None:
    made = record("plain /?id=s3cret", color_message="coloured /?id=s3cret")
    assert DefaultFormatter("%(message)s", use_colors=True).format(made) == "coloured /?id=[redacted]"
    made = record("plain %s", "/?id=s3cret", color_message="coloured %s")
    assert DefaultFormatter("%(message)s", use_colors=True).format(made) == "coloured /?id=[redacted]"
    made = record("plain ?id=%s", "s3cret", color_message="coloured ?id=%s")
    assert DefaultFormatter("%(message)s", use_colors=True).format(made) == "plain ?id=[redacted]"


def test_headers_at_debug_level() -> None:
    for name in ("authorization", "Authorization"):
        made = record("< %s: %s", name, "Bearer s3cret", level=logging.DEBUG)
        assert made.getMessage() == f"< {name}: Bearer [redacted]"
    made = record("< %s: %s", "host", "example", level=logging.DEBUG)
    assert (made.msg, made.args) == ("< %s: %s", ("host", "example"))
    assert record("authorization: %s", "Bearer s3cret").getMessage() == "authorization: Bearer [redacted]"
    made = record("%s", {"headers": [(b"authorization", b"Bearer s3cret")]}, headers=["authorization: Bearer s3cret"])
    assert made.getMessage() == "{'headers': [(b'authorization', b'Bearer [redacted]')]}"
    assert "s3cret" not in str(vars(made)["headers"])


def test_a_token_that_only_the_message_shows() -> None:
    made = record("%s?access_token=%s (100 %%)", "/chat", "s3cret")
    assert made.getMessage() == "/chat?access_token=[redacted] (100 %)"
    assert made.args == ()


def test_arguments_by_name() -> None:
    values = {"path": "/chat", "query_string": "id=s3cret&x=%20", "status": 200}
    made = record("%(path)s?%(query_string)s %(status)d 100%%", values)
    assert made.getMessage() == "/chat?id=[redacted]&x=%20 200 100%"
    assert made.args == {"path": "/chat", "query_string": "id=[redacted]&x=%20", "status": 200}
    assert values["query_string"] == "id=s3cret&x=%20"
    made = record("%(path)s %(status)d", values)
    assert made.getMessage() == "/chat 200"
    made = record("%(path)s 100%%", {"path": "/chat"})
    assert (made.msg, made.getMessage()) == ("%(path)s 100%%", "/chat 100%")
    made = record("%(a)s=%(b)s", {"a": "?id", "b": "s3cret"})
    assert made.getMessage() == "?id=[redacted]"


def test_the_access_log_of_hypercorn_with_its_lazy_atoms() -> None:
    scope: Any = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "path": "/chat",
        "query_string": b"access_token=s3cret",
        "scheme": "http",
        "client": ("1.2.3.4", 5),
        "headers": [(b"referer", b"http://host/?id=s3cret")],
    }
    atoms = AccessLogAtoms(scope, None, 0.5)
    made = record('%(h)s "%(R)s" %(s)s "%(f)s" "%({X-None}i)s"', atoms)
    assert made.getMessage() == ('1.2.3.4:5 "GET /chat?access_token=[redacted] 1.1" - "http://host/?id=[redacted]" "-"')


class Address:
    def __str__(self) -> str:
        return "/chat?id=s3cret"

    def __repr__(self) -> str:
        return f"Address('{self}')"


def test_values_of_any_type() -> None:
    scope = {"path": "/chat", "query_string": b"id=s3cret"}
    made = record("%s %r %s %s %s %d", Address(), Address(), scope, b"?id=s3cret", ["/?id=s3cret"], 5)
    assert made.getMessage() == (
        "/chat?id=[redacted] Address('/chat?id=[redacted]') {'path': '/chat', 'query_string': b'id=[redacted]'} "
        "b'?id=[redacted]' ['/?id=[redacted]'] 5"
    )
    harmless = (Exception("no token"), b"x=1", {"a": 1}, None, 2.5, True)
    made = record("%s %s %s %s %s %s", *harmless)
    assert isinstance(made.args, tuple)
    assert [id(argument) for argument in made.args] == [id(argument) for argument in harmless]


def test_a_message_that_is_no_text() -> None:
    error = ValueError("bad address /?id=s3cret")
    assert record(error).getMessage() == "bad address /?id=[redacted]"
    assert record(Address()).getMessage() == "/chat?id=[redacted]"


def test_extra_attributes_and_stacks() -> None:
    made = record("x", url="/?id=s3cret", address=Address(), stack_info="Stack:\n  get('/?id=s3cret')", exc_text=None)
    assert (vars(made)["url"], str(vars(made)["address"])) == ("/?id=[redacted]", "/chat?id=[redacted]")
    assert logging.Formatter().format(made) == "x\nStack:\n  get('/?id=[redacted]')"


def caught(error: BaseException) -> Any:
    try:
        try:
            raise KeyError("/inner?access_token=s3cret")
        except KeyError as cause:
            raise error from cause
    except type(error):
        return sys.exc_info()


def test_tracebacks() -> None:
    error = RuntimeError("cannot serve http://host/chat?id=s3cret&x=1")
    error.add_note("asked for ?access_token=s3cret")
    text = logging.Formatter("%(message)s").format(record("Exception in ASGI application", exc_info=caught(error)))
    assert text.startswith("Exception in ASGI application\nTraceback (most recent call last):\n")
    assert "KeyError: '/inner?access_token=[redacted]'" in text
    assert text.endswith(
        "RuntimeError: cannot serve http://host/chat?id=[redacted]&x=1\nasked for ?access_token=[redacted]"
    )
    assert "s3cret" not in text.replace('"/inner?access_token=s3cret"', "")


def test_a_traceback_without_tokens_stays_an_exception() -> None:
    try:
        raise ValueError("nothing to hide")
    except ValueError:
        info = sys.exc_info()
    made = record("failed", exc_info=info)
    assert made.exc_info is info
    assert made.exc_text is None
    assert "ValueError: nothing to hide" in logging.Formatter().format(made)


def test_a_traceback_that_was_formatted_before() -> None:
    made = record("failed", exc_text="KeyError: '/?id=s3cret'")
    assert logging.Formatter().format(made) == "failed\nKeyError: '/?id=[redacted]'"


class Broken:
    def __str__(self) -> str:
        raise RuntimeError("no text")


@pytest.mark.parametrize(
    ("message", "arguments", "attributes", "shown"),
    [
        ("%s?id=%s %s", ("/chat", "s3cret"), {}, "app.py:7 logged what cannot be shown: TypeError"),
        ("?id=%d", ("s3cret",), {"color_message": "?id=%d"}, "app.py:7 logged what cannot be shown: TypeError"),
        ("%(x)s", ({"id": "s3cret"},), {}, "app.py:7 logged what cannot be shown: KeyError"),
        ("failed ?id=s3cret", (), {"exc_info": True}, "app.py:7 logged what cannot be shown: TypeError"),
        ("failed", (), {"exc_info": caught(KeyError("x"))[:2]}, "app.py:7 logged what cannot be shown: IndexError"),
        ("%s and %s", (Broken(), "x"), {}, "[not printable] and x"),
        (Broken(), (), {}, "[not printable]"),
        ("fine", (), {"extra": Broken()}, "fine"),
        ("id=%s", (), {"args": {}}, "id=[redacted]"),
    ],
)
def test_records_that_cannot_be_printed(message: Any, arguments: Any, attributes: Any, shown: str) -> None:
    made = record(message, *arguments, **attributes)
    assert DefaultFormatter("%(message)s", use_colors=True).format(made) == shown
    assert logging.Formatter().format(made) == shown
    assert "s3cret" not in repr(vars(made))


@pytest.fixture
def logger_name() -> Iterator[str]:
    name = "tests.redaction.host"
    yield name
    logger = logging.getLogger(name)
    logger.filters.clear()
    logger.handlers.clear()


def test_installing_is_done_once(logger_name: str) -> None:
    install_redaction(logger_name)
    install_redaction(logger_name, logger_name)
    (found,) = logging.getLogger(logger_name).filters
    assert isinstance(found, RedactTokens)


def test_hosts_that_are_known_without_being_named() -> None:
    names = (
        *("uvicorn.access", "uvicorn.error", "uvicorn.asgi", "hypercorn.access", "hypercorn.error"),
        *("granian.access", "_granian"),
        *("websockets", "websockets.server", "websockets.client", "websockets.protocol"),
    )
    loggers = [logging.getLogger(name) for name in names]
    before = [list(logger.filters) for logger in loggers]
    try:
        install_redaction()
        assert all(sum(isinstance(item, RedactTokens) for item in logger.filters) == 1 for logger in loggers)
    finally:
        for logger, filters in zip(loggers, before, strict=True):
            logger.filters[:] = filters


@pytest.mark.parametrize("how", ["installed before", "installed after", "configured"])
def test_with_the_configuration_of_a_host(how: str, logger_name: str) -> None:
    output = io.StringIO()
    if how == "installed before":
        install_redaction(logger_name)
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "filters": {"redact": {"()": "signalr_py.redaction.RedactTokens"}},
            "handlers": {"output": {"class": "logging.StreamHandler", "stream": output}},
            "loggers": {
                logger_name: {
                    "handlers": ["output"],
                    "level": "INFO",
                    "propagate": False,
                    "filters": ["redact"] if how == "configured" else [],
                }
            },
        }
    )
    if how == "installed after":
        install_redaction(logger_name)
    logging.getLogger(logger_name).info("%s asked", "/chat?id=s3cret")
    assert output.getvalue() == "/chat?id=[redacted] asked\n"
