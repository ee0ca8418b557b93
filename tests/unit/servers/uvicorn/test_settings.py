from __future__ import annotations

import asyncio
import logging
import multiprocessing
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn

from signalr_py.servers.uvicorn import drain_on_signals, warn_about_settings, warn_about_workers
from signalr_py.servers.uvicorn.choosing import FAST_WEB_SOCKET_CLASS

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGNALS = (signal.SIGTERM, signal.SIGINT)
DEFLATE = "--ws-per-message-deflate false"
PINGS = "--ws-ping-interval 0"


class OwnProtocol(asyncio.Protocol):
    """A WebSocket class that does not come from uvicorn."""


@contextmanager
def handling_signals(server: uvicorn.Server) -> Iterator[None]:
    """Install the signal handlers of a server."""
    before = {number: signal.signal(number, server.handle_exit) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def serving(**settings: Any) -> Iterator[uvicorn.Server]:
    """Install the signal handlers of a server with some settings."""
    config = uvicorn.Config(lambda: None, **settings)
    config.load()
    server = uvicorn.Server(config)
    with handling_signals(server):
        yield server


async def no_drain() -> None:
    """Have nothing to do before the shutdown."""


def advice(caplog: pytest.LogCaptureFixture) -> str:
    warn_about_settings()
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    return record.getMessage()


@pytest.mark.parametrize("ws", ["auto", "websockets-sansio", "wsproto"])
async def test_compression_and_pings_are_on_by_default(ws: str, caplog: pytest.LogCaptureFixture) -> None:
    with serving(ws=ws):
        text = advice(caplog)
    assert DEFLATE in text
    assert PINGS in text
    assert f"--ws {FAST_WEB_SOCKET_CLASS}" in text


async def test_each_setting_is_named_only_where_it_is_on(caplog: pytest.LogCaptureFixture) -> None:
    with serving(ws_ping_interval=None):
        text = advice(caplog)
    assert DEFLATE in text
    assert PINGS not in text
    caplog.clear()
    with serving(ws_per_message_deflate=False):
        text = advice(caplog)
    assert PINGS in text
    assert DEFLATE not in text


@pytest.mark.filterwarnings("ignore:.*deprecated")
async def test_the_class_that_takes_zero_for_always_is_told_of_another(caplog: pytest.LogCaptureFixture) -> None:
    with serving(ws="websockets", ws_per_message_deflate=False, ws_ping_interval=0):
        text = advice(caplog)
    assert f"--ws websockets-sansio {PINGS}" in text


@pytest.mark.parametrize(
    "settings",
    [
        {"ws_per_message_deflate": False, "ws_ping_interval": None},
        {"ws_per_message_deflate": False, "ws_ping_interval": 0},
        {"ws": "none"},
        {"ws": OwnProtocol},
        {"ws": FAST_WEB_SOCKET_CLASS},
    ],
    ids=["off", "zero", "no-websockets", "other-class", "fast-class"],
)
async def test_there_is_nothing_to_say(settings: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    with serving(**settings):
        warn_about_settings()
    assert caplog.records == []


async def test_other_servers_are_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    warn_about_settings()
    assert caplog.records == []


async def test_it_is_said_once_when_several_ask(caplog: pytest.LogCaptureFixture) -> None:
    with serving():
        for _ in range(2):
            warn_about_settings()
            assert drain_on_signals(no_drain) is not None
    assert len(caplog.records) == 1


WORKERS = [
    ({"workers": 2}, True),
    ({"workers": 1}, False),
    ({}, False),
    ({"app": "some:app", "reload": True, "workers": 2}, False),
]


@pytest.mark.parametrize(("settings", "is_warned"), WORKERS, ids=["two", "one", "default", "reload"])
async def test_each_of_several_workers_is_warned_once(
    settings: dict[str, Any], is_warned: bool, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(multiprocessing, "parent_process", multiprocessing.current_process)
    server = uvicorn.Server(uvicorn.Config(**{"app": "some:app", **settings}))
    with handling_signals(server):
        for _ in range(2):
            warn_about_workers()
            assert drain_on_signals(no_drain) is not None
    messages = [record.getMessage() for record in caplog.records if record.name.startswith("signalr_py")]
    assert ["connections live in the process they came to" in message for message in messages] == [True] * is_warned


async def test_where_the_number_of_processes_cannot_be_told_nothing_is_said(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with handling_signals(uvicorn.Server(uvicorn.Config("some:app", workers=2))):
        warn_about_workers()
    monkeypatch.setattr(multiprocessing, "parent_process", multiprocessing.current_process)
    warn_about_workers()
    assert caplog.records == []
