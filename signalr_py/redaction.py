"""Keeps tokens out of the logs of the host: query strings and `Authorization` headers carry them."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any, Final, final

__all__ = ["PLACEHOLDER", "RedactTokens", "install_redaction", "redact"]

PLACEHOLDER: Final = "[redacted]"
"""What stands in a log where a token was."""

_LOGGERS: Final = (
    *("uvicorn.access", "uvicorn.error", "uvicorn.asgi"),
    *("hypercorn.access", "hypercorn.error"),
    *("granian.access", "_granian"),
    *("websockets", "websockets.server", "websockets.client", "websockets.protocol"),
)
_UNPRINTABLE: Final = "[not printable]"


def _percent(character: str) -> str:
    """Return a pattern for a percent-encoded character, also for one that was encoded several times."""
    codes = {f"{ord(character.lower()):x}", f"{ord(character.upper()):x}"}
    return f"%(?:25)*(?:{'|'.join(sorted(codes))})"


def _name(text: str) -> str:
    return "".join(f"(?:{character}|{_percent(character)})" for character in text)


_TOKEN: Final = re.compile(
    rf"""(
        (?: {_name("access_token")} | (?: ^ | [?&;"'(] | {_percent("?")} | {_percent("&")} ) {_name("id")} )
        (?: = | {_percent("=")} )
    )
    (?: [^&\s"'>] | ["'>] (?! [\s,.:;)\]}}"'>] | $ ) )+""",
    re.IGNORECASE | re.VERBOSE,
)
_SCHEME: Final = r"(?: [\w!\#$&*+.^`|~-]+ [ \t]+ )?"
_QUOTED_HEADER: Final = re.compile(
    rf"""( authorization ["'] [ \t]* [:,] [ \t]* b? (["']) {_SCHEME} ) (?: \\. | (?! \2 ) [^\\\r\n] )+""",
    re.IGNORECASE | re.VERBOSE,
)
_HEADER: Final = re.compile(
    rf"""(
        authorization [ \t]* (?: : | \\* ["'] [ \t]* : (?! [ \t]* b? ["'] ) ) [ \t]* {_SCHEME}
    )
    [^\s] [^\r\n]*""",
    re.IGNORECASE | re.VERBOSE,
)


def redact(text: str) -> str:
    """Replace the values of `access_token` and `id` in every query string in a text, and of `Authorization` headers.

    The names count in any case, those in query strings also percent-encoded and inside an address that is itself a
    value in a query string. Of a header the scheme stays; what follows is replaced up to the end of the line, or of the
    string when name and value are quoted.
    """
    redacted = text
    if ":" in text or "," in text:
        redacted = _HEADER.sub(rf"\1{PLACEHOLDER}", _QUOTED_HEADER.sub(rf"\1{PLACEHOLDER}", redacted))
    if "=" in text or "%" in text:
        redacted = _TOKEN.sub(rf"\1{PLACEHOLDER}", redacted)
    return text if redacted == text else redacted


class RedactTokens(logging.Filter):
    """Replaces tokens in query strings and `Authorization` headers wherever a log record has them.

    Hosts log the addresses of requests, and browsers have no other place for the access token of a WebSocket than the
    query string. At debug level some log the headers of requests, too. Give the filter to the loggers of the host, by
    `install_redaction` or in their configuration:

    ```python
    LOGGING = {
        "version": 1,
        "filters": {"redact": {"()": "signalr_py.redaction.RedactTokens"}},
        "loggers": {
            "uvicorn.access": {"handlers": ["access"], "filters": ["redact"]},
            "uvicorn.error": {"filters": ["redact"]},
            ...
        },
        ...
    }
    uvicorn.run(app, log_config=LOGGING)
    ```

    A filter of a logger does not see the records of loggers below it; one of a handler sees all that reach the handler.
    Message, arguments, traceback, stack and extra attributes are searched. A traceback with a token in it stays as text
    (`exc_text`) only, and a record that cannot be searched is replaced by a line that says where it came from.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Redact a record in place and let it pass."""
        attributes = vars(record)
        templates = {"msg", "color_message"} if record.args else set()
        for name in attributes.keys() - templates - {"args", "exc_info"}:
            attributes[name] = _redact_value(attributes[name])
        try:
            _redact_exception(record)
            _redact_message(record)
        except Exception as error:  # noqa: BLE001 arguments can fail in any way, which must not end what is being logged
            _settle(record, f"{record.pathname}:{record.lineno} logged what cannot be shown: {type(error).__name__}")
            record.exc_info = record.exc_text = None
        return True


def install_redaction(*logger_names: str) -> None:
    """Give `RedactTokens` to loggers, once to each.

    It holds whether the host sets up its loggers before or after.

    Args:
        *logger_names: Names of the loggers; without any, those that uvicorn, hypercorn, granian and websockets write
            to.
    """
    for name in logger_names or _LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(item, RedactTokens) for item in logger.filters):
            logger.addFilter(RedactTokens())


def _redact_exception(record: logging.LogRecord) -> None:
    if record.exc_info:
        text = logging.Formatter().formatException(record.exc_info)
        redacted = redact(text)
        if redacted is not text:
            record.exc_text, record.exc_info = redacted, None


def _redact_message(record: logging.LogRecord) -> None:
    if not record.args:
        return
    if isinstance(record.args, Mapping):
        shown = {name: _redact_value(value) for name, value in record.args.items()}
        has_changed = any(shown[name] is not value for name, value in record.args.items())
        message = record.getMessage()
        redacted = redact(message)
        if has_changed or redacted is not message:
            _settle(record, redacted.replace("%", "%%"))
            record.args = shown
        return
    record.args = tuple(map(_redact_value, record.args))
    message = record.getMessage()
    redacted = redact(message)
    if redacted is not message:
        _settle(record, redacted)


def _settle(record: logging.LogRecord, message: str) -> None:
    record.msg, record.args = message, ()
    vars(record).pop("color_message", None)


def _redact_value(value: Any) -> Any:
    """Return a value without tokens: itself when it has none, else its like or something that prints like it."""
    if value is None or isinstance(value, int | float):
        return value
    if isinstance(value, str):
        return redact(value)
    try:
        if isinstance(value, bytes):
            text = value.decode("latin-1")
            redacted = redact(text)
            return value if redacted is text else redacted.encode("latin-1")
        text, form = str(value), repr(value)
        shown = _Shown(redact(text), redact(form))
        return value if shown.text is text and shown.form is form else shown
    except Exception:  # noqa: BLE001 a value's own text can fail in any way
        return _Shown(_UNPRINTABLE, _UNPRINTABLE)


@final
class _Shown:
    """Stands in for a value whose text had a token in it."""

    def __init__(self, text: str, form: str) -> None:
        self.text = text
        self.form = form

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.form
