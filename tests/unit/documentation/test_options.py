"""The page on options names all of them with their defaults, and its code runs."""

from __future__ import annotations

import dataclasses
import inspect
import re
from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient

import signalr_py
from signalr_py import (
    HttpConnectionOptions,
    HubOptions,
    JsonPayload,
    MessagePackPayload,
    OptionsError,
    SignalR,
)
from signalr_py.transports.principal import user_name
from tests.support.asgi import hub_session
from tests.support.documents import blocks_in, pasted
from tests.support.interop import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCUMENT = "docs/options.md"
KINDS = [HubOptions, HttpConnectionOptions, JsonPayload, MessagePackPayload]
NAMES = {**vars(signalr_py), "user_name": user_name}
UNITS = {"seconds", "bytes", "calls", "items", "streams", "messages", "connections", ""}


def rows(title: str) -> Iterator[list[str]]:
    """Yield the cells of the first table below a heading."""
    text = (ROOT / DOCUMENT).read_text("utf-8")
    section = text.split(f"\n## {title}\n")[1].split("\n## ")[0]
    table = re.search(r"^\|---.*\n((?:\|.*\n)+)", section, re.MULTILINE)
    assert table is not None
    for line in table[1].splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        assert len(cells) == 6, line
        yield cells


def documented(title: str) -> dict[str, Any]:
    """Return the options in a table, with their defaults."""
    return {name.strip("`"): eval(default.strip("`"), NAMES) for name, _, default, *_ in rows(title)}


@pytest.mark.parametrize("kind", KINDS)
def test_the_table_has_every_option_with_its_default(kind: Any) -> None:
    options = kind()
    expected = {field.name: getattr(options, field.name) for field in dataclasses.fields(kind)}
    assert documented(kind.__name__) == expected
    assert list(documented(kind.__name__)) == list(expected)


def test_the_table_of_arguments_has_their_defaults() -> None:
    parameters = inspect.signature(SignalR).parameters
    for name, default in documented("SignalR").items():
        assert parameters[name].default == default


@pytest.mark.parametrize("kind", KINDS)
def test_a_unit_is_one_that_an_error_would_name(kind: Any) -> None:
    for name, _, _, unit, allowed, text in rows(kind.__name__):
        assert unit in UNITS
        assert text.endswith(".")
        if unit:
            with pytest.raises(OptionsError, match=f" of {unit} "):
                kind(**{name.strip("`"): "some"})
            with pytest.raises(OptionsError) as caught:
                kind(**{name.strip("`"): -1})
            assert ("or None" in str(caught.value)) is ("`None`" in allowed)
            assert ("or 0 for" in str(caught.value)) is ("0: no limit" in allowed)
            assert ("infinity" in str(caught.value)) is ("∞" in allowed)


def test_the_code_does_what_the_text_says() -> None:
    with (
        pasted(DOCUMENT) as module,
        TestClient(module.app) as client,
        hub_session(client, "/chat") as chat,
        hub_session(client, "/upload") as upload,
    ):
        assert chat.invoke("Echo", "hello") == "hello"
        assert upload.invoke("Store", "A" * 400_000) == 300_000
        chat.start("Echo")
        upload.start("Store")
        assert "BindingError" in chat.receive()["error"]
        assert "BindingError" not in upload.receive()["error"]
        assert module.signalr.http.maximum_connections == 20_000
        select = module.gateway.websocket_subprotocol_selector
        assert (select(["a", "chat.v1"]), select(["a"])) == ("chat.v1", None)


def test_the_error_shown_is_the_one_that_is_raised() -> None:
    (shown,) = blocks_in(DOCUMENT, "text")
    with pytest.raises(OptionsError) as caught:
        HubOptions(keep_alive_interval=0)
    assert shown == f"{caught.value}\n"
